"""A passkey is added and signs in, in a real browser with an authenticator of its own (CDP's virtual one)."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from codes.accounts.passkeys import passkeys_of
from codes.accounts.second_factor import begin_second_factor, confirm_second_factor, provisioning_uri
from codes.accounts.staff import list_staff
from tests.parts.browser.house import *  # noqa: F403  the fixtures of a house
from tests.parts.browser.house import House
from tests.parts.browser.people import OpenBrowser, sign_in_by
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_authenticator(page: Page) -> tuple[object, str]:
    """Give a page's browser an authenticator; returns how to talk to it, and its id."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    return cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]


def add_passkey(page: Page, house: House, password: str = PASSWORD) -> None:
    """Add a passkey as a person does."""
    page.goto(f"{house.url}/office/account")
    form = page.locator("form[data-passkey-add]")
    form.get_by_label("Password").fill(password)
    form.get_by_label("Name of the device").fill("My desk")
    form.get_by_role("button", name="Add a passkey").click()


def test_a_passkey_is_added_signs_in_and_is_removed(
    house: House, open_browser: OpenBrowser, clock: TurnableClock
) -> None:
    with open_browser(locale="en-GB") as browser:
        page = browser.new_page()
        with_authenticator(page)
        sign_in_by(page, house.url, PASSWORD)
        add_passkey(page, house, "not the password")
        expect(page.get_by_text("This passkey was not added. Is the password right?")).to_be_visible()
        add_passkey(page, house)
        expect(page.get_by_text("My desk")).to_be_visible()
        clock.turn(timedelta(seconds=1))
        page.context.clear_cookies()
        page.goto(f"{house.url}/office/account")
        sent = []
        page.on("request", lambda request: sent.append(request.post_data) if request.method == "POST" else None)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("heading", name="Your passkeys")).to_be_visible()
        answer = httpx.post(f"{house.url}/office/passkeys", json=json.loads(sent[-1]))
        assert answer.status_code == 403, "what was sent is good once"
        page.locator(".passkey-row").get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Your passkeys")).to_have_count(0)
        page.context.clear_cookies()
        page.goto(f"{house.url}/office/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("This passkey was not accepted. Try again.")).to_be_visible()


def test_a_copied_key_is_noticed_by_its_count(house: House, open_browser: OpenBrowser, clock: TurnableClock) -> None:
    with open_browser(locale="en-GB") as browser:
        page = browser.new_page()
        cdp, authenticator = with_authenticator(page)
        sign_in_by(page, house.url, PASSWORD)
        add_passkey(page, house)
        expect(page.get_by_text("My desk")).to_be_visible()
        asked = {"authenticatorId": authenticator}
        (copied,) = cdp.send("WebAuthn.getCredentials", asked)["credentials"]  # type: ignore[attr-defined]
        for credential, is_taken in ((None, True), (copied, False)):
            clock.turn(timedelta(seconds=1))
            if credential is not None:
                cdp.send("WebAuthn.clearCredentials", asked)  # type: ignore[attr-defined]
                cdp.send("WebAuthn.addCredential", asked | {"credential": credential})  # type: ignore[attr-defined]
            page.context.clear_cookies()
            page.goto(f"{house.url}/office/sign-in?next=/office/account")
            page.get_by_role("button", name="Sign in with a passkey").click()
            refused = page.get_by_text("This passkey was not accepted. Try again.")
            expect(page.get_by_role("heading", name="Your passkeys") if is_taken else refused).to_be_visible()


@pytest.mark.parametrize("waited", [timedelta(minutes=4), timedelta(minutes=6)], ids=["in time", "too late"])
def test_a_challenge_is_good_for_some_minutes(
    house: House, open_browser: OpenBrowser, clock: TurnableClock, waited: timedelta
) -> None:
    with open_browser(locale="en-GB") as browser:
        page = browser.new_page()
        with_authenticator(page)
        sign_in_by(page, house.url, PASSWORD)
        page.route("**/office/account/passkeys", lambda route: (clock.turn(waited), route.continue_()))
        add_passkey(page, house)
        (admin,) = house.codes.read(list_staff)
        if waited < timedelta(minutes=5):
            expect(page.get_by_text("My desk")).to_be_visible()
        else:
            expect(page.get_by_text("This passkey was not added.")).to_be_visible()
        assert len(house.codes.read(passkeys_of, admin.staff_id)) == (waited < timedelta(minutes=5))


def test_without_unlocking_the_device_nobody_comes_in(house: House, open_browser: OpenBrowser) -> None:
    with open_browser(locale="en-GB") as browser:
        page = browser.new_page()
        cdp, authenticator = with_authenticator(page)
        sign_in_by(page, house.url, PASSWORD)
        add_passkey(page, house)
        expect(page.get_by_text("My desk")).to_be_visible()
        locked = {"authenticatorId": authenticator, "isUserVerified": False}
        cdp.send("WebAuthn.setUserVerified", locked)  # type: ignore[attr-defined]
        page.context.clear_cookies()
        page.goto(f"{house.url}/office/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_timeout(1000)
        assert "/office/sign-in" in page.url


def test_a_passkey_needs_no_second_factor(house: House, open_browser: OpenBrowser, clock: TurnableClock) -> None:
    with open_browser(locale="en-GB") as browser:
        page = browser.new_page()
        with_authenticator(page)
        sign_in_by(page, house.url, PASSWORD)
        add_passkey(page, house)
        expect(page.get_by_text("My desk")).to_be_visible()
        (admin,) = house.codes.read(list_staff)
        factor = house.codes.write(begin_second_factor, admin.staff_id)
        app = pyotp.parse_uri(house.codes.read(provisioning_uri, factor, "admin"))
        assert isinstance(app, pyotp.TOTP)
        assert house.codes.write(confirm_second_factor, admin.staff_id, app.at(clock()))
        clock.turn(timedelta(seconds=1))
        page.context.clear_cookies()
        page.goto(f"{house.url}/office/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("heading", name="Today")).to_be_visible()
