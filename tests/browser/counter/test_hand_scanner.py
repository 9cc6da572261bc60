"""Hand scanners that type: every speed, what they put around a text, and the page that tries them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.people import (
    DESK,
    FRENCH,
    GERMAN,
    Letter,
    OpenBrowser,
    enrol,
    fetch,
    payload_of,
    place_of,
    sample_letter,
    scan,
    scan_into_field,
    verdict,
    violations,
)
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService
from web.devices.pages import SCANNER_TEST

TABLET = {"width": 820, "height": 1180}

KEYS = """async ({ text, gaps, end }) => {
  const { WedgeReader } = await import("/static/js/lib/scanning/wedge.js");
  const told = [];
  const scans = [];
  const reader = new WedgeReader({ onScan: (scan) => scans.push(scan), onKey: (key) => told.push(key) });
  let now = 1000;
  [...text].forEach((sign, index) => {
    reader.press({ code: /\\d/.test(sign) ? `Digit${sign}` : `Key${sign}`, shiftKey: false }, now);
    const gap = gaps[index % gaps.length];
    for (let silence = 100; silence < gap; silence += 200) reader.wait(silence, now + silence);
    now += gap;
  });
  if (end) reader.press({ code: end, shiftKey: false }, now);
  else { reader.wait(100, now); reader.wait(300, now); }
  return { scans, told };
}"""


@pytest.fixture
def counter(house: RunningService, open_browser: OpenBrowser, fresh: Letter) -> Iterator[Page]:
    """The counter's page on a desk computer without a camera."""
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, house, "counter", "en")
        taken_in(house, fresh.reference)
        yield page


ANDROID = """async ([signs, end]) => {
  for (const key of [...signs, ...(end ? [end] : [])]) {
    dispatchEvent(new KeyboardEvent("keydown", { code: "", key, bubbles: true, cancelable: true }));
  }
}"""
INPUT_METHOD = """(text) => {
  const field = document.activeElement;
  field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
  for (let length = 1; length <= text.length; length += 1) {
    field.value = text.slice(0, length);
    field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true, data: field.value }));
  }
  field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: text }));
}"""
BY_ALT = """(signs) => {
  const timeStamp = performance.now();
  const press = (kind, code, key, altKey) => {
    const event = new KeyboardEvent(kind, { code, key, altKey, bubbles: true, cancelable: true });
    document.body.dispatchEvent(Object.defineProperty(event, "timeStamp", { value: timeStamp }));
  };
  for (const number of signs) {
    press("keydown", "AltLeft", "Alt", true);
    for (const digit of number) for (const kind of ["keydown", "keyup"]) press(kind, `Numpad${digit}`, digit, true);
    press("keyup", "AltLeft", "Alt", false);
  }
}"""
THEN_A_SHORTCUT = """([signs, [code, key, ctrlKey]]) => {
  const timeStamp = performance.now();
  const press = (keys) => {
    const event = new KeyboardEvent("keydown", { ...keys, bubbles: true, cancelable: true });
    return document.body.dispatchEvent(Object.defineProperty(event, "timeStamp", { value: timeStamp }));
  };
  for (const [place, sign] of [...signs, ["Enter", "Enter"]]) press({ code: place, key: sign });
  return !press({ code, key, ctrlKey });
}"""


def type_by_alt(page: Page, text: str) -> None:
    """Type as a scanner in ALT mode does, as fast as one, however busy the machine is."""
    page.evaluate(BY_ALT, [f"{ord(sign):04d}" for sign in text])


def typed(page: Page, text: str, gaps: list[float], end: str) -> dict[str, Any]:
    """Return what a text typed with these gaps (milliseconds) becomes: scans, and keys of a person."""
    return dict(page.evaluate(KEYS, {"text": text, "gaps": gaps, "end": end}))


def test_a_scanner_is_told_from_a_hand_at_every_speed_and_with_every_ending(counter: Page) -> None:
    payload = "7310123456789012345678901234567890"
    for per_second in (5, 8, 12, 20, 21, 50, 100, 200):
        gap = 1000 / per_second
        for end in ("Enter", "Tab", ""):
            found = typed(counter, payload, [gap, gap * 1.2, gap * 0.8], end)
            assert found["scans"] == [payload], (per_second, end)
            kept = len([key for key in found["told"] if key != "Backspace"])
            assert found["told"].count("Backspace") == kept, (per_second, end)
        assert typed(counter, "AB12", [gap], "Enter")["scans"] == ["AB12"], per_second
    by_hand = typed(counter, "483920", [150, 260, 180], "Enter")
    assert by_hand == {"scans": [], "told": [*"483920", "Enter"]}


def test_a_slow_scanner_hands_over_and_leaves_nothing_on_the_keypad(counter: Page, fresh: Letter) -> None:
    scan(counter, "]Q1" + payload_of(fresh), end="", gap_ms=60)
    fetch(counter, fresh.reference)
    assert verdict(counter) == "accepted"
    expect(counter.locator(".digits .digit").first).to_have_text("")


def test_the_page_that_tries_a_scanner_names_what_is_wrong_and_remembers_what_it_adds(
    house: RunningService, counter: Page, fresh: Letter
) -> None:
    counter.goto(f"{house.url}/counter/scanner")
    counter.locator("html[data-listening]").wait_for()
    found = counter.locator("[data-works]")
    for text, words in {
        SCANNER_TEST.replace("Y", "!").replace("Z", "Y").replace("!", "Z"): "Wrong letters",
        SCANNER_TEST.replace("0123", "03"): "Characters are missing",
        "SAMPLE0002": "another symbol",
    }.items():
        scan(counter, text, GERMAN)
        expect(found).to_contain_text(words)
        expect(found).to_have_attribute("data-works", "false")
    scan(counter, f"XX{SCANNER_TEST}99", GERMAN, end="")
    expect(found).to_contain_text("The scanner works")
    expect(counter.locator("[data-found]")).to_contain_text("press Enter after each scan")
    assert violations(counter) == []
    counter.goto(f"{house.url}/counter")
    counter.locator("[data-hand] .slot").first.wait_for()
    # Also into a field, where a French keyboard has written other signs.
    counter.locator("[data-type]").click()
    scan_into_field(counter, f"XX{payload_of(fresh)}99", FRENCH)
    fetch(counter, fresh.reference)
    assert verdict(counter) == "accepted"


def test_a_scanner_in_alt_mode_hands_over(counter: Page, fresh: Letter) -> None:
    type_by_alt(counter, payload_of(fresh) + "\r")
    fetch(counter, fresh.reference)
    assert verdict(counter) == "accepted"
    expect(counter.locator(".digits .digit").first).to_have_text("")


def test_keys_without_a_place_and_an_input_method_are_heard_on_a_tablet(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(service, "SAMPLE0005")
    with open_browser(size=TABLET, touch=True) as tablet:
        page = tablet.new_page()
        enrol(page, service, "counter", "en")
        taken_in(service, "SAMPLE0005")
        page.evaluate(ANDROID, ["sample0005", "Enter"])
        expect(page.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0005")
        page.locator("[data-parcels] .chip button").tap()
        expect(page.locator("[data-catcher]")).to_be_focused()
        page.evaluate(INPUT_METHOD, payload_of(letter))
        expect(page.locator("[data-collection]")).to_be_visible()
        page.evaluate(INPUT_METHOD, "SAMPLE0005")
        assert verdict(page) == "accepted"
        assert violations(page) == []


@pytest.mark.parametrize(("shortcut", "named"), [(["KeyJ", "j", True], "Ctrl+J"), (["F12", "F12", False], "F12")])
def test_a_shortcut_after_a_scan_is_held_back_and_named_where_scanners_are_tried(
    house: RunningService, counter: Page, shortcut: list[object], named: str
) -> None:
    counter.goto(f"{house.url}/counter/scanner")
    counter.locator("html[data-listening]").wait_for()
    for kind in ("On Android", "ALT mode", "Ctrl+J"):
        expect(counter.locator(".scanner-notes")).to_contain_text(kind)
    signs = [(place_of(sign), sign.lower()) for sign in SCANNER_TEST]
    assert counter.evaluate(THEN_A_SHORTCUT, [signs, shortcut])
    expect(counter.locator("[data-held]")).to_contain_text(named)
    type_by_alt(counter, SCANNER_TEST)
    expect(counter.locator("[data-found]")).to_contain_text("ALT mode")
    expect(counter.locator("[data-works]")).to_have_attribute("data-works", "true")
