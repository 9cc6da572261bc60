"""At the counter: a hand scanner that types, on keyboards that garble what it types."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping

import pytest
from PIL import Image
from playwright.sync_api import CDPSession, Page, expect
from pyzbar.pyzbar import decode

from tests.browser.people import DESK, Letter, OpenBrowser, enrol, put_away, type_label, verdict
from tests.parts.running_service import RunningService

# What a page is told as `key` for the places of a US keyboard, where a hand scanner presses its keys.
GERMAN = {"KeyY": "z", "KeyZ": "y", "Minus": "ß", "Slash": "-"}
FRENCH = dict(zip((f"Digit{digit}" for digit in "1234567890"), "&é\"'(-è_çà", strict=True)) | {"KeyA": "q", "KeyM": ","}
LAYOUTS = {"german": GERMAN, "french": FRENCH}


def place_of(sign: str) -> str:
    """Return the place of a sign on a US keyboard, as UI Events' `code` names it."""
    if sign.isdigit():
        return f"Digit{sign}"
    return {"-": "Minus", "/": "Slash", ".": "Period"}.get(sign) or f"Key{sign.upper()}"


def scan(keyboard: CDPSession, text: str, layout: Mapping[str, str], *, end: str = "Enter") -> None:
    """Press keys as a hand scanner does, 5 ms apart, on the given layout."""
    now = time.time()
    presses = [(place_of(sign), layout.get(place_of(sign), sign.lower())) for sign in text]
    for number, (place, typed) in enumerate([*presses, *([(end, end)] if end else [])]):
        for kind in ("keyDown", "keyUp"):
            press = {"type": kind, "code": place, "key": typed, "timestamp": now + number * 0.005}
            keyboard.send("Input.dispatchKeyEvent", press)


def payload_of(letter: Letter) -> str:
    """Read the symbol as a hand scanner does."""
    return decode(Image.open(io.BytesIO(letter.symbol)).convert("L"))[0].data.decode()


@pytest.fixture
def counter(service: RunningService, open_browser: OpenBrowser) -> Iterator[Page]:
    """The counter's page on a desk computer without a camera."""
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        yield page


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_hand_scanner_needs_neither_a_focused_field_nor_a_certain_layout(
    counter: Page, sample: Letter, layout: str
) -> None:
    keyboard = counter.context.new_cdp_session(counter)
    scan(keyboard, payload_of(sample), LAYOUTS[layout])
    assert verdict(counter) == "accepted"
    put_away(counter)
    scan(keyboard, payload_of(sample), LAYOUTS[layout])
    assert verdict(counter) == "already_handed_over"


def test_a_label_with_letters_is_read_on_a_german_layout(counter: Page, sample: Letter) -> None:
    keyboard = counter.context.new_cdp_session(counter)
    scan(keyboard, "JZ-100/YZ7", GERMAN)
    expect(counter.locator("[data-parcels] .chip")).to_contain_text("JZ-100/YZ7")
    scan(keyboard, payload_of(sample), GERMAN)
    assert verdict(counter) == "other_parcel"


def test_a_scanner_that_ends_with_tab_or_with_nothing_is_heard_too(counter: Page, sample: Letter) -> None:
    keyboard = counter.context.new_cdp_session(counter)
    scan(keyboard, "SAMPLE0002", GERMAN, end="Tab")
    expect(counter.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0002")
    scan(keyboard, payload_of(sample), GERMAN, end="")
    assert verdict(counter) == "accepted"


def test_digits_typed_by_hand_fill_the_keypad(counter: Page, sample: Letter) -> None:
    type_label(counter, "SAMPLE0002")
    for digit in sample.digits:
        counter.keyboard.press(digit)
        counter.wait_for_timeout(120)
    counter.keyboard.press("Enter")
    assert verdict(counter) == "accepted"
