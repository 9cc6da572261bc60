"""The kiosk's settings open by a colleague's PIN and by nothing else, and nobody leaves its page by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from codes.accounts.shifts import new_pin, set_pin
from codes.accounts.staff import Role, add_staff
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.kiosks import kiosk, video_of
from tests.parts.browser.people import DESK, OpenBrowser, enrol, violations
from tests.parts.calls import PASSWORD, other_digits
from tests.parts.running_service import RunningService
from tests.parts.staff import hashed
from web.commands.opening import open_codes
from web.configuration import load_settings


@pytest.fixture(scope="module")
def service(house: RunningService) -> RunningService:
    """The house that all share."""
    return house


@pytest.fixture(scope="module")
def pin(service: RunningService) -> str:
    """The PIN of somebody at the counter."""
    given = new_pin()
    with closing(open_codes(load_settings(service.config))) as codes:
        staff_id = codes.write(add_staff, "Kiosk colleague", hashed(PASSWORD), Role.COUNTER)
        codes.write(set_pin, staff_id, hashed(given))
    return given


@pytest.fixture
def page(service: RunningService, open_browser: OpenBrowser, tmp_path: Path) -> Iterator[Page]:
    """A kiosk whose browser reads."""
    with open_browser(film=write_film(tmp_path / "empty.y4m", [scene()]), size=DESK) as browser:
        page = browser.new_page()
        enrol(page, service, "kiosk", "en")
        expect(page.locator("body")).to_have_attribute("data-state", "idle")
        yield page


def type_pin(page: Page, pin: str) -> None:
    for digit in pin:
        page.locator(".key", has_text=digit).click()
    page.locator(".key-go").click()


def test_a_pin_opens_the_settings_which_stop_the_kiosk_silence_it_and_sign_it_off(page: Page, pin: str) -> None:
    page.locator("[data-settings]").click()
    assert page.locator("[data-order]").count() == 0
    assert violations(page) == []
    type_pin(page, other_digits(pin))
    expect(page.locator(".kiosk-said")).to_have_text("That is not right. Try again.")
    type_pin(page, pin)
    assert "Kiosk colleague" not in page.locator("body").inner_text()
    page.locator("[data-order]").click()
    expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
    expect(page.locator("[data-order]")).to_have_text("Put back into service")
    assert violations(page) == []
    page.locator("[data-sound]").click()
    expect(page.locator("[data-sound]")).to_have_attribute("aria-pressed", "false")
    page.locator("[data-close]").click()
    page.locator("[data-settings]").click()
    expect(page.locator("[data-order]")).to_have_count(0)
    type_pin(page, pin)
    page.locator("[data-order]").click()
    expect(page.locator("body")).to_have_attribute("data-state", "idle")
    page.locator("[data-sign-off]").click()
    page.locator("[data-really]").click()
    page.locator("[data-story]").wait_for(state="detached")
    assert page.request.get(page.url).status == 401


def test_guessing_a_pin_has_to_wait_and_without_the_service_nothing_opens(page: Page, pin: str) -> None:
    page.locator("[data-settings]").click()
    for _ in range(3):
        type_pin(page, other_digits(pin))
        expect(page.locator(".kiosk-said")).to_have_text("That is not right. Try again.")
        page.locator(".kiosk-said").evaluate("(said) => { said.textContent = ''; }")
    type_pin(page, pin)
    expect(page.locator(".kiosk-said")).to_have_text("Too many tries. Please wait.")
    page.context.set_offline(True)
    type_pin(page, pin)
    expect(page.locator(".kiosk-said")).to_have_text("No connection. Please try again.")
    assert page.locator("[data-order]").count() == 0


def test_the_language_that_staff_choose_is_the_one_the_kiosk_starts_in(page: Page, pin: str) -> None:
    page.get_by_role("button", name="Italiano").click()
    expect(page.locator("html")).to_have_attribute("lang", "it")
    page.locator("[data-settings]").click()
    type_pin(page, pin)
    page.locator("[data-home]").click()
    page.wait_for_url("**?lang=it")
    page.goto(page.url.partition("?")[0] + "?lang=en")
    page.goto(page.url.partition("?")[0])
    page.wait_for_url("**?lang=it")
    expect(page.locator("html")).to_have_attribute("lang", "it")


def test_no_key_no_menu_and_no_long_touch_leads_away(page: Page) -> None:
    held = page.evaluate(
        """() => {
          const held = (event) => !document.body.dispatchEvent(event);
          const each = { bubbles: true, cancelable: true };
          const key = (name, more = {}) => held(new KeyboardEvent("keydown", { key: name, ...each, ...more }));
          const away = [key("o", { ctrlKey: true }), key("F12"), key("ArrowLeft", { altKey: true })];
          away.push(key("Escape", { shiftKey: true }), held(new MouseEvent("contextmenu", each)));
          return [...away, !key("Tab"), !key("Enter")];
        }"""
    )
    assert held == [True] * 7
    assert page.locator("a[href]").count() == 0
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).userSelect") == "none"


def test_the_camera_programs_page_has_the_same_settings(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path, pin: str
) -> None:
    film = video_of(tmp_path / "film.avi", [scene()], 2)
    with kiosk(service, film, "--repeat") as address, open_browser(size=DESK) as browser:
        page = browser.new_page()
        page.goto(f"{address}?lang=en")
        expect(page.locator("body")).to_have_attribute("data-state", re.compile("idle|reading"))
        page.locator("[data-settings]").click()
        type_pin(page, pin)
        page.locator("[data-order]").click()
        expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
        page.locator("[data-order]").click()
        expect(page.locator("body")).to_have_attribute("data-state", re.compile("idle|reading"))
        page.locator("[data-close]").click()
        told = page.request.post(
            f"{address}api/v1/kiosk/settings", data={"pin": pin}, headers={"Origin": "http://evil"}
        )
        assert told.status == 403
        told = page.request.post(f"{address}api/v1/devices", data={}, headers={"Origin": address.rstrip("/")})
        assert told.status == 404
