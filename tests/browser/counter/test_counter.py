"""At the counter: a hand scanner that types, on keyboards that garble what it types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.parts.browser.chromium import opened
from tests.parts.browser.people import (
    DESK,
    GERMAN,
    Letter,
    OpenBrowser,
    enrol,
    fetch,
    payload_of,
    put_away,
    sample_letter,
    scan,
    type_label,
    verdict,
)
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service

# What a page is told as `key` for the places of a US keyboard, where a hand scanner presses its keys.
FRENCH = dict(zip((f"Digit{digit}" for digit in "1234567890"), "&é\"'(-è_çà", strict=True)) | {"KeyA": "q", "KeyM": ","}
LAYOUTS = {"german": GERMAN, "french": FRENCH}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service whose sample parcels lie at the counter; each test hands another one over."""
    with running_service(tmp_path_factory.mktemp("counter"), "--demo") as running:
        taken_in(running, "SAMPLE0002", "SAMPLE0003", "SAMPLE0004", "SAMPLE0005")
        yield running


@pytest.fixture(scope="module")
def counter(service: RunningService, playwright: Playwright) -> Iterator[Page]:
    """The counter's page on a desk computer without a camera."""
    with opened(playwright, size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        yield page


@pytest.mark.parametrize(("layout", "reference"), [("german", "SAMPLE0002"), ("french", "SAMPLE0003")])
def test_a_hand_scanner_needs_neither_a_focused_field_nor_a_certain_layout(
    service: RunningService, counter: Page, layout: str, reference: str
) -> None:
    code = payload_of(sample_letter(service, reference))
    scan(counter, code, LAYOUTS[layout])
    fetch(counter, reference)
    assert verdict(counter) == "accepted"
    put_away(counter)
    scan(counter, code, LAYOUTS[layout])
    assert verdict(counter) == "already_handed_over"
    put_away(counter)


def test_a_label_with_letters_is_read_on_a_german_layout(service: RunningService, counter: Page) -> None:
    scan(counter, "JZ-100/YZ7", GERMAN)
    expect(counter.locator("[data-remark=unknown_parcel]")).to_contain_text("JZ-100/YZ7")
    scan(counter, payload_of(sample_letter(service, "SAMPLE0004")), GERMAN)
    expect(counter.locator(".collection-wrong")).to_contain_text("JZ-100/YZ7")
    counter.locator("[data-cancel]").click()


def test_a_scanner_that_ends_with_tab_or_with_nothing_is_heard_too(service: RunningService, counter: Page) -> None:
    scan(counter, "SAMPLE0005", GERMAN, end="Tab")
    expect(counter.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0005")
    scan(counter, payload_of(sample_letter(service, "SAMPLE0005")), GERMAN, end="")
    assert verdict(counter) == "accepted"
    put_away(counter)


def test_digits_typed_by_hand_fill_the_keypad(service: RunningService, counter: Page) -> None:
    type_label(counter, "SAMPLE0004")
    for digit in sample_letter(service, "SAMPLE0004").digits:
        counter.keyboard.press(digit)
        counter.wait_for_timeout(120)
    counter.keyboard.press("Enter")
    assert verdict(counter) == "accepted"


def test_a_counter_whose_browser_threw_its_key_away_says_so(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    words = "This device has to be set up again. Ask for a new link."
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, house, "counter", "en")
        page.evaluate("import('/static/js/lib/device/store.js').then(({ remove }) => remove('device', 'self'))")
        page.reload()
        page.locator("html[data-listening]").wait_for()
        expect(page.locator("[data-key-lost]")).to_have_text(words)
        scan(page, payload_of(fresh))
        assert verdict(page) == "refused"
        expect(page.locator(".verdict-detail")).to_have_text(words)
