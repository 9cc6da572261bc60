"""What kills or locks asks once; what is copied says what came of it; whoever has no mouse finds the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from codes.accounts.devices import list_devices
from codes.accounts.sessions import end_sessions
from codes.accounts.staff import list_staff
from tests.parts.browser.house import *  # noqa: F403  the fixtures of a house
from tests.parts.browser.house import House
from tests.parts.browser.people import DESK, PHONE, OpenBrowser, confirm, sign_in_by
from tests.parts.calls import PASSWORD
from tests.parts.device import enrolled


@pytest.fixture
def device(house: House) -> str:
    """The name of a phone that somebody lost."""
    enrolled(house.codes, name="Lost phone")
    return "Lost phone"


def is_blocked(house: House) -> bool:
    (found,) = house.codes.read(list_devices)
    return found.revoked_at is not None


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_blocking_asks_once_says_what_follows_and_can_be_left(
    house: House, device: str, open_browser: OpenBrowser, scripts: bool
) -> None:
    with open_browser(size=DESK, locale="en-GB", scripts=scripts) as desk:
        page = desk.new_page()
        sign_in_by(page, house.url, PASSWORD)
        page.goto(f"{house.url}/office/devices")
        page.get_by_label(f"Block {device}", exact=True).click()
        asked = page.locator("details.confirm[open]")
        expect(asked).to_contain_text("what it has not sent yet is refused")
        assert not is_blocked(house)
        if scripts:
            asked.get_by_role("button", name="Cancel").click()
            expect(page.locator("details.confirm[open]")).to_have_count(0)
            page.get_by_label(f"Block {device}", exact=True).press("Enter")
            page.keyboard.press("Escape")
            expect(page.locator("details.confirm[open]")).to_have_count(0)
        else:
            page.get_by_label(f"Block {device}", exact=True).click()
        confirm(page, f"Block {device}")
        expect(page.locator("tr", has_text=device).locator(".badge-bad")).to_have_text("Blocked")
        assert is_blocked(house)


def shown_key(page: Page, house: House) -> str:
    page.goto(f"{house.url}/office/keys")
    page.locator("form.invite [name=name]").fill("Sample shop")
    page.locator("form.invite button[type=submit], form.invite .button-first").click()
    return page.locator("#shown-once").inner_text()


def test_a_key_is_copied_or_chosen_and_the_page_says_which(house: House, open_browser: OpenBrowser) -> None:
    with open_browser(size=DESK, locale="en-GB", permissions=["clipboard-read", "clipboard-write"]) as desk:
        page = desk.new_page()
        sign_in_by(page, house.url, PASSWORD)
        key = shown_key(page, house)
        page.get_by_role("button", name="Copy").click()
        expect(page.locator(".copy [role=status]")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == key
        # A page that came over plain http has no clipboard.
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })")
        key = shown_key(page, house)
        page.get_by_role("button", name="Copy").click()
        expect(page.locator(".copy [role=status]")).to_contain_text("press Ctrl+C")
        assert page.evaluate("getSelection().toString()") == key


def test_on_a_phone_the_links_open_by_one_button_and_close_again(house: House, open_browser: OpenBrowser) -> None:
    with open_browser(size=PHONE, locale="en-GB") as phone:
        page = phone.new_page()
        sign_in_by(page, house.url, PASSWORD)
        expect(page.get_by_role("link", name="Webhooks")).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("link", name="Webhooks")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Webhooks")).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Devices").click()
        expect(page.locator("h1")).to_have_text("Devices")


def test_the_first_key_skips_the_links_and_a_fault_has_the_focus(house: House, open_browser: OpenBrowser) -> None:
    with open_browser(size=DESK, locale="en-GB") as desk:
        page = desk.new_page()
        sign_in_by(page, house.url, PASSWORD)
        page.goto(f"{house.url}/office/people")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.locator("form.invite [name=name]").fill("admin")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("alert")).to_have_text("This name is taken.")
        expect(page.locator("form.invite [name=name]")).to_be_focused()


def test_what_was_typed_survives_a_session_that_was_over_when_it_was_sent(
    house: House, open_browser: OpenBrowser
) -> None:
    with open_browser(size=DESK, locale="en-GB") as desk:
        page = desk.new_page()
        sign_in_by(page, house.url, PASSWORD)
        page.goto(f"{house.url}/office/new")
        page.locator("[name=reference]").fill("JD 1")
        page.locator("[name=name]").fill("Łukasz <b>")
        page.locator("[name=destination]").select_option("locker")
        (member,) = house.codes.read(list_staff)
        house.codes.write(end_sessions, member.staff_id)
        page.locator("main .button-first").click()
        page.get_by_role("link", name="Deutsch").click()
        page.locator("[name=name]").fill("admin")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("button[type=submit]").click()
        page.wait_for_url("**/office/new")
        values = [page.locator(f"[name={name}]").input_value() for name in ("reference", "name", "destination")]
        assert values == ["JD 1", "Łukasz <b>", "locker"]
        page.reload()
        expect(page.locator("[name=reference]")).to_have_value("")


SMALL = """() => [...document.querySelectorAll("main :is(a, button, summary, select, input), nav :is(a, button)")]
  .filter((each) => each.checkVisibility() && !["hidden", "checkbox", "radio"].includes(each.type))
  .filter((each) => !each.closest(".languages, dd, p, small, td:not(:has(.row-link)), figcaption, dialog"))
  .filter((each) => each.getBoundingClientRect().height < 43.5)
  .map((each) => each.outerHTML.slice(0, 90))"""


def test_what_a_finger_aims_at_is_44_pixels_high(house: House, device: str, open_browser: OpenBrowser) -> None:
    with open_browser(size=PHONE, locale="en-GB", touch=True) as phone:
        page = phone.new_page()
        sign_in_by(page, house.url, PASSWORD)
        small = {}
        for path in ("today", "devices", "people", "keys", "mails", "actions", "audit", "reports", "import", "new"):
            page.goto(f"{house.url}/office/{path}")
            if found := page.evaluate(SMALL):
                small[path] = found
        assert small == {}
