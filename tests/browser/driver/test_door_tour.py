"""The tour on the driver's page: loading, what is carried, visits without a handover, the card, the own record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.people import (
    DESK,
    Letter,
    OpenBrowser,
    announce,
    carry,
    enrol,
    put_away,
    ready,
    scan,
    sign_in,
    type_digits,
    type_label,
    verdict,
    waits,
)
from tests.parts.running_service import RunningService, running_service
from web.i18n import text


def close_sheet(page: Page, name: str) -> None:
    """Put a sheet away."""
    page.locator(f"[data-sheet={name}] [data-close]").click()
    expect(page.locator(f"[data-sheet={name}]")).to_have_count(0)


def row(page: Page, reference: str) -> str:
    """Return what the tour says of a parcel."""
    page.locator("[data-tour]").click()
    said = page.locator(".tour-row", has_text=reference).locator(".tour-standing").inner_text()
    close_sheet(page, "tour")
    return said


def wait_for_row(page: Page, reference: str, standing: str) -> None:
    """Look at the tour again and again until it says this of a parcel."""
    for _ in range(20):
        if row(page, reference) == standing:
            return
        page.wait_for_timeout(500)
    assert row(page, reference) == standing


def test_parcels_scanned_at_loading_are_on_the_tour_with_what_they_need(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.locator("[data-tour]").click()
        expect(page.locator("[data-sheet=tour]")).to_contain_text("No parcels yet")
        page.locator("[data-load]").click()
        announce(house, gift := f"{fresh.reference}-GIFT", gift=True)
        for reference, need in ((fresh.reference, "Code needed"), (gift, "No code needed")):
            scan(page, reference)
            expect(page.locator(".loading")).to_contain_text(need)
        scan(page, "SAMPLE9999")
        expect(page.locator(".loading")).to_contain_text("This parcel is not known")
        page.locator("[data-loaded]").click()
        expect(page.locator("[data-progress]")).to_have_text("0/2")
        assert row(page, gift) == "No code needed"
        expect(page.locator("[data-parcels] .chip")).to_have_count(0)


def test_a_parcel_chosen_from_the_tour_is_in_hand_and_counts_when_handed_over(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en", "Six parcels")
        others = [f"{fresh.reference}-{number}" for number in range(5)]
        for other in others:
            announce(house, other)
        carry(house, fresh.reference, *others, device="Six parcels")
        page.reload()
        expect(page.locator("[data-progress]")).to_have_text("0/6")
        page.locator("[data-tour]").click()
        expect(page.locator(".tour-row")).to_have_count(6)
        page.locator(".tour-search").fill(others[0][-6:])
        expect(page.locator(".tour-row")).to_have_count(1)
        page.locator(".tour-search").fill("")
        page.locator(".tour-row", has=page.get_by_text(fresh.reference, exact=True)).click()
        page.locator("[data-take]").click()
        expect(page.locator("[data-parcels] .chip")).to_contain_text(fresh.reference)
        type_digits(page, fresh.digits)
        assert verdict(page) == "accepted"
        put_away(page)
        expect(page.locator("[data-progress]")).to_have_text("1/6")
        page.locator("[data-tour]").click()
        page.locator("[data-record]").click()
        record = page.locator(".record-row")
        expect(record).to_contain_text(fresh.reference)
        name = f"proof-{fresh.reference}.pdf"
        with page.expect_download() as kept:
            record.locator("[data-receipt]").click()
        assert kept.value.suggested_filename == name
        # Where the phone can share files, the receipt is given to another program, whole.
        page.evaluate(
            """() => {
              navigator.canShare = ({ files }) => files.length === 1;
              navigator.share = async ({ files: [file] }) => {
                const told = [file.name, file.type, await file.slice(0, 5).text()];
                document.documentElement.dataset.shared = told.join(" ");
              };
            }"""
        )
        record.locator("[data-receipt]").click()
        expect(page.locator("html")).to_have_attribute("data-shared", f"{name} application/pdf %PDF-")


def test_a_visit_without_handover_is_told_by_a_picture_even_without_network(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        phone.set_offline(True)
        expect(page.locator("[data-visit]")).to_be_hidden()
        type_label(page, fresh.reference)
        page.locator("[data-visit]").click()
        expect(page.locator("[data-reason]")).to_have_count(4)
        page.locator("[data-reason=nobody_home]").click()
        expect(page.locator("[data-parcels] .chip")).to_have_count(0)
        waits(page, 1)
        assert row(page, fresh.reference) == "Nobody home"
        phone.set_offline(False)
        waits(page, 0)
        page.reload()
        page.locator("html[data-carried='1']").wait_for(state="attached")
        # First it shows the tour that it kept, then what the service says.
        wait_for_row(page, fresh.reference, "Nobody home")


@pytest.fixture
def placing_service(tmp_path: Path) -> Iterator[RunningService]:
    """A house that keeps the places of visits."""
    with running_service(tmp_path, "--demo", codes={"visit_place": True}) as running:
        yield running


def test_the_place_of_a_visit_is_asked_for_in_its_moment_and_kept_apart(
    placing_service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser() as phone, open_browser(size=DESK, locale="en-GB") as desk:
        page, office = phone.new_page(), desk.new_page()
        ready(page, placing_service, "SAMPLE0003", "SAMPLE0004")
        # Refused: the button is not there, and nothing waits for it.
        type_label(page, "SAMPLE0004")
        page.locator("[data-visit]").click()
        expect(page.locator("[data-place]")).to_be_hidden()
        with page.expect_response("**/api/v1/visits"):
            page.locator("[data-reason=refused]").click()
        phone.set_geolocation({"latitude": 52.52, "longitude": 13.405, "accuracy": 12})
        phone.grant_permissions(["geolocation"])
        type_label(page, "SAMPLE0003")
        page.locator("[data-visit]").click()
        expect(page.locator("[data-place]")).to_have_text("Location added")
        with page.expect_response("**/api/v1/visits"):
            page.locator("[data-reason=nobody_home]").click()
        page.locator("[data-tour]").click()
        page.locator("[data-record]").click()
        rows = page.locator(".record-row")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("52.52000, 13.40500 ±12 m")
        expect(rows.nth(1)).to_contain_text("Not accepted")
        sign_in(office, placing_service)
        office.goto(f"{placing_service.url}/office/audit/SAMPLE0003")
        expect(office.locator("a[href='geo:52.52000,13.40500;u=12']")).to_be_visible()


def test_the_card_speaks_the_recipients_language_and_sends_the_mail_again(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        type_label(page, fresh.reference)
        page.locator("[data-card]").click()
        expect(page.locator("[data-card-language]")).to_have_value("tr")
        expect(page.locator("[data-sentence]")).not_to_be_empty()
        page.locator("[data-card-language]").select_option(label="Polski")
        expect(page.locator("[data-card-language]")).to_have_value("pl")
        sheet = page.locator("[data-sheet=card]")
        expect(sheet).to_have_attribute("lang", "pl")
        for words in ("For the recipient", "Show the code", "Send the email again"):
            expect(sheet).to_contain_text(text("pl", words))
        page.locator("[data-again]").click()
        expect(page.locator(".card-result")).to_have_text(text("pl", "The email was sent again"))
        assert "example.org" not in page.locator("[data-sheet=card]").inner_html()
        close_sheet(page, "card")
        page.locator("[data-card]").click()
        page.locator("[data-again]").click()
        expect(page.locator(".card-result")).to_have_text(text("tr", "It was sent just now"))


def test_when_the_shift_ends_the_phone_forgets_the_tour(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, house, fresh.reference)
        page.locator("[data-tour]").click()
        page.locator("[data-end]").click()
        page.locator("[data-end-now]").click()
        expect(page.locator("[data-progress]")).to_have_text("")
        kept = "import('/static/js/lib/device/store.js').then(({ get }) => get('device', 'tour-key'))"
        assert page.evaluate(kept) is None
        page.reload()
        page.locator("html[data-carried='0']").wait_for(state="attached")
        page.locator("[data-tour]").click()
        page.locator("[data-begin]").click()
        expect(page.locator("[data-progress]")).to_have_text("0/1")
