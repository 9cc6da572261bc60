"""The counter's pages at every size of screen and of text: one row of tools, the keypad whole, no list cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Playwright, expect

from codes import Announcement, Person
from codes.life.parcel_records import find_parcel
from codes.recipients.tickets import ticket_of_holder
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.chromium import opened
from tests.parts.browser.people import (
    DESK,
    enrol,
    scan,
    start_camera,
    type_label,
    violations,
)
from tests.parts.browser.screens import OUTSIDE, OVERFLOW
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service

SMALL, PHONE, LYING = (360, 640), (390, 844), (844, 390)
TABLET, COUNTER, SCREEN = (820, 1180), (1280, 800), (1920, 1080)
PAGES = ("/counter", "/counter/intake", "/counter/shelves", "/counter/no-code", "/counter/scanner")
MANY = [f"MANY{number:04d}" for number in range(18)]
RECIPIENT = Person("Sample Recipient of many", "many@example.org", "tr")
TOGETHER: dict[str, Any] = {"sender_wish": True, "consignment": "SCREENS-1"}
ONE_ROW = """() => {
  const all = [...document.querySelectorAll('.tools > .bar-link, .tools-rest > *')];
  const tools = all.filter((each) => each.checkVisibility());
  const middle = ({ top, bottom }) => (top + bottom) / 2;
  const middles = tools.map((each) => middle(each.getBoundingClientRect()));
  const words = tools.filter((each) => each.matches('.bar-link')).every((each) => each.innerText.trim().length > 1);
  return [Math.max(...middles) - Math.min(...middles) < 4, words, tools.length];
}"""
STRAY = """() => [...document.querySelectorAll('.collection')].filter((each) =>
  each.scrollHeight > each.clientHeight + 1).map((each) => `${each.scrollHeight} > ${each.clientHeight}`)"""
"""What of a list and of what stands about it has no room, but for the rows, which scroll by themselves."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service with a full counter: eighteen parcels of one consignment wait there."""
    with running_service(tmp_path_factory.mktemp("screens"), "--demo") as running:
        with running.codes() as codes:
            codes.announce([Announcement(reference, RECIPIENT, "Sample Shop", **TOGETHER) for reference in MANY])
        taken_in(running, "SAMPLE0002", *MANY)
        yield running


@pytest.fixture(scope="module")
def page(service: RunningService, playwright: Playwright) -> Iterator[Page]:
    """A tablet that is touched."""
    with opened(playwright, size=DESK, touch=True) as tablet:
        page = tablet.new_page()
        enrol(page, service, "counter", "en")
        yield page


@pytest.fixture(scope="module")
def desk(service: RunningService, playwright: Playwright) -> Iterator[Page]:
    """A desk with a mouse."""
    with opened(playwright, size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        yield page


def show(page: Page, service: RunningService, path: str, size: tuple[int, int], percent: int) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{service.url}{path}")
    page.locator("html[data-listening]").wait_for()
    page.evaluate("(percent) => { document.documentElement.style.fontSize = `${percent}%`; }", percent)


def payload_of_many(service: RunningService) -> str:
    with service.codes() as codes:
        parcel = codes.read(find_parcel, MANY[0])
        assert parcel is not None
        ticket = codes.read(ticket_of_holder, parcel.holder_id)
        assert ticket is not None
        assert ticket.code is not None
        return ticket.code.payload


@pytest.mark.parametrize("percent", [100, 130, 200])
@pytest.mark.parametrize("size", [SMALL, PHONE, LYING, TABLET, COUNTER, SCREEN])
def test_the_tools_stand_in_one_row_with_their_words(
    service: RunningService, page: Page, size: tuple[int, int], percent: int
) -> None:
    show(page, service, "/counter", size, percent)
    is_one_row, have_words, tools = page.evaluate(ONE_ROW)
    assert is_one_row
    assert have_words
    assert tools >= 5
    assert page.evaluate(OVERFLOW) == []


@pytest.mark.parametrize("percent", [100, 130, 200])
@pytest.mark.parametrize("size", [SMALL, PHONE, TABLET, COUNTER, SCREEN])
def test_the_keypad_is_whole_with_a_parcel_in_hand(
    service: RunningService, page: Page, size: tuple[int, int], percent: int
) -> None:
    show(page, service, "/counter", size, percent)
    assert page.evaluate(OUTSIDE, [".key", ".digit", ".slot"]) == []
    page.evaluate("document.documentElement.style.fontSize = '100%'")
    type_label(page, "SAMPLE0002")
    expect(page.locator("[data-parcels] .chip")).to_have_count(1)
    page.evaluate("(percent) => { document.documentElement.style.fontSize = `${percent}%`; }", percent)
    assert page.evaluate(OUTSIDE, [".key", ".digit"]) == []


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("size", [SMALL, PHONE, TABLET, COUNTER])
def test_no_page_is_cut_and_axe_finds_nothing(
    service: RunningService, page: Page, size: tuple[int, int], percent: int
) -> None:
    # Letters of the usual size are read in daylight, those of twice the size at night.
    theme: Literal["light", "dark"] = "light" if percent == 100 else "dark"
    page.emulate_media(color_scheme=theme)
    for path in PAGES:
        show(page, service, path, size, percent)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme, path
        assert page.evaluate(OVERFLOW) == [], path
        # Letters twice as large may scroll as a whole.
        assert percent == 200 or page.evaluate(STRAY) == [], path
        assert violations(page) == [], path


def test_what_is_seldom_needed_waits_behind_one_button_and_opens_by_keys(service: RunningService, desk: Page) -> None:
    show(desk, service, "/counter", PHONE, 100)
    expect(desk.get_by_role("link", name="Hand scanner")).to_be_hidden()
    desk.get_by_role("button", name="More").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("link", name="Hand scanner")).to_be_visible()
    expect(desk.locator("[data-language]")).to_be_visible()
    assert violations(desk) == []
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Hand scanner")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("link", name="Hand scanner")).to_be_hidden()
    show(desk, service, "/counter", COUNTER, 100)
    expect(desk.get_by_role("link", name="Hand scanner")).to_be_visible()
    expect(desk.get_by_role("button", name="More")).to_be_hidden()


def test_a_long_list_scrolls_and_says_how_much_is_below(service: RunningService, desk: Page) -> None:
    show(desk, service, "/counter", COUNTER, 100)
    scan(desk, payload_of_many(service))
    expect(desk.locator(".collection-row")).to_have_count(18)
    sign = desk.locator(".below")
    expect(sign).to_contain_text("more below")
    assert desk.evaluate(STRAY) == []
    assert desk.evaluate(OUTSIDE, ["[data-release]", "[data-cancel]"]) == []
    scan(desk, "MANY0017")
    expect(desk.locator("[data-reference=MANY0017]")).to_be_in_viewport()
    expect(sign).to_be_hidden()
    scan(desk, "MANY0000")
    expect(desk.locator("[data-reference=MANY0000]")).to_be_in_viewport()
    assert violations(desk) == []
    sign.click()
    expect(desk.locator("[data-reference=MANY0000]")).not_to_be_in_viewport()
    desk.locator("[data-cancel]").click()


@pytest.mark.parametrize("percent", [100, 130, 200])
def test_no_list_to_fetch_is_cut(service: RunningService, page: Page, percent: int) -> None:
    show(page, service, "/counter", COUNTER, 100)
    scan(page, payload_of_many(service))
    expect(page.locator(".collection-row")).to_have_count(18)
    scan(page, "SAMPLE0002")
    expect(page.locator(".collection-wrong")).to_be_visible()
    scan(page, "MANY0003")
    page.evaluate("(percent) => { document.documentElement.style.fontSize = `${percent}%`; }", percent)
    for width, height in (SMALL, PHONE, LYING, TABLET, COUNTER, SCREEN):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(OVERFLOW) == [], (width, height)
        if percent == 100:
            assert page.evaluate(STRAY) == [], (width, height)
        for choice in ("[data-release]", "[data-cancel]", "[data-fetch-typed]"):
            page.locator(choice).click(trial=True)
    page.evaluate("document.documentElement.style.fontSize = '100%'")
    page.locator("[data-cancel]").click()


def test_a_desks_camera_is_folded_away_and_one_tap_brings_it(
    service: RunningService, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> None:
    film = write_film(tmp_path_factory.mktemp("film") / "empty.y4m", [scene()])
    with opened(playwright, film=film, size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        expect(page.locator(".picture")).to_be_hidden()
        start_camera(page)
        expect(page.locator("html")).to_have_attribute("data-camera", "on")
        expect(page.locator(".picture video")).to_be_visible()
        page.get_by_role("button", name="Hide the camera").click()
        expect(page.locator(".picture")).to_be_hidden()
        expect(page.locator("html")).to_have_attribute("data-camera", "off")
        expect(page.locator("[data-fold]")).to_be_focused()


def test_a_tablet_shows_its_camera(page: Page, service: RunningService) -> None:
    show(page, service, "/counter", TABLET, 100)
    expect(page.locator(".picture")).to_be_visible()
    expect(page.locator("[data-fold]")).to_have_count(0)
