"""Signing in: throttled, with a second factor, and ended by whoever may."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.passkeys import add_passkey, passkeys_of
from codes.accounts.sessions import begin_session, reset_password
from codes.accounts.staff import Role, credentials_named, list_staff
from codes.accounts.staff_log import list_actions
from codes.accounts.throttling import charge
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.staff import add_member, hashed
from web.http.limits.guess_limits import (
    CODES_PER_ACCOUNT,
    IPV4_PREFIX,
    TRIES_PER_ACCOUNT,
    TRIES_PER_NETWORK,
    stranger_limits,
)
from web.http.origin import network_of
from web.office.house.signing_in import KNOWN_COOKIE


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


@pytest.mark.parametrize(
    ("tried", "same", "other"),
    [
        ("192.0.2.{}", "192.0.2.200", "192.0.3.1"),
        ("::ffff:192.0.2.{}", "192.0.2.200", "::ffff:192.0.3.1"),
        ("2001:db8:1:2::{}", "2001:db8:1:2:3::4", "2001:db8:1:3::1"),
        ("2001:db8:1:2:ffff::{}", "2001:db8:1:2::1", "2001:db8:1:3::1"),
    ],
)
def test_one_network_cannot_go_through_many_names(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient, tried: str, same: str, other: str
) -> None:
    for number in range(TRIES_PER_NETWORK - 2):
        network = network_of(tried.format(number), ipv4_prefix=IPV4_PREFIX)
        codes.write(charge, *stranger_limits(f"name {number}", network))
    statuses = [sign_in(app, f"other name {number}", "wrong", tried.format(number + 60))[1] for number in range(4)]
    assert statuses == [403, 403, 429, 429]
    assert sign_in(app, "admin", address=same)[1] == 429
    assert sign_in(app, "admin", address=other)[1] == 303


def flood(codes: DeliveryCodes, name: str) -> None:
    """Use up what strangers may try of an account."""
    for number in range(TRIES_PER_ACCOUNT + 1):
        codes.write(charge, *stranger_limits(name, f"198.51.{number}.0/24"))


def test_who_floods_an_account_from_everywhere_locks_out_no_browser_that_signed_in_before(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    flood(codes, "admin")
    assert sign_in(app, "admin", address="203.0.113.7")[1] == 429
    administrator.post("/office/sign-out")
    for password, expected in (("wrong", 403), (PASSWORD, 303)):
        answer = administrator.post("/office/sign-in", data={"name": "admin", "password": password})
        assert answer.status_code == expected
    assert administrator.get("/office").status_code == 200


def test_a_known_browser_has_no_more_tries_than_others(app: Flask, administrator: FlaskClient) -> None:
    data = {"name": "admin", "password": "wrong"}
    for _ in range(TRIES_PER_ACCOUNT):
        assert administrator.post("/office/sign-in", data=data).status_code == 403
    assert administrator.post("/office/sign-in", data=data | {"password": PASSWORD}).status_code == 429


def test_a_known_browser_is_known_for_one_account_and_one_password(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    add_member(codes, "Somebody", PASSWORD, Role.COUNTER)
    (mark,) = (each for each in (administrator._cookies or {}).values() if each.key.startswith(KNOWN_COOKIE))
    (other,) = (each for each in codes.read(list_staff) if each.name == "Somebody")
    thief = app.test_client()
    for staff_id in (other.staff_id, uuid4()):
        thief.set_cookie(f"{KNOWN_COOKIE}_{staff_id.hex[-8:]}", mark.value)
    flood(codes, "Somebody")
    assert thief.post("/office/sign-in", data={"name": "Somebody", "password": PASSWORD}).status_code == 429
    browser, _ = sign_in(app, "admin")
    data = {"old": PASSWORD, "new": "another sample password"}
    assert administrator.post("/office/account/password", data=data).status_code == 303
    flood(codes, "admin")
    given = {"name": "admin", "password": "another sample password"}
    assert browser.post("/office/sign-in", data=given).status_code == 429
    assert administrator.post("/office/sign-in", data=given).status_code == 303


@pytest.mark.parametrize("mark", ["", ".", "a.b.c", "0" * 32 + ".key." + "0" * 64, "\u00e9", "x" * 4000])
def test_what_is_no_mark_of_ours_makes_no_browser_known(app: Flask, codes: DeliveryCodes, mark: str) -> None:
    staff_id = add_member(codes, "Somebody", PASSWORD, Role.COUNTER)
    flood(codes, "Somebody")
    browser = app.test_client()
    browser.set_cookie(f"{KNOWN_COOKIE}_{staff_id.hex[-8:]}", mark)
    assert browser.post("/office/sign-in", data={"name": "Somebody", "password": PASSWORD}).status_code == 429


def test_a_right_password_gives_back_its_own_try_and_no_other(app: Flask, administrator: FlaskClient) -> None:
    for _ in range(TRIES_PER_ACCOUNT - 1):
        assert sign_in(app, "admin", "wrong")[1] == 403
    assert sign_in(app, "admin")[1] == 303
    assert sign_in(app, "admin", "wrong")[1] == 403
    assert sign_in(app, "admin")[1] == 429


def test_a_password_that_was_changed_while_it_was_compared_opens_nothing(codes: DeliveryCodes) -> None:
    staff_id = add_member(codes, "Somebody", PASSWORD, Role.COUNTER)
    found = codes.read(credentials_named, "Somebody")
    assert found is not None
    codes.write(reset_password, staff_id, hashed("another sample password"))
    assert codes.write(begin_session, found) is None


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
    staff_id = add_member(codes, "Somebody", PASSWORD, Role.COUNTER)
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
    password = re.search(r"<code [^>]*>([\w-]{16})</code>", answer.text)
    assert password is not None
    assert sign_in(app, "New Person", password[1])[1] == 303
    assert administrator.post("/office/people", data={"name": "New Person", "role": "admin"}).status_code == 409
    assert password[1] not in administrator.get("/office/people").text


def test_every_action_is_in_the_log_by_name_refused_ones_too(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    add_member(codes, "Reader", PASSWORD, Role.AUDITOR)
    sign_in(app, "Reader", "wrong")
    browser, _ = sign_in(app, "Reader")
    assert browser.post("/office/send-again/SAMPLE-1").status_code == 403
    administrator.post("/office/send-again/NOWHERE")
    seen = {(each.name, each.action, each.subject, each.status) for each in codes.read(list_actions, limit=10)}
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
    from tests.parts.calls import filled
    from web.http.access import Guard, guard_of, roles_of

    add_member(codes, "Somebody", PASSWORD, role)
    walked, browser = 0, sign_in(app, "Somebody")[0]
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is not Guard.STAFF:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = browser.open(filled(rule.rule), method=method)
            if answer.status_code == 302 and "/office/sign-in" in answer.headers["Location"]:
                browser, _ = sign_in(app, "Somebody")
                answer = browser.open(filled(rule.rule), method=method)
            refused = answer.status_code == 403
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
        add_member(codes, role.value, PASSWORD, role)
        browser, _ = sign_in(app, role.value)
        assert browser.get(path).status_code == (200 if role in roles else 403), (role, path)


def test_a_look_at_the_head_of_the_page_is_no_try(app: Flask) -> None:
    answers = [app.test_client().head("/office/sign-in").status_code for _ in range(30)]
    assert answers == [200] * 30
    answer = app.test_client().post("/office/sign-in", data={"name": "nobody", "password": "wrong sample"})
    assert answer.status_code == 403


def test_an_administrator_removes_the_passkey_of_a_lost_phone_which_signs_its_owner_out(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    ada = add_member(codes, "Ada", PASSWORD, Role.DISPATCHER)
    codes.write(add_passkey, ada, "Lost <b>", b"credential", b"public key", 0)
    browser = app.test_client()
    assert browser.post("/office/sign-in", data={"name": "Ada", "password": PASSWORD}).status_code == 303
    page = administrator.get("/office/people?lang=en").text
    assert "Lost &lt;b&gt;" in page
    (removal,) = re.findall(r"/office/people/[\w-]+/passkeys/[\w-]+/remove", page)
    assert browser.post(removal).status_code == 403
    assert administrator.post(removal).status_code == 303
    assert codes.read(passkeys_of, ada) == []
    assert browser.get("/office/account").status_code == 302
    assert "Removed somebody&#39;s passkey" in administrator.get("/office/actions?lang=en").text


@pytest.mark.parametrize(
    ("stood", "leads"),
    [
        ("http://localhost/office/new?x=1", "/office/sign-in?next=/office/new?x%3D1"),
        ("http://localhost/office/shops/fields/trial", "/office/sign-in"),
        ("http://localhost/nowhere", "/office/sign-in"),
        ("http://evil.example.org/office/new", "/office/sign-in"),
        ("", "/office/sign-in"),
    ],
)
def test_who_sends_a_form_without_a_session_is_led_back_to_its_page(
    client: FlaskClient, stood: str, leads: str
) -> None:
    answer = client.post("/office/new", headers={"Referer": stood})
    assert (answer.status_code, answer.headers["Location"]) == (302, leads)
    # Another language forgets nothing of that.
    assert ("?next=%2Foffice%2Fnew%3Fx%3D1&amp;lang=en" in client.get(leads).text) == ("next" in leads)
