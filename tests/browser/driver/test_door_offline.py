"""At the door without network: the page starts, judges by what it carries, and sends later what waits, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from playwright.sync_api import Page, Playwright, Route, ViewportSize, expect

from codes.values.symbols import label_png
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.chromium import CHROMIUM, QUIET
from tests.parts.browser.people import (
    DESK,
    Letter,
    OpenBrowser,
    announce,
    confirm,
    enrol,
    payload_of,
    put_away,
    ready,
    sample_letter,
    scan,
    sign_in,
    start_camera,
    type_digits,
    type_label,
    verdict,
    waits,
)
from tests.parts.running_service import RunningService, running_service

KEEP_VISITS = """async ([reference, times]) => {
  const { put } = await import('/static/js/lib/device/store.js');
  for (let time = 0; time < times; time++) {
    const visit = { visit_id: crypto.randomUUID(), reference, reason: 'nobody_home', place: null, held_until: 0 };
    await put('visits', visit.visit_id, { ...visit, attempted_at: new Date().toISOString() });
  }
}"""

KEEP_CONFLICT = """import('/static/js/lib/device/store.js').then(({ put }) =>
  put('untold', 'late', { id: 'late', outcome: 'conflict', parcels: [] }))"""
KEPT_CONFLICTS = """import('/static/js/lib/device/store.js').then(({ all }) =>
  all('untold')).then(({ length }) => length)"""


def handed_over(house: RunningService, reference: str) -> str | None:
    """Return when the service says the parcel was handed over."""
    key = house.key_of("Asker")
    answer = httpx.get(
        f"{house.url}/api/v1/parcels/{reference}", headers={"Authorization": f"Bearer {key}"}, timeout=60
    )
    moment: str | None = answer.json()["handed_over_at"]
    return moment


def test_the_page_starts_judges_and_catches_up_with_the_network_cut(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(label_png(fresh.reference)), scene(fresh.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        phone.set_offline(True)
        page.goto(f"{house.url}/driver")
        start_camera(page)
        assert verdict(page) == "offline_hand_over"
        assert page.evaluate("document.documentElement.dataset.engine") == "zxing"
        expect(page.locator(".verdict-word")).to_have_text("Code recognised")
        put_away(page)
        waits(page, 1)
        assert handed_over(house, fresh.reference) is None
        phone.set_offline(False)
        waits(page, 0)
        assert handed_over(house, fresh.reference) is not None


def test_what_this_phone_gave_away_is_told_once_whatever_is_on_the_screen(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    told: list[Any] = []
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        phone.set_offline(True)
        for outcome in ("offline_hand_over", "already_handed_over"):
            type_label(page, fresh.reference)
            scan(page, payload_of(fresh))
            assert verdict(page) == outcome
            if outcome == "offline_hand_over":
                put_away(page)
        page.on("response", lambda answer: told.append(answer) if "/verifications" in answer.url else None)
        phone.set_offline(False)
        waits(page, 0)
        page.wait_for_timeout(1000)
        assert [(each.request.post_data_json["offline"], each.json()["outcome"]) for each in told] == [
            (True, "accepted")
        ]
        assert verdict(page) == "already_handed_over"


def test_digits_are_said_at_once_to_need_the_network(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        phone.set_offline(True)
        type_label(page, fresh.reference)
        type_digits(page, fresh.digits)
        assert verdict(page) == "offline_digits"
        page.locator(".verdict-later").click()
        waits(page, 0)
        type_label(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_hand_over"


def test_a_code_of_another_parcel_is_never_said_to_fit(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    announce(house, other := f"{fresh.reference}-OTHER")
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, other)
        phone.set_offline(True)
        type_label(page, other)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_unchecked"


@pytest.fixture
def waiting_service(tmp_path: Path) -> Iterator[RunningService]:
    """A house that lets nothing go without an answer."""
    with running_service(tmp_path, "--demo", codes={"offline": "wait"}) as running:
        yield running


def test_where_the_house_says_so_the_driver_waits_for_the_network(
    waiting_service: RunningService, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(waiting_service, "SAMPLE0002")
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, waiting_service, letter.reference)
        phone.set_offline(True)
        type_label(page, letter.reference)
        scan(page, payload_of(letter))
        assert verdict(page) == "offline_wait"
        page.locator(".verdict-go").click()
        assert verdict(page) == "offline_wait"
        phone.set_offline(False)
        page.locator(".verdict-green").wait_for()


def test_a_lost_reply_and_a_killed_service_make_one_handover(
    service: RunningService, open_browser: OpenBrowser, sample: Letter
) -> None:
    sent: list[str] = []

    def judge_and_die(route: Route) -> None:
        sent.append(cast(dict[str, str], route.request.post_data_json)["presentation_id"])
        if len(sent) == 1:
            route.fetch()
            service.kill()
            route.abort()
        else:
            route.continue_()

    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, sample.reference)
        phone.route("**/api/v1/verifications", judge_and_die)
        type_label(page, sample.reference)
        scan(page, payload_of(sample))
        assert verdict(page) == "offline_hand_over"
        put_away(page)
        waits(page, 1)
        service.start()
        waits(page, 0)
        expect(page.locator(".verdict")).to_have_count(0)
        assert len(sent) > 1
        assert len(set(sent)) == 1
        assert handed_over(service, sample.reference) is not None


def test_what_waits_survives_a_closed_browser(
    house: RunningService, playwright: Playwright, tmp_path: Path, fresh: Letter
) -> None:
    def opened() -> Page:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=list(QUIET),
            viewport=ViewportSize(width=390, height=844),
            locale="en-GB",
        )
        return context.new_page()

    page = opened()
    ready(page, house, fresh.reference)
    page.context.set_offline(True)
    type_label(page, fresh.reference)
    scan(page, payload_of(fresh))
    assert verdict(page) == "offline_hand_over"
    put_away(page)
    waits(page, 1)
    page.context.close()
    again = opened()
    with again.expect_response("**/api/v1/verifications"):
        again.goto(f"{house.url}/driver")
    waits(again, 0)
    assert handed_over(house, fresh.reference) is not None
    again.context.close()


def test_a_handover_that_met_a_withdrawn_code_is_told_with_its_conflict(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        phone.set_offline(True)
        key = house.key_of("Shop")
        address = f"{house.url}/api/v1/parcels/{fresh.reference}/block"
        httpx.post(address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        type_label(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_hand_over"
        put_away(page)
        phone.set_offline(False)
        assert verdict(page) == "conflict"
        expect(page.locator(".verdict-reference")).to_have_text(fresh.reference)
        put_away(page)
        waits(page, 0)


def test_a_question_that_got_lost_counts_at_the_time_it_was_asked_with_what_changed_since(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        page.route("**/api/v1/verifications", lambda route: route.abort())
        type_label(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_hand_over"
        handed = datetime.now(UTC)
        key = house.key_of("Shop")
        address = f"{house.url}/api/v1/parcels/{fresh.reference}/block"
        httpx.post(address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        put_away(page)
        page.unroute("**/api/v1/verifications")
        waits(page, 0)
        assert verdict(page) == "conflict"
        assert datetime.fromisoformat(handed_over(house, fresh.reference) or "") < handed


def test_a_phone_set_up_anew_first_sends_what_it_owes_and_forgets_the_rest(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        announce(house, other := f"{fresh.reference}-OTHER")
        ready(page, house, fresh.reference, other)
        page.route("**/api/v1/verifications", lambda route: route.abort())
        type_label(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_hand_over"
        page.unroute("**/api/v1/verifications")
        page.evaluate("localStorage.setItem('doorcode-shift-ended', '1')")
        page.evaluate(KEEP_CONFLICT)
        # A link that was used before makes no other device of it, takes nothing away, and is not the last that helps.
        page.goto(f"{house.url}/enrol#used")
        page.locator("button[value=en]").click()
        expect(page.locator("[data-trouble]")).to_contain_text("Ask for a new one")
        assert page.evaluate(KEPT_CONFLICTS) == 1
        enrol(page, house, "driver", "en", name="Another driver")
        assert page.evaluate(KEPT_CONFLICTS) == 0
        page.locator("html[data-carried='0']").wait_for(state="attached")
        assert handed_over(house, fresh.reference) is not None
        page.locator("[data-tour]").click()
        expect(page.locator("[data-end]")).to_be_visible()
        expect(page.locator(".tour-row")).to_have_count(0)


def test_what_waits_outlives_the_session_and_is_sent_by_the_device_that_the_phone_becomes(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    """Of more visits to one recipient than a day has room for, those beyond are only counted, and hold up none."""
    announce(house, visited := f"{fresh.reference}-VISITED")
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference, visited)
        page.evaluate(KEEP_VISITS, [visited, 0])  # Without network the module could not come.
        phone.set_offline(True)
        type_label(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_hand_over"
        put_away(page)
        page.evaluate(KEEP_VISITS, [visited, 7])
        phone.clear_cookies()
        # Some network wants its own sign-in first; then the service is reached, and knows this phone no more.
        refused = {"status": 403, "body": "<h1>Please accept our terms</h1>"}
        page.route("**/api/v1/**", lambda route: route.fulfill(**refused))
        phone.set_offline(False)
        waits(page, 8)
        page.wait_for_function("document.documentElement.dataset.network === 'gone'")
        page.unroute("**/api/v1/**")
        page.locator("[data-pending]").click()
        expect(page.locator("[data-key-lost]")).to_contain_text("is kept until then")
        waits(page, 8)
        enrol(page, house, "driver", "en", name="The same phone")
        expect(page.locator("[data-pending-count]")).to_have_text("0")
        assert handed_over(house, fresh.reference) is not None
        page.locator("[data-tour]").click()
        page.locator("[data-record]").click()
        expect(page.locator(".sheet-record .record-row")).to_have_count(1 + 6)


def test_two_taps_make_one_presentation(house: RunningService, open_browser: OpenBrowser, fresh: Letter) -> None:
    sent: list[str] = []
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.on("request", lambda request: sent.append(request.url) if "verifications" in request.url else None)
        type_label(page, fresh.reference)
        for digit in fresh.digits:
            page.locator(".key", has_text=digit).click()
        page.locator(".key-go").dblclick(force=True, no_wait_after=True)
        assert verdict(page) == "accepted"
        assert len(sent) == 1


def test_a_revoked_device_forgets_what_it_carried(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone, open_browser(size=DESK, locale="en-GB") as desk:
        page, office = phone.new_page(), desk.new_page()
        name = ready(page, house, fresh.reference)
        sign_in(office, house)
        office.goto(f"{house.url}/office/devices")
        key = "import('/static/js/lib/device/store.js').then(({ get }) => get('device', 'tour-key'))"
        exported = f"{key}.then((key) => crypto.subtle.exportKey('raw', key)).then(() => 'out', () => 'kept in')"
        assert page.evaluate(exported) == "kept in"
        confirm(office, f"Block {name}")
        expect(office.locator("tr", has_text=name).locator(".badge-bad")).to_have_text("Blocked")
        page.reload()
        page.locator("html[data-carried='0']").wait_for(state="attached")
        assert page.evaluate(key) is None
        assert verdict(page) == "device_revoked"
        phone.set_offline(True)
        put_away(page)
        type_label(page, fresh.reference)
        scan(page, payload_of(fresh))
        assert verdict(page) == "offline_unchecked"
