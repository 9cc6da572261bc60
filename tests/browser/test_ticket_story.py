"""The whole story of a parcel, driver and recipient side by side; no state of the page puts up a barrier."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.people import Letter, OpenBrowser, enrol, put_away, type_digits, type_label, verdict, violations
from tests.parts.running_service import RunningService


def expect_no_barriers(page: Page) -> None:
    """Open whatever can be opened, and let a program look for barriers."""
    page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true")
    assert violations(page) == []


def digits_on(page: Page) -> str:
    return "".join(page.locator(".digits-line").inner_text().split())


def test_driver_and_recipient_side_by_side(service: RunningService, open_browser: OpenBrowser, sample: Letter) -> None:
    with open_browser() as home, open_browser() as road:
        mine, driver = home.new_page(), road.new_page()
        mine.goto(f"{sample.ticket}?lang=en")
        enrol(driver, service, "driver", "en")

        # A neighbour is named, and gets a ticket of their own.
        mine.get_by_text("Somebody else receives").click()
        mine.locator("[name=name]").fill("Uncle Bo")
        mine.get_by_role("button", name="Make a ticket").click()
        expect(mine.locator(".delegate h2")).to_have_text("Uncle Bo")
        theirs = str(mine.locator("[data-forward]").get_attribute("href"))
        expect_no_barriers(mine)
        mine.reload()

        # A wrong try is told to the recipient at once.
        wrong = "000000" if sample.digits != "000000" else "111111"
        type_label(driver, "SAMPLE0002")
        type_digits(driver, wrong)
        assert verdict(driver) == "wrong_code"
        assert verdict(mine) == "wrong_code"
        expect(mine.locator(".verdict-detail")).to_have_text("Tries left: 4")
        expect_no_barriers(mine)
        put_away(mine)
        put_away(driver)

        # The recipient takes a new code; the old one opens nothing, and both screens say so.
        mine.reload()
        mine.locator("summary", has_text="New code").click()
        mine.get_by_role("button", name="Get a new code").click()
        expect(mine.locator(".digits-line")).not_to_have_text(sample.digits)
        type_digits(driver, sample.digits)
        assert verdict(driver) == "old_code"
        assert verdict(mine) == "old_code"
        put_away(mine)
        put_away(driver)

        # The neighbour receives; both screens show one number, and the receipt says whose code it was.
        neighbour = home.new_page()
        neighbour.goto(theirs)
        expect_no_barriers(neighbour)
        type_digits(driver, digits_on(neighbour))
        assert verdict(driver) == "accepted"
        assert verdict(mine) == "accepted"
        assert mine.locator(".verdict-number").inner_text() == driver.locator(".verdict-number").inner_text()
        put_away(mine)
        expect(mine.locator(".done")).to_contain_text("Uncle Bo")
        expect_no_barriers(mine)

        # Something was wrong with it, after all.
        mine.get_by_role("button", name="I did not receive this parcel").click()
        expect(mine.locator(".contest .notice")).to_contain_text("Not received")
        expect_no_barriers(mine)

        # What is kept, and an address that is none (any more).
        for address in (f"{service.url}/privacy", f"{service.url}/t/nobody"):
            mine.goto(address)
            expect_no_barriers(mine)
