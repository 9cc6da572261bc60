"""Hand scanners that type: every speed, what they put around a text, and the page that tries them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import DESK, Letter, OpenBrowser, enrol, fetch, scan, verdict, violations
from tests.browser.test_counter import GERMAN, payload_of
from tests.parts.running_service import RunningService
from web.pages.handing import SCANNER_TEST

KEYS = """async ({ text, gaps, end }) => {
  const { WedgeReader } = await import("/static/js/lib/wedge.js");
  const told = [];
  const scans = [];
  const reader = new WedgeReader({ onScan: (scan) => scans.push(scan), onKey: (key) => told.push(key) });
  let now = 1000;
  [...text].forEach((sign, index) => {
    reader.press({ code: /\\d/.test(sign) ? `Digit${sign}` : `Key${sign}`, shiftKey: false }, now);
    const gap = gaps[index % gaps.length];
    for (let silence = 100; silence < gap; silence += 200) reader.wait(silence);
    now += gap;
  });
  if (end) reader.press({ code: end, shiftKey: false }, now);
  else { reader.wait(100); reader.wait(300); }
  return { scans, told };
}"""


@pytest.fixture
def counter(service: RunningService, open_browser: OpenBrowser) -> Iterator[Page]:
    """The counter's page on a desk computer without a camera."""
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        yield page


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


def test_a_slow_scanner_hands_over_and_leaves_nothing_on_the_keypad(counter: Page, sample: Letter) -> None:
    for sign in "]Q1" + payload_of(sample):
        counter.keyboard.press({"]": "BracketRight"}.get(sign) or (f"Digit{sign}" if sign.isdigit() else f"Key{sign}"))
        counter.wait_for_timeout(60)
    fetch(counter, "SAMPLE0002")
    assert verdict(counter) == "accepted"
    expect(counter.locator(".digits .digit").first).to_have_text("")


def test_the_page_that_tries_a_scanner_names_what_is_wrong_and_remembers_what_it_adds(
    service: RunningService, counter: Page, sample: Letter
) -> None:
    counter.goto(f"{service.url}/counter/scanner")
    counter.locator("html[data-listening]").wait_for()
    found = counter.locator("[data-works]")
    for text, words in {
        SCANNER_TEST.replace("Y", "!").replace("Z", "Y").replace("!", "Z"): "Wrong letters",
        SCANNER_TEST.replace("0123", "03"): "Signs are missing",
        "SAMPLE0002": "another symbol",
    }.items():
        scan(counter, text, GERMAN)
        expect(found).to_contain_text(words)
        expect(found).to_have_attribute("data-works", "false")
    scan(counter, f"XX{SCANNER_TEST}99", GERMAN, end="")
    expect(found).to_contain_text("The scanner works")
    expect(counter.locator("[data-found]")).to_contain_text("press Enter after each scan")
    assert violations(counter) == []
    counter.goto(f"{service.url}/counter")
    counter.locator("[data-hand] .slot").first.wait_for()
    scan(counter, f"XX{payload_of(sample)}99", GERMAN)
    fetch(counter, "SAMPLE0002")
    assert verdict(counter) == "accepted"
