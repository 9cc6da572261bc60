"""The whole story of a parcel, driver and recipient side by side; no state of the page puts up a barrier."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.parts.browser.people import (
    Letter,
    OpenBrowser,
    enrol,
    put_away,
    sample_letter,
    type_digits,
    type_label,
    verdict,
    violations,
)
from tests.parts.running_service import RunningService


def expect_no_barriers(page: Page) -> None:
    """Open whatever can be opened, and let a program look for barriers."""
    page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true")
    assert violations(page) == []


def digits_on(page: Page) -> str:
    return "".join(page.locator(".digits-line").inner_text().split())


def name_uncle_bo(page: Page) -> str:
    """Let him receive the parcel; returns the address of his ticket."""
    page.get_by_text("Somebody else will receive it").click()
    page.locator("[name=name]").fill("Uncle Bo")
    page.get_by_role("button", name="Create a ticket").click()
    expect(page.locator(".delegate h2").last).to_have_text("Uncle Bo")
    return str(page.locator("[data-forward]").last.get_attribute("href"))


def test_driver_and_recipient_side_by_side(house: RunningService, open_browser: OpenBrowser, fresh: Letter) -> None:
    with open_browser() as home, open_browser() as road:
        mine, driver = home.new_page(), road.new_page()
        mine.goto(f"{fresh.ticket}?lang=en")
        enrol(driver, house, "driver", "en")

        # A neighbour is named, and gets a ticket of their own.
        old = name_uncle_bo(mine)
        expect_no_barriers(mine)
        mine.reload()

        # A wrong try is told to the recipient at once; compared with two codes, it counts twice.
        wrong = "000000" if fresh.digits != "000000" else "111111"
        type_label(driver, fresh.reference)
        type_digits(driver, wrong)
        assert verdict(driver) == "wrong_code"
        assert verdict(mine) == "wrong_code"
        expect(mine.locator(".verdict-detail")).to_have_text("Tries left: 1")
        expect_no_barriers(mine)
        put_away(mine)
        put_away(driver)

        # The recipient takes a new code, which comes by mail alone; the old one opens nothing.
        mine.reload()
        mine.locator("summary", has_text="A problem?").click()
        mine.locator("summary", has_text="New code").click()
        expect(mine.get_by_text("Your old code stops working at once")).to_be_visible()
        mine.get_by_role("button", name="Get a new code").click()
        expect(mine.locator(".digits-line")).to_have_count(0)
        type_digits(driver, fresh.digits)
        assert verdict(driver) == "wrong_code"
        put_away(driver)
        mine.goto(f"{sample_letter(house, fresh.reference, newest=True).ticket}?lang=en")

        # With it ended what the old page could do; the neighbour is named anew.
        neighbour = home.new_page()
        neighbour.goto(old)
        expect(neighbour.locator("h1")).to_be_visible()
        expect(neighbour.locator(".digits-line")).to_have_count(0)
        theirs = name_uncle_bo(mine)
        mine.reload()

        # The neighbour receives; both screens show one number, and the receipt says whose code it was.
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
        mine.get_by_role("radio", name="I did not receive this parcel").check()
        mine.get_by_role("checkbox", name="I confirm this. The sender will be told, and will act on it.").check()
        mine.get_by_role("button", name="Tell the sender").click()
        expect(mine.locator(".contest .notice")).to_contain_text("I did not receive this parcel")
        expect_no_barriers(mine)

        # What is kept, and an address that is none (any more).
        for address in (f"{house.url}/privacy", f"{house.url}/t/nobody"):
            mine.goto(address)
            expect_no_barriers(mine)
