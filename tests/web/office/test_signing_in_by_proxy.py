"""Who signed in at a trusted proxy is signed in; whoever else writes its header is nobody."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from codes import DeliveryCodes
from codes.accounts.staff import Role, block_staff, list_staff
from codes.accounts.staff_log import list_actions
from tests.parts.calls import PASSWORD
from tests.parts.staff import add_member
from web.http.origin import proxy_correction, said_by_proxy
from web.settings import SigningInSettings

PROXY = ip_network("192.0.2.7/32")
TRUSTED = SigningInSettings(proxy_header="Remote-User", proxy_networks=(PROXY,))


@pytest.fixture
def trusting(app: Flask, codes: DeliveryCodes) -> Flask:
    """A house behind a proxy that says who is there, with a dispatcher and an administrator."""
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], signing_in=TRUSTED)
    add_member(codes, "Jörg", PASSWORD, Role.DISPATCHER)
    add_member(codes, "admin", PASSWORD, Role.ADMIN)
    return app


def through(browser: FlaskClient, path: str, name: str | None, *, peer: str = "192.0.2.7", post: bool = False) -> int:
    """Ask for a page as a proxy passes it on; returns the status."""
    headers = {} if name is None else {"Remote-User": name.encode().decode("latin-1")}
    ask = browser.post if post else browser.get
    return ask(path, headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


def test_whoever_the_proxy_names_is_let_in_with_the_role_that_they_have_here(
    trusting: Flask, codes: DeliveryCodes
) -> None:
    browser = trusting.test_client()
    assert through(browser, "/office/sign-in?next=/office/import", "Jörg") == 303
    assert through(browser, "/office/import", "Jörg") == 200
    assert through(browser, "/office/people", "Jörg") == 403
    (action,) = [each for each in codes.read(list_actions, limit=10) if each.name == "Jörg"]
    assert (action.action, action.subject, action.status) == ("signing_in.by_proxy", "", 200)


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("admin", "192.0.2.8"),
        ("admin", "127.0.0.1"),
        ("admin", "::1"),
        ("admin", ""),
        (None, "192.0.2.7"),
        ("", "192.0.2.7"),
        ("admin,Jörg", "192.0.2.7"),
    ],
)
def test_nobody_else_is_anybody_by_the_header(trusting: Flask, name: str | None, peer: str) -> None:
    browser = trusting.test_client()
    assert through(browser, "/office/sign-in", name, peer=peer) == 200
    assert through(browser, "/office/today", name, peer=peer) == 302


def test_by_default_no_header_is_believed(app: Flask, codes: DeliveryCodes) -> None:
    add_member(codes, "admin", PASSWORD, Role.ADMIN)
    browser = app.test_client()
    assert through(browser, "/office/sign-in", "admin") == 200
    assert through(browser, "/office/today", "admin") == 302


def test_a_stranger_and_whoever_is_blocked_stay_outside(trusting: Flask, codes: DeliveryCodes) -> None:
    joerg = next(each for each in codes.read(list_staff) if each.name == "Jörg")
    codes.write(block_staff, joerg.staff_id, blocked=True)
    for name in ("Jörg", "joerg", "JÖRG", "<b>nobody</b>"):
        answer = trusting.test_client().get(
            "/office/sign-in?lang=en",
            headers={"Remote-User": name.encode().decode("latin-1")},
            environ_base={"REMOTE_ADDR": "192.0.2.7"},
        )
        assert answer.status_code == 403
        assert "nobody by that name works here" in answer.text
        assert "<b>" not in answer.text


def test_a_session_ends_for_whoever_comes_after_at_the_same_browser(trusting: Flask) -> None:
    browser = trusting.test_client()
    through(browser, "/office/sign-in", "admin")
    assert through(browser, "/office/people", "admin") == 200
    assert through(browser, "/office/people", "Jörg") == 302
    through(browser, "/office/sign-in", "Jörg")
    assert through(browser, "/office/people", "Jörg") == 403


def test_signing_out_stays_signed_out_until_one_signs_in_again(trusting: Flask) -> None:
    browser = trusting.test_client()
    through(browser, "/office/sign-in", "admin")
    headers, peer = {"Remote-User": "admin"}, {"REMOTE_ADDR": "192.0.2.7"}
    where = browser.post("/office/sign-out", headers=headers, environ_base=peer).headers["Location"]
    page = browser.get(f"{where}&lang=en", headers=headers, environ_base=peer)
    assert (page.status_code, "Sign in as admin" in page.text) == (200, True)
    assert through(browser, "/office/today", "admin") == 302
    assert through(browser, "/office/sign-in", "admin") == 303


def test_it_counts_who_holds_the_connection_and_not_for_whom_the_proxy_speaks() -> None:
    for peer, believed in (("10.0.0.1", "admin"), ("198.51.100.1", None)):
        headers = Headers({"Remote-User": "admin", "X-Forwarded-For": "192.0.2.7"})
        environ = EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": peer}).get_environ()
        proxy_correction(1, [ip_network("10.0.0.0/8")])(environ)
        assert said_by_proxy(Request(environ), "Remote-User", [ip_network("10.0.0.0/8")]) == believed


@pytest.mark.parametrize(
    "wrong",
    [
        {"proxy_header": "Remote-User"},
        {"proxy_header": "Remote-User", "proxy_networks": ["0.0.0.0/0"]},
        {"proxy_header": "Remote-User", "proxy_networks": ["::/0"]},
        {"proxy_header": "Remote_User", "proxy_networks": ["192.0.2.7/32"]},
    ],
)
def test_a_header_that_anybody_could_write_stops_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SigningInSettings.model_validate(wrong)
