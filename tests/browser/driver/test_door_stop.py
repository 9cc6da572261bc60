"""The stop on the driver's page: found, called, navigated to, told of, not met, and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from codes.accounts.devices import list_devices, revoke_device
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import EventKind
from tests.parts.browser.people import (
    OpenBrowser,
    carry,
    put_away,
    ready,
    sample_letter,
    scan,
    type_digits,
    type_label,
    verdict,
    waits,
)
from tests.parts.running_service import RunningService, running_service

REFERENCE, PHONE, NOTE = "STOP-1", "+493023125001", "Klingel am Hinterhaus"


@pytest.fixture
def telling_service(tmp_path: Path) -> Iterator[RunningService]:
    """A house that tells the next stop by itself, with one parcel whose recipient can be called."""
    with running_service(tmp_path, "--demo", codes={"driver_near": "next_stop"}) as running:
        recipient = {"name": "Jörg Müßig", "email": "stop@example.org", "street": "Straße 1", "city": "Sampletown"}
        answer = httpx.post(
            f"{running.url}/api/v1/parcels",
            json={"reference": REFERENCE, "recipient": recipient | {"phone": PHONE, "note": NOTE}, "sender_wish": True},
            headers={"Authorization": f"Bearer {running.key_of('Depot')}"},
        )
        assert answer.status_code == 201, answer.text
        yield running


def kinds(service: RunningService, reference: str) -> list[EventKind]:
    """Return what happened to a parcel."""
    with service.codes() as codes:
        parcel = codes.read(find_parcel, reference)
        assert parcel is not None
        return [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]


def open_stop(page: Page, sought: str) -> None:
    """Find a stop of the tour by what is known of it, and open it."""
    page.locator("[data-tour]").click()
    page.locator(".tour-search").fill(sought)
    expect(page.locator(".tour-row")).to_have_count(1)
    page.locator(".tour-row").click()


def test_a_driver_finds_a_stop_calls_and_navigates_there_and_takes_a_visit_back(
    telling_service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        outside: list[str] = []
        page.on("request", lambda request: outside.append(request.url) if "localhost" not in request.url else None)
        ready(page, telling_service, "SAMPLE0001", REFERENCE, "SAMPLE0002", "SAMPLE0003")
        for sought in ("mussig", "strasse 1 sampletown jorg", "HINTERHAUS", "stop1"):
            open_stop(page, sought)
            stop = page.locator("[data-sheet=stop]")
            expect(stop).to_contain_text("Jörg Müßig")
            expect(stop.locator("[data-note]")).to_have_text(NOTE)
            expect(stop.locator(f"[data-call][href='tel:{PHONE}']")).to_be_visible()
            expect(stop.locator("[data-navigate]")).to_have_attribute("href", re.compile("Stra%C3%9Fe%201"))
            if sought != "stop1":
                stop.locator("[data-close]").click()
                page.locator("[data-sheet=tour] [data-close]").click()
        stop.locator("[data-near]").click()
        expect(stop.locator(".stop-said")).to_contain_text("told")
        assert kinds(telling_service, REFERENCE).count(EventKind.DRIVER_NEAR) == 1
        # Nobody home: the tour says it at once, and it is taken back.
        stop.locator("[data-not-handed-over]").click()
        page.locator("[data-reason=nobody_home]").click()
        row = page.locator(f".tour-row[data-reference='{REFERENCE}']")
        expect(row).to_contain_text("Nobody home")
        page.locator("[data-undo]").click()
        expect(row).not_to_contain_text("Nobody home")
        assert EventKind.NOT_HANDED_OVER not in kinds(telling_service, REFERENCE)
        row.click()
        page.locator("[data-take]").click()
        expect(page.locator("[data-stop]")).to_contain_text("Jörg Müßig")
        expect(page.locator("[data-parcels] .chip")).to_contain_text(REFERENCE)
        # From what is in hand: after the seconds are over it is told, and the next stop is told that he is near.
        page.locator("[data-visit]").click()
        with page.expect_response("**/api/v1/tour/near"):
            page.locator("[data-reason=refused]").click()
            expect(page.locator("[data-stop]")).to_have_count(0)
        expect(page.locator("[data-undo-bar]")).to_have_count(0)
        page.locator("[data-tour]").click()
        expect(row).to_contain_text("Not accepted")
        assert EventKind.NOT_HANDED_OVER in kinds(telling_service, REFERENCE)
        assert outside == []
    assert EventKind.DRIVER_NEAR in kinds(telling_service, "SAMPLE0002")
    assert EventKind.DRIVER_NEAR not in kinds(telling_service, "SAMPLE0003")


def test_a_visit_is_told_although_its_page_is_left_before_the_seconds_are_over(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0003")
        type_label(page, "SAMPLE0003")
        page.locator("[data-visit]").click()
        page.locator("[data-reason=nobody_home]").click()
        page.locator("[data-undo]").wait_for()
        page.reload()
        page.locator("html[data-carried='1']").wait_for(state="attached")
        page.locator("[data-tour]").click()
        expect(page.locator(".tour-row")).to_contain_text("Nobody home")
        waits(page, 0)
        for _ in range(40):
            if EventKind.NOT_HANDED_OVER in kinds(service, "SAMPLE0003"):
                break
            page.wait_for_timeout(500)
        assert kinds(service, "SAMPLE0003").count(EventKind.NOT_HANDED_OVER) == 1


def test_the_tour_is_what_the_service_says_whenever_it_is_opened_or_pulled(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(service, "SAMPLE0003")
    with open_browser(touch=True) as phone:
        page = phone.new_page()
        name = ready(page, service, "SAMPLE0003", "SAMPLE0004")
        page.locator("[data-tour]").click()
        expect(page.locator("[data-tour-progress]")).to_have_text("0 of 2")
        carry(service, "SAMPLE0005", device=name)
        page.evaluate(
            """() => {
              const sheet = document.querySelector('[data-sheet=tour]');
              const touch = (y) => [new Touch({ identifier: 1, target: sheet, clientX: 100, clientY: y })];
              const send = (kind, y) => sheet.dispatchEvent(
                new TouchEvent(kind, { touches: kind === 'touchend' ? [] : touch(y), changedTouches: touch(y) })
              );
              send('touchstart', 100); send('touchmove', 250); send('touchend', 250);
            }"""
        )
        expect(page.locator("[data-tour-progress]")).to_have_text("0 of 3")
        page.locator("[data-sheet=tour] [data-close]").click()
        carry(service, "SAMPLE0001", device=name)
        page.locator("[data-tour]").click()
        expect(page.locator("[data-tour-progress]")).to_have_text("0 of 4")
        page.locator("[data-sheet=tour] [data-close]").click()
        # What is handed over counts at once, and its stop says it.
        type_label(page, "SAMPLE0003")
        type_digits(page, letter.digits)
        assert verdict(page) == "accepted"
        expect(page.locator("[data-progress]")).to_have_text("1/4")


def test_what_needs_no_code_is_one_tap_and_counts_with_network_and_without(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0006", "SAMPLE0007")
        scan(page, "SAMPLE0006")
        page.locator("[data-tap]").click()
        assert verdict(page) == "code_not_required"
        put_away(page)
        expect(page.locator("[data-progress]")).to_have_text("1/2")
        phone.set_offline(True)
        expect(page.locator("[data-banner=offline]")).to_be_visible()
        scan(page, "SAMPLE0007")
        page.locator("[data-tap]").click()
        assert verdict(page) == "code_not_required"
        put_away(page)
        expect(page.locator("[data-progress]")).to_have_text("2/2")
        waits(page, 1)
        phone.set_offline(False)
        waits(page, 0)
        expect(page.locator("[data-banner=offline]")).to_be_hidden()
        expect(page.locator("[data-progress]")).to_have_text("2/2")
        # It went as it was to go: nothing is told of it again.
        expect(page.locator(".verdict")).to_have_count(0)
    for reference in ("SAMPLE0006", "SAMPLE0007"):
        assert EventKind.HANDED_OVER in kinds(service, reference)


def test_a_blocked_device_learns_it_when_it_is_opened(service: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        name = ready(page, service, "SAMPLE0003")
        with service.codes() as codes:
            (device,) = (each for each in codes.read(list_devices) if each.name == name)
            codes.write(revoke_device, device.device_id)
        page.reload()
        assert verdict(page) == "device_revoked"
        put_away(page)
        expect(page.locator("[data-banner=blocked]")).to_be_visible()
        expect(page.locator("[data-progress]")).to_have_text("")


def test_a_photo_is_taken_or_chosen(service: RunningService, open_browser: OpenBrowser, tmp_path: Path) -> None:
    picture = tmp_path / "code.png"
    picture.write_bytes(sample_letter(service, "SAMPLE0003").symbol)
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0003")
        for how, capture in (("take", "environment"), ("choose", None)):
            type_label(page, "SAMPLE0003")
            field = page.locator(f"[data-photo={how}]")
            assert field.get_attribute("capture") == capture
            field.set_input_files(picture)
            assert verdict(page) == ("accepted" if how == "take" else "already_handed_over")
            put_away(page)
