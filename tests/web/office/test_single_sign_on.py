"""Staff sign in at an identity provider: whom it names, with the role of their group, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from codes import DeliveryCodes
from codes.accounts.staff import Account, Role, block_staff, list_staff
from codes.auditing.audit import audit
from tests.parts.application import CONFIG
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.servers.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_provider
from tests.parts.staff import add_member
from web.configuration import BadConfiguration, load_settings
from web.settings import OidcSettings, SigningInSettings

ROLES = {"depot-heads": "supervisor", "depot": "dispatcher"}


@pytest.fixture
def provider(app: Flask, clock: TurnableClock, tmp_path: Path) -> Iterator[OidcProvider]:
    """A provider that the house trusts, whose clock is the house's."""
    secret = tmp_path / "oidc-secret"
    secret.write_text(f"{CLIENT_SECRET}\n", encoding="utf-8")
    with running_provider(clock) as running:
        asked: dict[str, Any] = {"issuer": running.issuer, "client_id": CLIENT_ID, "client_secret_file": secret}
        oidc = OidcSettings.model_validate(asked | {"name": "the depot's account", "roles": ROLES})
        app.extensions["doorcode"] = replace(app.extensions["doorcode"], signing_in=SigningInSettings(oidc=oidc))
        running.claims["groups"] = ["everybody", "depot"]
        yield running


def begun(browser: FlaskClient, wanted: str = "/office/import") -> str:
    """Go to the provider, and return the address at which it leads back."""
    there = browser.get(f"/office/single-sign-on?next={wanted}")
    assert there.status_code == 303, there.text
    return httpx.get(there.headers["Location"]).headers["Location"].removeprefix("http://localhost")


def signed_in(app: Flask) -> tuple[FlaskClient, int, str]:
    """Sign in at the provider with a browser of its own; gives that, the status and the page."""
    browser = app.test_client()
    answer = browser.get(begun(browser))
    return browser, answer.status_code, answer.text


def account(codes: DeliveryCodes, name: str = "Ada") -> Account | None:
    """Return the account of this name."""
    return next((each for each in codes.read(list_staff) if each.name == name), None)


def test_whoever_signs_in_there_is_here_with_the_role_of_their_group(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider
) -> None:
    assert "Sign in with the depot&#39;s account" in app.test_client().get("/office/sign-in?lang=en").text
    browser, status, page = signed_in(app)
    assert (status, 'content="0; url=/office/import"' in page) == (200, True)
    assert browser.get("/office/import").status_code == 200
    assert browser.get("/office/people").status_code == 403
    cookies = {each.key: each for each in (browser._cookies or {}).values()}
    assert cookies["doorcode_staff"].same_site == "Strict"
    assert "doorcode_single_sign_on" not in cookies


def test_the_role_follows_the_group_and_the_audit_holds(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider
) -> None:
    signed_in(app)
    provider.claims |= {"groups": "depot-heads", "preferred_username": "Ada Lovelace"}
    signed_in(app)
    found = account(codes)
    assert found is not None, "a name that was changed there makes no second account"
    assert found.role is Role.SUPERVISOR
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


@pytest.mark.parametrize("groups", [None, [], ["everybody"], "everybody", [["depot"]], 7])
def test_whoever_has_no_group_stays_outside(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider, groups: object
) -> None:
    provider.claims["groups"] = groups
    browser, status, _page = signed_in(app)
    assert (status, account(codes), browser.get("/office/today").status_code) == (403, None, 302)


def test_a_name_from_there_takes_no_account_of_ours_over(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider
) -> None:
    add_member(codes, "Ada", PASSWORD, Role.ADMIN)
    assert signed_in(app)[1] == 403
    found = account(codes)
    assert found is not None
    assert (found.role, found.sessions) == (Role.ADMIN, 0)


def test_whoever_is_blocked_here_stays_outside(app: Flask, codes: DeliveryCodes, provider: OidcProvider) -> None:
    signed_in(app)
    found = account(codes)
    assert found is not None
    codes.write(block_staff, found.staff_id, blocked=True)
    assert signed_in(app)[1] == 403


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"nonce": "of another way"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"preferred_username": None},
        {"preferred_username": "Ad\u202ea"},
        {"preferred_username": ["Ada"]},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_way_opens_nothing(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider, lies: dict[str, object]
) -> None:
    provider.claims |= lies
    provider.lies |= lies
    assert signed_in(app)[1] == 403
    assert codes.read(list_staff) == []


def test_what_another_key_signed_opens_nothing(app: Flask, codes: DeliveryCodes, provider: OidcProvider) -> None:
    provider.signs_with = ECKey.generate_key("P-256", {"kid": "1"})
    assert signed_in(app)[1] == 403


def test_a_provider_that_calls_itself_otherwise_is_not_asked(app: Flask, provider: OidcProvider) -> None:
    provider.says_it_is = "https://elsewhere.example"
    assert app.test_client().get("/office/single-sign-on").status_code == 502


def test_an_answer_is_good_once_and_only_in_the_browser_that_began(app: Flask, provider: OidcProvider) -> None:
    mine, other = app.test_client(), app.test_client()
    answer = begun(mine)
    assert other.get(answer).status_code == 403
    begun(other)
    assert other.get(answer).status_code == 403, "the state of another way"
    assert mine.get(answer.replace("state=", "state=x")).status_code == 403
    assert mine.get(answer).status_code == 200
    assert mine.get(answer).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/office\\evil", "/t/abc"])
def test_the_way_on_leads_into_the_office_alone(app: Flask, provider: OidcProvider, wanted: str) -> None:
    browser = app.test_client()
    assert 'url=/office/today"' in browser.get(begun(browser, wanted)).text


def test_without_a_provider_there_is_no_way_there(app: Flask) -> None:
    assert app.test_client().get("/office/single-sign-on").status_code == 404
    assert app.test_client().get("/office/single-sign-on/back").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example.org"},
        {"issuer": "https://login.example.org/"},
        {"roles": {}},
        {"roles": {"heads": "chief"}},
        {"scopes": "profile"},
    ],
)
def test_settings_that_cannot_hold_stop_the_start(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"issuer": "https://login.example.org", "client_id": "doorcode", "roles": ROLES}
    assert OidcSettings.model_validate(right)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        OidcSettings.model_validate(right | wrong)


def test_a_secret_that_is_not_there_stops_the_start_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    asked = (
        "{issuer: https://login.example.org, client_id: doorcode, roles: {depot: dispatcher}, client_secret_file: key}"
    )
    file.write_text(CONFIG.read_text(encoding="utf-8").replace("oidc: null", f"oidc: {asked}"), encoding="utf-8")
    with pytest.raises(BadConfiguration, match=r"signing_in.oidc.client_secret_file: .*key is not there"):
        load_settings(file)
    (tmp_path / "key").touch()
    assert load_settings(file).signing_in.oidc is not None
