"""Every screen of the driver's page: for everybody, in every language, on the smallest phone; and practice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, ViewportSize, expect

from codes.values.symbols import label_png, qr_png
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.chromium import opened
from tests.parts.browser.people import (
    OpenBrowser,
    announce,
    carry,
    enrol,
    put_away,
    sample_letter,
    scan,
    start_camera,
    type_digits,
    type_label,
    verdict,
    violations,
)
from tests.parts.browser.screens import (
    CUT_LETTERS,
    HEIGHTS,
    LIST,
    OUTCOMES,
    OUTSIDE,
    OVERFLOW,
    SMALL_TARGETS,
    SWEEP,
    screens,
    verdicts,
)
from tests.parts.running_service import RunningService
from web.i18n import offered
from web.office.house.posters import PRACTICE_LABEL, PRACTICE_PAYLOAD

SMALLEST = {"width": 360, "height": 640}
MIDDLES = """(parts) => [...document.querySelectorAll(parts)].map((each) => {
  const { top, bottom } = each.getBoundingClientRect();
  return (top + bottom) / 2;
})"""


@pytest.fixture(scope="module")
def phone(house: RunningService, playwright: Playwright) -> Iterator[Page]:
    """The page of a driver with a tour, a handover and a visit, on the smallest phone."""
    with opened(playwright, size=SMALLEST) as browser:
        page = browser.new_page()
        enrol(page, house, "driver", "en", name="Screens")
        announce(house, "SCREENS001", name="Maximiliane-Eleonore von Hohenlohe-Waldenburg-Schillingsfürst " * 3)
        carry(house, *(f"SAMPLE{number:04d}" for number in (1, 4, 5, 6, 7, 8)), "SCREENS001", device="Screens")
        page.reload()
        page.locator("html[data-carried='7']").wait_for(state="attached")
        type_label(page, "SAMPLE0005")
        type_digits(page, sample_letter(house, "SAMPLE0005").digits)
        assert verdict(page) == "accepted"
        put_away(page)
        type_label(page, "SAMPLE0006")
        page.locator("[data-visit]").click()
        page.locator("[data-reason=no_code]").click()
        yield page


def test_nobody_is_shut_out_of_any_screen(phone: Page) -> None:
    found = {}
    for name in screens(phone):
        found[name] = [*violations(phone, "html"), *phone.evaluate(SMALL_TARGETS)]
    for name in verdicts(phone, "ar"):
        found[name] = [*violations(phone, ".verdict"), *phone.evaluate(SMALL_TARGETS)]
    assert {name: each for name, each in found.items() if each} == {}
    # Twice as large letters stay within the page.
    phone.evaluate("document.documentElement.style.fontSize = '200%'")
    wide = {name: phone.evaluate(OVERFLOW) for name in screens(phone)}
    assert {name: each for name, each in wide.items() if each} == {}
    phone.evaluate("document.documentElement.style.fontSize = ''")


def test_no_word_of_any_language_is_cut_off_on_the_smallest_phone(phone: Page, house: RunningService) -> None:
    wide = {}
    for language in offered():
        phone.goto(f"{house.url}/driver?lang={language.code}")
        phone.locator("[data-hand] .slot").first.wait_for()
        for name, sticking_out in phone.evaluate(SWEEP, OUTCOMES).items():
            wide[f"{language.code} {name}"] = sticking_out
    assert wide == {}


def cut_at_any_size(phone: Page, in_letters_of_this_size: list[str]) -> dict[str, list[str]]:
    """Turn the phone, take others and make the letters larger; return what is then cut, too small or out of line."""
    found = {}
    for width, height in ((360, 640), (390, 844), (640, 360), (844, 390), (820, 1180), (1280, 800)):
        phone.set_viewport_size({"width": width, "height": height})
        for percent in (100, 130, 200):
            phone.evaluate("(percent) => { document.documentElement.style.fontSize = `${percent}%`; }", percent)
            middles = phone.evaluate(MIDDLES, ".bar > :is(button, label)")
            parts = [".bar", ".picture", ".tool", ".hand", ".digit", ".key"]
            parts += in_letters_of_this_size if percent == 100 else []
            cut = [f"letters cut: {each}" for each in phone.evaluate(CUT_LETTERS, ".stop-line, .chip")]
            cut += [*phone.evaluate(OUTSIDE, parts), *phone.evaluate(OVERFLOW), *phone.evaluate(SMALL_TARGETS)]
            cut += [f"header at {middles}"] if max(middles) - min(middles) > 4 else []
            phone.evaluate(LIST)
            cut += phone.evaluate(OUTSIDE, [".verdict-word", ".verdict-step", ".verdict-go"])
            phone.evaluate("listing.close()")
            heights = phone.evaluate(HEIGHTS, OUTCOMES)
            cut += [f"verdicts apart by {heights}"] if max(heights) > 2 else []
            if cut:
                found[f"{width}x{height} {percent} %"] = cut
    phone.set_viewport_size(ViewportSize(width=SMALLEST["width"], height=SMALLEST["height"]))
    phone.evaluate("document.documentElement.style.fontSize = ''")
    return found


def test_the_keypad_is_whole_and_the_next_step_in_sight_at_every_size_of_screen_and_text(
    phone: Page, house: RunningService
) -> None:
    for hand, parts in (
        (("SAMPLE0001", "SAMPLE0004", "SCREENS001"), [".stop-line", ".chip", "[data-type]"]),
        (("SAMPLE0007",), [".stop-line", "[data-tap]"]),
    ):
        phone.goto(f"{house.url}/driver?lang=de")
        phone.locator("html[data-carried='7']").wait_for(state="attached")
        for reference in hand:
            scan(phone, reference)
            phone.locator(f"[data-put-down={reference}]").wait_for()
        expect(phone.locator("[data-stop]")).to_be_visible()
        assert cut_at_any_size(phone, parts) == {}, hand
        phone.emulate_media(color_scheme="dark")
        found = violations(phone)
        phone.locator("[data-stop]").click()
        found += violations(phone)
        phone.emulate_media(color_scheme="light")
        assert [*found, *violations(phone)] == [], hand


def test_the_keypad_is_whole_below_the_banners(phone: Page, house: RunningService) -> None:
    phone.goto(f"{house.url}/driver?lang=de")
    phone.locator("html[data-carried='7']").wait_for(state="attached")
    phone.context.set_offline(True)
    scan(phone, "SAMPLE0008")
    phone.locator("[data-put-down=SAMPLE0008]").wait_for()
    phone.locator("[data-visit]").click()
    phone.locator("[data-reason=nobody_home]").click()
    expect(phone.locator("[data-banner=offline]")).to_be_visible()
    expect(phone.locator("[data-pending]")).to_be_visible()
    expect(phone.locator("[data-undo]")).to_have_count(0)
    assert cut_at_any_size(phone, [".slot"]) == {}
    phone.context.set_offline(False)
    expect(phone.locator("[data-pending]")).to_be_hidden()


def test_setting_up_and_being_turned_away_are_for_everybody_too(house: RunningService, playwright: Playwright) -> None:
    with opened(playwright, size=SMALLEST, locale="en-GB") as browser:
        page = browser.new_page()
        for path in ("/enrol#sample", "/driver"):
            page.goto(f"{house.url}{path}")
            page.locator("h1").wait_for()
            assert [*violations(page, "html"), *page.evaluate(OVERFLOW), *page.evaluate(SMALL_TARGETS)] == []


def test_practice_needs_no_words_and_tells_the_service_nothing(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    poster = [scene(label_png(PRACTICE_LABEL)), scene(qr_png(PRACTICE_PAYLOAD))]
    with open_browser(film=write_film(tmp_path / "poster.y4m", poster)) as browser:
        page = browser.new_page()
        enrol(page, house, "driver", "en", name="Learner")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
        # The poster's label starts it, and its code ends the first round.
        start_camera(page)
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-practice")).to_have_text("Practice")
        page.evaluate("document.querySelector('video').srcObject.getTracks().forEach((track) => track.stop())")
        put_away(page)
        page.locator("[data-step=label] [data-thing]").click()
        type_digits(page, "654321")
        assert verdict(page) == "wrong_code"
        put_away(page)
        page.locator("[data-step=visit] [data-thing]").click()
        page.locator("[data-reason=refused]").click()
        page.locator("[data-step=end] [data-thing]").click()
        expect(page.locator(".practice")).to_be_hidden()
        expect(page.locator("[data-pending]")).to_be_hidden()
        assert [url for url in asked if "/frames" not in url] == []
        # A real parcel ends practice at once.
        page.locator("[data-practice]").click()
        scan(page, "SAMPLE0004")
        expect(page.locator(".practice")).to_be_hidden()
        expect(page.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0004")


def test_sound_and_motion_can_be_turned_off_and_stay_off(house: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.add_init_script(
            """window.notes = 0; window.shakes = 0;
            const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (...when) { window.notes++; return start.apply(this, when); };
            navigator.vibrate = () => { window.shakes++; return true; };"""
        )
        enrol(page, house, "driver", "en", name="Quiet")
        type_label(page, "SAMPLE0001")
        assert page.evaluate("[notes > 0, shakes > 0]") == [True, True]
        page.locator("[data-tour]").click()
        for name in ("sound", "motion"):
            page.locator(f"[data-toggle={name}]").click()
            expect(page.locator(f"[data-toggle={name}]")).to_have_attribute("aria-pressed", "false")
        page.reload()
        type_label(page, "SAMPLE0001")
        expect(page.locator("[data-parcels] .chip")).to_have_count(1)
        assert page.evaluate("[notes, shakes]") == [0, 0]
        expect(page.locator("html[data-still]")).to_have_count(1)
