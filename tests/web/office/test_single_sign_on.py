"""Staff sign in at an identity provider: whom it names, with the role of their group, and by nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

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
from web.settings import OIDC_VARIABLE, OidcSettings, SigningInSettings

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
    elsewhere = app.test_client()
    back = begun(elsewhere)
    kept = elsewhere.get_cookie("doorcode_single_sign_on", path="/office/single-sign-on")
    assert kept is not None
    # Who can write cookies for a whole domain leads nobody elsewhere by one.
    forged = kept.decoded_value.replace("/office/import", "https://evil.example")
    assert forged != kept.decoded_value
    elsewhere.set_cookie("doorcode_single_sign_on", forged, path="/office/single-sign-on")
    assert 'content="0; url=/office/today"' in elsewhere.get(back).text
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


def linked(app: Flask, browser: FlaskClient, sent: str = PASSWORD) -> tuple[int, str]:
    """Link one's own account to the one at the provider; gives the status and where the page leads."""
    there = browser.post("/office/single-sign-on/link", data={"password": sent})
    if there.status_code != 303:
        return there.status_code, ""
    back = httpx.get(there.headers["Location"]).headers["Location"].removeprefix("http://localhost")
    # The provider's page leads back from another site, so the session's cookie does not come along.
    session = browser.get_cookie("doorcode_staff")
    assert session is not None
    browser.delete_cookie("doorcode_staff")
    answer = browser.get(back)
    browser.set_cookie("doorcode_staff", session.value)
    return answer.status_code, answer.text.partition("url=")[2].partition('"')[0]


def test_an_account_that_stands_here_is_linked_from_within_and_entered_from_there(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider, administrator: FlaskClient
) -> None:
    add_member(codes, "Ada", PASSWORD, Role.DISPATCHER)
    ada = app.test_client()
    assert ada.post("/office/sign-in", data={"name": "Ada", "password": PASSWORD}).status_code == 303
    assert linked(app, ada, "a wrong password")[0] == 403
    assert signed_in(app)[1] == 403, "not linked yet"
    assert linked(app, ada) == (200, "/office/account?done=linked")
    assert "You can sign in there now." in ada.get("/office/account?done=linked&lang=en").text
    assert linked(app, administrator) == (409, "/office/account?done=taken")
    browser, status, _page = signed_in(app)
    assert (status, browser.get("/office/import").status_code, len(codes.read(list_staff))) == (200, 200, 2)
    assert "Linked an account at the identity provider" in administrator.get("/office/actions?lang=en").text
    assert ada.post("/office/single-sign-on/unlink").status_code == 303
    assert signed_in(app)[1] == 403
    assert linked(app, administrator) == (409, "/office/account?done=loses")
    there = administrator.post("/office/single-sign-on/link", data={"password": PASSWORD})
    back = httpx.get(there.headers["Location"]).headers["Location"].removeprefix("http://localhost")
    kept = administrator.get_cookie("doorcode_single_sign_on", path="/office/single-sign-on")
    found = account(codes)
    assert kept is not None
    assert found is not None
    forged = re.sub(r"link.*[0-9a-f]{32}", lambda old: old[0][:-32] + found.staff_id.hex, kept.decoded_value)
    assert forged != kept.decoded_value
    administrator.set_cookie("doorcode_single_sign_on", forged, path="/office/single-sign-on")
    assert administrator.get(back).status_code == 403, "the state is sealed for another account"


def test_the_secret_comes_from_the_environment_where_it_is_set(
    app: Flask, codes: DeliveryCodes, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OIDC_VARIABLE, "another secret")
    assert signed_in(app)[1] == 403
    monkeypatch.setenv(OIDC_VARIABLE, CLIENT_SECRET)
    assert signed_in(app)[1] == 200


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
    own = {"state": "own", "nonce": "n", "verifier": "v"}
    for odd in ("[" * 4000, "7", json.dumps(own | {"link": 5}), json.dumps(own | {"link": UUID(int=7).hex})):
        other.set_cookie("doorcode_single_sign_on", odd, path="/office/single-sign-on")
        assert other.get("/office/single-sign-on/back?code=c&state=own").status_code == 403, odd[:50]
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
    with pytest.raises(
        BadConfiguration,
        match=r"signing_in.oidc.client_secret_file: .*key cannot be read .*, and DOORCODE_OIDC_SECRET is",
    ):
        load_settings(file)
    (tmp_path / "key").write_text("secret")
    assert load_settings(file).signing_in.oidc is not None
