"""The office corrects a recipient in a browser, and the page at the former address shows nothing any more."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.parts.browser.people import Letter, OpenBrowser, sign_in, violations
from tests.parts.running_service import RunningService


def test_a_corrected_address_ends_the_page_that_the_former_one_has(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as home, open_browser() as desk:
        mine, office = home.new_page(), desk.new_page()
        mine.goto(f"{fresh.ticket}?lang=en")
        expect(mine.locator(".digits-line")).to_be_visible()
        sign_in(office, house)
        office.goto(f"{house.url}/office/parcels/{fresh.reference}?lang=en")
        office.get_by_text("Correct the recipient").click()
        office.get_by_label("Email address").fill("nobody")
        office.get_by_label("Email address").evaluate("field => (field.type = 'text')")
        office.get_by_role("button", name="Correct", exact=True).click()
        expect(office.locator("main")).to_contain_text("Please correct: Email address")
        assert violations(office) == []
        office.get_by_label("Email address").fill("right@example.org")
        office.get_by_role("button", name="Correct", exact=True).click()
        expect(office.locator("main")).to_contain_text("Corrected, for every parcel of this consignment")
        expect(office.locator("main")).to_contain_text("right@example.org")
        # The open page learns it by itself, and shows the same to whoever opens the link again.
        expect(mine.locator("h1")).to_have_text("A newer message was sent")
        mine.goto(f"{fresh.ticket}?lang=en")
        expect(mine.locator("h1")).to_have_text("A newer message was sent")
        expect(mine.locator(".digits-line")).to_have_count(0)
