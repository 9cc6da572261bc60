"""What happens to hurried people and their phones: taps that come twice, two pages, a full phone, a wrong clock."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from codes.accounts.devices import list_devices, revoke_device
from tests.parts.browser.people import (
    Letter,
    OpenBrowser,
    payload_of,
    put_away,
    ready,
    scan,
    type_digits,
    type_label,
    verdict,
    waits,
)
from tests.parts.browser.screens import OUTCOMES, SHOW
from tests.parts.running_service import RunningService

TAP_TWICE = "(each) => { each.click(); each.click(); }"
FULL = """() => {
  IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
}"""
A_DAY_MS = 86_400_000
WORDS_CUT = """() => {
  const place = [...document.querySelectorAll('.verdict-words')].at(-1);
  return place.scrollHeight > place.clientHeight + 1;
}"""
AHEAD = """(by) => {
  const now = Date.now;
  Date.now = () => now() + by;
}"""
KEPT = """import('/static/js/lib/device/store.js').then(({ get }) =>
  Promise.all(['tour-key', 'tour'].map((name) => get('device', name)))).then((kept) => kept.filter(Boolean).length)"""


def test_what_is_tapped_twice_opens_once(house: RunningService, open_browser: OpenBrowser, fresh: Letter) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        scan(page, fresh.reference)
        page.locator("[data-stop]").wait_for()
        for button, sheet in (("[data-stop]", "stop"), ("[data-visit]", "visit"), ("[data-card]", "card")):
            page.locator(button).evaluate(TAP_TWICE)
            page.locator(f"[data-sheet={sheet}]").first.wait_for()
            page.wait_for_timeout(300)
            expect(page.locator(f"[data-sheet={sheet}]")).to_have_count(1)
            page.locator("[data-close]").click()
        page.locator("[data-tour]").evaluate(TAP_TWICE)
        page.locator("[data-record]").last.evaluate(TAP_TWICE)
        page.wait_for_timeout(300)
        expect(page.locator("[data-sheet]")).to_have_count(2)


def test_the_record_opens_before_the_service_has_answered(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        held: list[Route] = []
        page.route("**/api/v1/handovers", lambda route: held.append(route))
        page.locator("[data-tour]").click()
        page.locator("[data-record]").click()
        expect(page.locator("[data-sheet=record] [role=status]")).to_have_text("Checking …")
        held[0].continue_()
        expect(page.locator("[data-sheet=record]")).to_contain_text("Nothing handed over yet")


def test_a_scan_takes_the_parcel_whatever_sheet_is_open(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        page.locator("[data-tour]").click()
        page.locator(".tour-row").wait_for()
        # The tap comes at the scan's first key, so that what the stop shows is read while the scan is taken.
        page.evaluate("addEventListener('keydown', () => document.querySelector('.tour-row').click(), { once: true })")
        scan(page, fresh.reference)
        expect(page.locator("[data-parcels] .chip")).to_contain_text(fresh.reference)
        expect(page.locator("[data-sheet]")).to_have_count(0)
        page.locator("[data-card]").click()
        scan(page, payload_of(fresh))
        assert verdict(page) == "accepted"
        put_away(page)
        # Typed by the scanner into the field for a label.
        type_label(page, fresh.reference)
        type_label(page, payload_of(fresh))
        assert verdict(page) == "already_handed_over"


def test_no_screen_goes_on_showing_the_stop_once_the_device_is_blocked(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        name = ready(page, house, fresh.reference)
        page.locator("[data-tour]").click()
        page.locator(".tour-row").click()
        page.locator("[data-sheet=stop]").wait_for()
        with house.codes() as codes:
            (device,) = (each for each in codes.read(list_devices) if each.name == name)
            codes.write(revoke_device, device.device_id)
        page.locator("[data-near]").click()
        assert verdict(page) == "device_revoked"
        put_away(page)
        expect(page.locator("[data-sheet]")).to_have_count(0)
        expect(page.locator("[data-banner=blocked]")).to_be_visible()


def test_the_shift_ends_for_every_page_of_the_phone_and_for_answers_under_way(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        other = phone.new_page()
        other.goto(f"{house.url}/driver")
        other.locator("html[data-carried='1']").wait_for(state="attached")
        other.locator("[data-tour]").click()
        other.locator(".tour-row").wait_for()
        page.bring_to_front()
        held: list[Route] = []
        page.route("**/api/v1/tour", lambda route: held.append(route))
        page.locator("[data-tour]").click()
        page.locator("[data-end]").click()
        page.locator("[data-end-now]").click()
        expect(page.locator("[data-progress]")).to_have_text("")
        expect(other.locator("[data-progress]")).to_have_text("")
        expect(other.locator("[data-sheet]")).to_have_count(0)
        with page.expect_response("**/api/v1/tour"):
            for route in held:
                route.continue_()
        page.wait_for_timeout(500)
        expect(page.locator("[data-progress]")).to_have_text("")
        assert page.evaluate(KEPT) == 0


def test_a_phone_whose_session_is_over_learns_it_on_opening_and_in_its_own_language(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        phone.clear_cookies()
        page.reload()
        expect(page.locator("[data-key-lost]")).to_contain_text("Ask for a new link")
        expect(page.locator("[data-progress]")).to_have_text("")
        type_label(page, fresh.reference)
        type_digits(page, fresh.digits)
        assert verdict(page) == "refused"
        expect(page.locator(".verdict-detail")).to_contain_text("Ask for a new link")


def test_the_words_of_a_verdict_stay_in_their_place_when_the_phone_is_turned(
    house: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house)
        page.goto(f"{house.url}/driver?lang=hu")
        page.locator("html[data-carried]").wait_for(state="attached")
        cut = []
        for outcome in OUTCOMES:
            page.set_viewport_size({"width": 844, "height": 390})
            page.evaluate(SHOW, [outcome, "el"])
            for width, height in ((360, 640), (640, 360)):
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(100)
                cut += [f"{outcome} {width}"] if page.evaluate(WORDS_CUT) else []
        assert cut == []


def opened_with(page: Page, script: str, argument: object = "") -> None:
    """Open the page anew on a phone that is as this script makes it."""
    page.add_init_script(f"({script})({argument})")
    page.reload()
    page.locator("[data-banners]").wait_for(state="attached")
    page.locator("html[data-carried]").wait_for(state="attached")


def test_a_clock_that_is_a_day_ahead_leaves_the_driver_his_tour(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        opened_with(page, AHEAD, A_DAY_MS)
        expect(page.locator("[data-clock]")).to_contain_text("+1 d")
        expect(page.locator("[data-progress]")).to_have_text("0/1")
        phone.set_offline(True)
        scan(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_hand_over"
        phone.set_offline(False)
        put_away(page)
        waits(page, 0)


def test_a_full_phone_hands_over_with_the_network_and_says_what_it_lacks_without(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        opened_with(page, FULL)
        expect(page.locator("[data-progress]")).to_have_text("0/1")
        phone.set_offline(True)
        scan(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "refused"
        expect(page.locator(".verdict-detail")).to_contain_text("no room")
        put_away(page)
        page.locator("[data-tour]").click()
        page.locator(".tour-row").click()
        page.locator("[data-not-handed-over]").click()
        page.locator("[data-reason=nobody_home]").click()
        expect(page.locator("[data-sheet=visit] [role=alert]")).to_contain_text("no room")
        page.locator("[data-sheet=visit] [data-close]").click()
        page.locator("[data-sheet=tour] [data-close]").click()
        phone.set_offline(False)
        expect(page.locator("[data-banner=offline]")).to_be_hidden()
        type_label(page, fresh.reference)
        type_digits(page, fresh.digits)
        assert verdict(page) == "accepted"
