"""Signing in: throttled, with a second factor, and ended by whoever may."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.access import Role
from tests.parts.clock import TurnableClock
from tests.web.conftest import PASSWORD
from web.pages.signing_in import CODES_PER_ACCOUNT, SPAN, TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS


def sign_in(app: Flask, name: str, password: str = PASSWORD, address: str = "192.0.2.1") -> tuple[FlaskClient, int]:
    """Try to sign in with a browser of its own."""
    browser = app.test_client()
    where = {"REMOTE_ADDR": address}
    answer = browser.post("/office/sign-in", data={"name": name, "password": password}, environ_base=where)
    return browser, answer.status_code


def with_app(browser: FlaskClient, clock: TurnableClock) -> tuple[pyotp.TOTP, list[str]]:
    """Set an authenticator up as a person does; gives it and the recovery codes."""
    page = browser.post("/office/account/second-factor", data={"password": PASSWORD}).text
    secret = re.search(r'<code dir="ltr">([A-Z2-7]{32})</code>', page)
    assert secret is not None
    authenticator = pyotp.TOTP(secret[1])
    shown = browser.post("/office/account/second-factor/confirm", data={"code": authenticator.at(clock())})
    assert shown.status_code == 200
    clock.turn(timedelta(minutes=1))
    return authenticator, re.findall(r"<code>([a-z2-7-]{19})</code>", shown.text)


def test_after_so_many_wrong_passwords_even_the_right_one_waits(
    app: Flask, administrator: FlaskClient, clock: TurnableClock
) -> None:
    for number in range(TRIES_PER_ACCOUNT):
        assert sign_in(app, "admin", "wrong", f"192.0.2.{number}")[1] == 403
    browser = app.test_client()
    answer = browser.post("/office/sign-in", data={"name": "Admin", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "15" in answer.text
    clock.turn(timedelta(minutes=15))
    assert sign_in(app, "admin")[1] == 303


def test_one_address_cannot_go_through_many_names(app: Flask, codes: DeliveryCodes, administrator: FlaskClient) -> None:
    assert sign_in(app, "some name", "wrong", "192.0.2.9")[1] == 403
    for _ in range(TRIES_PER_ADDRESS - 1):
        codes.throttle.charge("address 192.0.2.9", TRIES_PER_ADDRESS, SPAN)
    assert sign_in(app, "another name", "wrong", "192.0.2.9")[1] == 429
    assert sign_in(app, "admin", address="192.0.2.10")[1] == 303


def test_with_a_second_factor_a_password_alone_opens_nothing(
    app: Flask, administrator: FlaskClient, clock: TurnableClock
) -> None:
    authenticator, _ = with_app(administrator, clock)
    browser, status = sign_in(app, "admin")
    assert status == 303
    assert browser.get("/office").status_code == 302
    assert browser.post("/office/account/sessions").status_code == 302
    code = authenticator.at(clock())
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert browser.post("/office/second-factor", data={"code": wrong}).status_code == 403
    assert browser.post("/office/second-factor", data={"code": code}).status_code == 303
    assert browser.get("/office").status_code == 200


def test_a_code_that_was_seen_over_a_shoulder_is_of_no_use(
    app: Flask, administrator: FlaskClient, clock: TurnableClock
) -> None:
    authenticator, _ = with_app(administrator, clock)
    code = authenticator.at(clock())
    first, second = sign_in(app, "admin")[0], sign_in(app, "admin")[0]
    assert first.post("/office/second-factor", data={"code": code}).status_code == 303
    assert second.post("/office/second-factor", data={"code": code}).status_code == 403


def test_guessing_the_second_factor_is_throttled(app: Flask, administrator: FlaskClient, clock: TurnableClock) -> None:
    authenticator, spares = with_app(administrator, clock)
    browser, _ = sign_in(app, "admin")
    for _ in range(CODES_PER_ACCOUNT):
        assert browser.post("/office/second-factor", data={"code": "nothing"}).status_code == 403
    answer = browser.post("/office/second-factor", data={"code": authenticator.at(clock())})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    clock.turn(timedelta(minutes=15))
    browser, _ = sign_in(app, "admin")
    assert browser.post("/office/second-factor", data={"code": spares[0]}).status_code == 303


def test_a_half_finished_sign_in_ends_by_itself(app: Flask, administrator: FlaskClient, clock: TurnableClock) -> None:
    authenticator, _ = with_app(administrator, clock)
    browser, _ = sign_in(app, "admin")
    clock.turn(timedelta(minutes=6))
    answer = browser.post("/office/second-factor", data={"code": authenticator.at(clock())})
    assert answer.headers["Location"].endswith("/office/sign-in")


def test_an_administrator_ends_the_sessions_of_others(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    staff_id = codes.access.add_staff("Somebody", PASSWORD, Role.COUNTER)
    for what in ("sign_out", "block"):
        browser, status = sign_in(app, "Somebody")
        assert (status, browser.get("/office").status_code) == (303, 200)
        assert administrator.post(f"/office/people/{staff_id}/{what}").status_code == 303
        assert browser.get("/office").status_code == 302
    assert sign_in(app, "Somebody")[1] == 403


def test_a_new_password_ends_all_other_sessions(app: Flask, administrator: FlaskClient) -> None:
    other, _ = sign_in(app, "admin")
    data = {"old": PASSWORD, "new": "another sample password"}
    assert administrator.post("/office/account/password", data=data | {"old": "wrong"}).status_code == 403
    assert administrator.post("/office/account/password", data=data).status_code == 303
    assert administrator.get("/office").status_code == 200
    assert other.get("/office").status_code == 302
    assert sign_in(app, "admin")[1] == 403


def test_a_person_added_in_the_office_signs_in_with_the_password_shown_once(
    app: Flask, administrator: FlaskClient
) -> None:
    answer = administrator.post("/office/people", data={"name": "New  Person", "role": "auditor"})
    password = re.search(r'<code dir="ltr">([\w-]{16})</code>', answer.text)
    assert password is not None
    assert sign_in(app, "New Person", password[1])[1] == 303
    assert administrator.post("/office/people", data={"name": "New Person", "role": "admin"}).status_code == 409
    assert password[1] not in administrator.get("/office/people").text


def test_every_action_is_in_the_log_by_name_refused_ones_too(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    codes.access.add_staff("Reader", PASSWORD, Role.AUDITOR)
    sign_in(app, "Reader", "wrong")
    browser, _ = sign_in(app, "Reader")
    assert browser.post("/office/send-again/SAMPLE-1").status_code == 403
    administrator.post("/office/send-again/NOWHERE")
    seen = {(each.name, each.action, each.subject, each.status) for each in codes.staff_log.listed(limit=10)}
    assert seen == {
        ("admin", "signing_in.sign_in", "", 200),
        ("Reader", "signing_in.sign_in", "", 403),
        ("Reader", "signing_in.sign_in", "", 200),
        ("Reader", "office.send_again", "SAMPLE-1", 403),
        ("admin", "office.send_again", "NOWHERE", 404),
    }
    page = browser.get("/office/actions")
    assert page.status_code == 200
    assert "NOWHERE" in page.text


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_exactly_what_its_routes_say(app: Flask, codes: DeliveryCodes, role: Role) -> None:
    from tests.web.test_access import _filled
    from web.access import Guard, guard_of, roles_of

    codes.access.add_staff("Somebody", PASSWORD, role)
    walked, browser = 0, sign_in(app, "Somebody")[0]
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is not Guard.STAFF:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if browser.get("/office").status_code != 200:
                browser, _ = sign_in(app, "Somebody")
            refused = browser.open(_filled(rule.rule), method=method).status_code == 403
            allowed = role in roles_of(app, rule.endpoint, method)
            # One's own wrong password is refused with the same status.
            own = rule.endpoint in ("account.password", "account.begin", "account.confirm")
            assert refused is not allowed or own, (role, method, rule.rule)
            walked += 1
    assert walked > 10


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("/office", set(Role)),
        ("/office/devices", {Role.ADMIN, Role.DISPATCHER}),
        ("/office/people", {Role.ADMIN}),
        ("/office/actions", {Role.ADMIN, Role.AUDITOR}),
        ("/office/account", set(Role)),
        ("/office/audit", {Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR}),
    ],
)
def test_pages_are_for_the_roles_that_need_them(app: Flask, codes: DeliveryCodes, path: str, roles: set[Role]) -> None:
    for role in Role:
        codes.access.add_staff(role.value, PASSWORD, role)
        browser, _ = sign_in(app, role.value)
        assert browser.get(path).status_code == (200 if role in roles else 403), (role, path)


def test_a_look_at_the_head_of_the_page_is_no_try(app: Flask) -> None:
    answers = [app.test_client().head("/office/sign-in").status_code for _ in range(30)]
    assert answers == [200] * 30
    answer = app.test_client().post("/office/sign-in", data={"name": "nobody", "password": "wrong sample"})
    assert answer.status_code == 403
