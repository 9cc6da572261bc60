"""At the door: labels that hold more or other than a parcel's number, and parcels that need no code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from codes.values.symbols import label_png
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.people import (
    Letter,
    OpenBrowser,
    announce,
    enrol,
    put_away,
    scan,
    start_camera,
    type_digits,
    verdict,
)
from tests.parts.running_service import RunningService

ROUTE = "21348075016401"


@pytest.fixture
def page(house: RunningService, open_browser: OpenBrowser) -> Iterator[Page]:
    """A driver's page."""
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        yield page


def test_a_routing_barcode_is_told_and_left_out(page: Page, fresh: Letter) -> None:
    # The symbol beside it that holds an address is not kept for the recipient's code.
    scan(page, "HTTPS;//EXAMPLE.ORG/TRACK")
    expect(page.locator("[data-hint]")).to_have_text("That is not a parcel label")
    expect(page.locator("[data-code=full]")).to_have_count(0)
    scan(page, ROUTE)
    expect(page.locator("[data-remark=unknown_parcel]")).to_contain_text("Unknown parcel")
    # It was told; the parcel that is scanned next takes its place.
    scan(page, fresh.reference)
    expect(page.locator("[data-remark]")).to_have_count(0)
    type_digits(page, fresh.digits)
    assert verdict(page) == "accepted"
    expect(page.locator(".verdict-reference")).to_have_text(fresh.reference)
    # The same label again, as a scanner reads that is still held there, puts no verdict away; the next one does.
    page.wait_for_timeout(1600)
    scan(page, fresh.reference)
    page.wait_for_timeout(200)
    assert verdict(page) == "accepted"
    scan(page, ROUTE)
    expect(page.locator("[data-remark=unknown_parcel]")).to_contain_text("Unknown parcel")
    expect(page.locator(".verdict")).to_have_count(0)


def test_of_two_labels_and_a_code_in_one_picture_the_parcel_is_handed_over(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    shown = scene(fresh.symbol, label_png(ROUTE), label_png(fresh.reference))
    with open_browser(film=write_film(tmp_path / "door.y4m", [shown])) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        start_camera(page)
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-reference")).to_have_text(fresh.reference)


def test_bars_that_hold_more_name_the_parcel_within(page: Page, fresh: Letter) -> None:
    scan(page, f"421{ROUTE}{fresh.reference}570")
    expect(page.locator("[data-parcels] .chip bdi")).to_have_text(fresh.reference)
    type_digits(page, fresh.digits)
    assert verdict(page) == "accepted"


def test_a_parcel_that_was_handed_over_is_told_before_anybody_is_asked_for_a_code(page: Page, fresh: Letter) -> None:
    scan(page, fresh.reference)
    type_digits(page, fresh.digits)
    assert verdict(page) == "accepted"
    put_away(page)
    scan(page, fresh.reference)
    expect(page.locator("[data-remark=already_handed_over]")).to_contain_text("Handed over at")
    page.locator(".remark [data-put-down]").click()
    expect(page.locator("[data-remark]")).to_have_count(0)


def test_after_green_the_label_that_is_still_in_view_is_not_the_next_parcel(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(label_png(fresh.reference), fresh.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        start_camera(page)
        assert verdict(page) == "accepted"
        put_away(page)
        page.wait_for_timeout(8000)
        assert page.locator(".chip, .remark, .verdict").count() == 0


def test_a_parcel_that_needs_no_code_is_handed_over_and_recorded_by_one_tap(house: RunningService, page: Page) -> None:
    announce(house, "GIFT000001", gift=True)
    scan(page, "GIFT000001")
    page.locator("[data-tap=GIFT000001]").click()
    assert verdict(page) == "code_not_required"
    put_away(page)
    assert page.locator(".chip, .remark").count() == 0
    scan(page, "GIFT000001")
    expect(page.locator("[data-remark=already_handed_over]")).to_contain_text("Handed over at")
