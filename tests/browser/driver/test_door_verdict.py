"""The verdict is a dialog: nothing behind it is reached, keys work, and it says what is to be done next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from codes.accounts.devices import list_devices, revoke_device
from tests.parts.browser.people import (
    DESK,
    Letter,
    OpenBrowser,
    announce,
    carry,
    enrol,
    go_to,
    payload_of,
    press,
    put_away,
    ready,
    sample_letter,
    scan,
    type_digits,
    type_label,
    verdict,
)
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service

FOCUSED = "document.activeElement.closest('.verdict') !== null"
DEPOT = "+49 30 1234567"


@pytest.fixture
def calling_service(tmp_path: Path) -> Iterator[RunningService]:
    """A house whose depot can be called, and where parcels have to leave before they are handed over."""
    with running_service(tmp_path, "--demo", house={"depot_phone": DEPOT}, codes={"other_tour": "refuse"}) as running:
        yield running


def wrong_digits(page: Page) -> None:
    """Have the service answer red."""
    type_digits(page, "000000")
    assert verdict(page) == "wrong_code"


def take_back_by_keys(page: Page) -> None:
    """Look at the tour, note that nobody was home, and take it back, by Tab, Enter and Escape."""
    press(page, "[data-tour]")
    expect(page.locator("[data-sheet=tour]")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('[data-tour]')")
    press(page, "[data-type]")
    page.keyboard.insert_text("SAMPLE0001")
    page.keyboard.press("Enter")
    expect(page.locator("[data-visit]")).to_be_visible()
    press(page, "[data-visit]")
    press(page, "[data-reason=nobody_home]")
    expect(page.locator("[data-undo]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0001")


def press_digit(page: Page, digit: str) -> None:
    """Press a digit of the keypad by Tab and Enter alone."""
    press(page, f"[data-digit='{digit}']")


def test_by_keys_alone_one_comes_from_the_label_to_red_back_and_to_green(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    for kind, size in (("driver", None), ("counter", DESK)):
        letter = fresh
        if kind == "counter":
            announce(house, "KEYS000001")
            letter = sample_letter(house, "KEYS000001")
        with open_browser(**({"size": size} if size else {})) as browser:
            page = browser.new_page()
            enrol(page, house, kind, "en")
            if kind == "counter":
                taken_in(house, letter.reference)
            press(page, "[data-type]")
            page.keyboard.insert_text(letter.reference)
            page.keyboard.press("Enter")
            expect(page.locator("[data-parcels] .chip")).to_have_count(1)
            for digit in "000000":
                press_digit(page, digit)
            press(page, ".key-go")
            assert verdict(page) == "wrong_code"
            for key in (*("Tab",) * 5, "Shift+Tab"):
                page.keyboard.press(key)
                assert page.evaluate(f"document.activeElement === document.body || {FOCUSED}"), (kind, key)
            # What is tapped behind it does not act either.
            assert page.evaluate("document.elementFromPoint(20, 20).closest('.verdict') !== null")
            page.wait_for_timeout(600)
            page.keyboard.press("Escape")
            expect(page.locator(".verdict")).to_have_count(0)
            assert page.evaluate("document.activeElement.matches('.key-go')")
            for digit in letter.digits:
                press_digit(page, digit)
            press(page, ".key-go")
            assert verdict(page) == "accepted"
            page.wait_for_timeout(600)
            go_to(page, ".verdict-go")
            page.keyboard.press("Enter")
            expect(page.locator(".verdict")).to_have_count(0)
            expect(page.locator("[data-parcels] .chip")).to_have_count(0)
            if kind == "driver":
                take_back_by_keys(page)


def test_escape_puts_no_verdict_away_before_it_was_seen_and_an_open_one_aside(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0003")
        type_label(page, "SAMPLE0003")
        wrong_digits(page)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator(".verdict")).to_have_count(1)
        put_away(page)
        phone.set_offline(True)
        type_digits(page, "123456")
        assert verdict(page) == "offline_digits"
        page.wait_for_timeout(600)
        page.keyboard.press("Escape")
        expect(page.locator(".verdict")).to_have_count(0)


def test_of_two_parcels_the_one_that_fits_stays_in_hand(service: RunningService, open_browser: OpenBrowser) -> None:
    mine = sample_letter(service, "SAMPLE0003")
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0003", "SAMPLE0004")
        scan(page, "SAMPLE0003")
        scan(page, "SAMPLE0004")
        expect(page.locator("[data-parcels] .chip")).to_have_count(2)
        scan(page, payload_of(mine))
        assert verdict(page) == "other_parcel"
        expect(page.locator(".verdict [data-put-down]")).to_contain_text("SAMPLE0004")
        expect(page.locator(".verdict [data-stays]")).to_contain_text("SAMPLE0003")
        put_away(page)
        expect(page.locator("[data-parcels] .chip")).to_have_count(1)
        expect(page.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0003")
        scan(page, payload_of(mine))
        assert verdict(page) == "accepted"


def test_digits_for_parcels_of_two_recipients_leave_all_in_hand(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0003", "SAMPLE0004")
        scan(page, "SAMPLE0003")
        scan(page, "SAMPLE0004")
        type_digits(page, "123456")
        assert verdict(page) == "one_recipient"
        put_away(page)
        expect(page.locator("[data-parcels] .chip")).to_have_count(2)


def test_no_tries_left_is_told_as_locked(service: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, service, "SAMPLE0003")
        type_label(page, "SAMPLE0003")
        for _ in range(4):
            wrong_digits(page)
            put_away(page)
        wrong_digits(page)
        expect(page.locator(".verdict-detail")).to_contain_text("locked")
        expect(page.locator(".verdict-detail")).not_to_contain_text("0")


def test_what_is_wrong_is_said_at_the_label_with_the_depots_number(
    calling_service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone, open_browser() as other:
        page, theirs = phone.new_page(), other.new_page()
        enrol(page, calling_service, "driver", "en")
        enrol(theirs, calling_service, "driver", "en", name="Other driver")
        carry(calling_service, "SAMPLE0004", device="Other driver")
        calling_service.run("block", "SAMPLE0005")
        letter = sample_letter(calling_service, "SAMPLE0003")
        type_label(page, "SAMPLE0003")
        type_digits(page, letter.digits)
        assert verdict(page) == "accepted"
        put_away(page)
        for reference, remark, word, calls in (
            ("SAMPLE9999", "unknown_parcel", "Scan another label", False),
            ("SAMPLE0003", "already_handed_over", "Just handed over", False),
            ("SAMPLE0004", "other_tour", "On another tour", True),
            ("SAMPLE0005", "revoked", "Parcel blocked", True),
        ):
            scan(page, reference)
            told = page.locator(f"[data-remark={remark}]")
            expect(told).to_contain_text(word)
            link = told.locator("a[href='tel:+49301234567']")
            expect(link).to_have_count(1 if calls else 0)
            told.locator("[data-put-down]").click()
            expect(told).to_have_count(0)
        # The house's answer to a device that it blocked names the number, too.
        with calling_service.codes() as codes:
            (device,) = (each for each in codes.read(list_devices) if each.name == "Test driver")
            codes.write(revoke_device, device.device_id)
        scan(page, "SAMPLE0002")
        assert verdict(page) == "device_revoked"
        expect(page.locator(".verdict a[href='tel:+49301234567']")).to_be_visible()
        assert page.request.get(f"{calling_service.url}/driver").text().count("tel:+49301234567") == 1
