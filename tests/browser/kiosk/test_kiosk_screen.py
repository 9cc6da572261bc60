"""What the kiosk's own page makes of each state, in a real browser; the camera program is not needed for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from scanner.kiosk.screen import Screen, served
from scanner.kiosk.service_client import KioskPlace
from tests.parts.browser.people import DESK, OpenBrowser
from tests.parts.running_service import HOME

ACCEPTED = {
    "outcome": "accepted",
    "match_number": "47",
    "recipient_language": "tr",
    "parcels": [{"reference": "JD0001", "outcome": "accepted"}],
}


@pytest.fixture
def screen() -> Screen:
    """What the camera program would tell."""
    shown = Screen()
    shown.show_frame(np.full((360, 640, 3), 90, np.uint8))
    return shown


@pytest.fixture
def page(screen: Screen, open_browser: OpenBrowser) -> Iterator[Page]:
    """The kiosk's page, in English."""
    with served(screen, HOME / "web" / "static", 0) as address, open_browser(size=DESK) as browser:
        page = browser.new_page()
        page.goto(f"{address}?lang=en")
        expect(page.locator("[data-story] li")).to_have_count(3)
        yield page


def picture(page: Page, place: str) -> str:
    """Return the name of the pictogram in a place."""
    return str(page.locator(f"{place} use").first.get_attribute("href")).rpartition("#")[2]


HINTS = {
    "clean_glass": "clean-glass",
    "too_dark": "brighter",
    "too_bright": "too-bright",
    "no_camera": "no-camera",
}


@pytest.mark.parametrize(("hint", "shown"), HINTS.items())
def test_what_is_wrong_with_the_camera_is_said_by_a_picture_of_its_own(
    screen: Screen, page: Page, hint: str, shown: str
) -> None:
    screen.show("out_of_order" if hint == "no_camera" else "idle", hint=hint)
    expect(page.locator("body")).to_have_attribute("data-hint", hint)
    assert picture(page, "[data-message]") == shown
    screen.show("idle")
    expect(page.locator("body")).to_have_attribute("data-hint", "")


def test_a_verdict_speaks_the_recipients_language_first_and_names_no_parcel(screen: Screen, page: Page) -> None:
    screen.show("verdict", ACCEPTED)
    expect(page.locator(".verdict-word")).to_have_attribute("lang", "tr")
    expect(page.locator(".verdict-other-word")).to_have_text("Correct")
    expect(page.locator(".verdict-number")).to_have_text("47")
    assert "JD0001" not in page.locator("body").inner_text()


def test_without_shelf_and_lock_the_person_is_sent_to_the_counter(screen: Screen, page: Page) -> None:
    screen.show("verdict", ACCEPTED)
    page.locator(".verdict").wait_for()
    assert picture(page, ".verdict-step") == "counter"


def test_a_shelf_is_shown_large(screen: Screen, page: Page) -> None:
    screen.show("verdict", {**ACCEPTED, "parcels": [{"reference": "JD0001", "outcome": "accepted", "shelf": "A 3"}]})
    expect(page.locator(".verdict-shelves")).to_have_text("A 3")
    assert picture(page, ".verdict-step") == "hand-over"


def test_a_lock_is_waited_for_and_then_open_or_the_counter_helps(screen: Screen, page: Page) -> None:
    pictures = []
    for lock in ("asked", "open", "shut"):
        screen.show("verdict", {**ACCEPTED, "lock": lock})
        wanted = {"asked": "try-again", "open": "hand-over", "shut": "counter"}[lock]
        expect(page.locator(".verdict-step use")).to_have_attribute("href", re.compile(f"#{wanted}$"))
        pictures.append(picture(page, ".verdict-step"))
    assert pictures == ["try-again", "hand-over", "counter"]


def test_what_is_noted_is_amber_and_how_many_wait_is_shown(screen: Screen, page: Page) -> None:
    screen.show("verdict", {"outcome": "noted"})
    screen.tell_place(2, KioskPlace())
    expect(page.locator(".verdict-amber")).to_be_visible()
    screen.show("idle")
    expect(page.locator("[data-waiting]")).to_have_text("2")
    screen.tell_place(0, KioskPlace())
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_a_language_is_chosen_by_touch_and_written_its_own_way(page: Page) -> None:
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert "home=en" in page.url


def test_when_the_program_dies_the_page_says_that_it_is_out_of_order(screen: Screen, page: Page) -> None:
    screen.close()
    page.context.set_offline(True)
    expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
