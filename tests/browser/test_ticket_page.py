"""The recipient's page: readable by cameras in every theme and on paper, and without any script."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from tests.browser.chromium import opened
from tests.browser.people import (
    DESK,
    PHONE,
    Letter,
    OpenBrowser,
    enrol,
    put_away,
    type_digits,
    type_label,
    verdict,
    watch,
)
from tests.parts.running_service import RunningService

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SMALL = {"width": 360, "height": 640}


def symbols_on(page: Page) -> set[str]:
    """Read the page as another person's camera does."""
    shown = np.asarray(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L"))
    return {found.text for found in zxingcpp.read_barcodes(shown) if found.text.startswith("731")}


@pytest.mark.parametrize("size", [SMALL, PHONE, DESK], ids=["small", "phone", "desk"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_symbol_is_dark_on_white_and_large_in_every_theme(
    open_browser: OpenBrowser, sample: Letter, theme: str, size: dict[str, int]
) -> None:
    with open_browser(size=size) as browser:
        page = browser.new_page()
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.goto(sample.ticket)
        assert len(symbols_on(page)) == 1
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_symbol_itself_takes_seven_tenths_of_a_phones_width(open_browser: OpenBrowser, sample: Letter) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(sample.ticket)
        picture = page.locator(".symbol").bounding_box()
        assert picture is not None
        assert picture["width"] * 25 / 37 > 0.69 * PHONE["width"]


def test_printed_it_has_both_symbols_and_the_digits(open_browser: OpenBrowser, sample: Letter) -> None:
    with open_browser(size=DESK) as browser:
        page = browser.new_page()
        page.goto(sample.ticket)
        page.emulate_media(media="print")
        assert len(symbols_on(page)) == 1
        expect(page.locator(".bars.only-print")).to_be_visible()
        expect(page.locator(".digits-line")).to_be_visible()
        expect(page.locator("[data-print]:visible")).to_have_count(0)


def test_the_essentials_need_no_script(playwright: Playwright, sample: Letter) -> None:
    with opened(playwright, size=PHONE, scripts=False) as browser:
        page = browser.new_page()
        page.goto(sample.ticket)
        assert len(symbols_on(page)) == 1
        digits = page.locator(".digits-line")
        expect(digits).to_have_text(sample.digits)
        page.locator("summary").first.click()
        expect(page.locator(".bars").first).to_be_visible()


def test_its_language_is_the_recipients_until_another_is_chosen(open_browser: OpenBrowser, sample: Letter) -> None:
    with open_browser(locale="pl-PL") as browser:
        page = browser.new_page()
        page.goto(sample.ticket)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        page.locator(".languages a[lang=ar]").click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator(".digits-line")).to_have_text(sample.digits)
        assert len(symbols_on(page)) == 1


def test_after_the_handover_it_is_a_receipt_without_the_code(
    service: RunningService, open_browser: OpenBrowser, sample: Letter
) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        enrol(page, service, "driver", "en")
        type_label(page, "SAMPLE0002")
        type_digits(page, sample.digits)
        assert verdict(page) == "accepted"
        number = page.locator(".verdict-number").inner_text()
        page.goto(sample.ticket)
        expect(page.locator(".match-number")).to_have_text(number)
        assert sample.digits not in page.content()
        answer = page.goto(f"{sample.ticket}/symbol.png")
        assert answer is not None
        assert answer.status == 404


def test_it_asks_nobody_else_and_is_kept_by_nobody(open_browser: OpenBrowser, sample: Letter) -> None:
    with open_browser() as browser:
        watched = watch(browser.new_page())
        answer = watched.page.goto(sample.ticket)
        assert answer is not None
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        watched.page.wait_for_timeout(500)
        assert watched.hosts == {"localhost"}
        assert watched.complaints == []


@pytest.mark.parametrize("paper", ["a4", "strip"])
def test_each_size_of_paper_is_read(open_browser: OpenBrowser, sample: Letter, paper: str) -> None:
    with open_browser(size=DESK) as browser:
        page = browser.new_page()
        page.goto(f"{sample.ticket}?paper={paper}")
        page.emulate_media(media="print")
        assert len(symbols_on(page)) == 1
        expect(page.locator(".digits-line")).to_be_visible()
        expect(page.locator(".bars.only-print")).to_be_visible()


def test_a_program_that_looks_for_barriers_finds_none(open_browser: OpenBrowser, sample: Letter) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(sample.ticket)
        for more in page.locator("summary").all():
            more.click()
        found = page.evaluate(AXE.read_text(encoding="utf-8") + ";axe.run()")
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []


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

        # A wrong try is told to the recipient at once.
        wrong = "000000" if sample.digits != "000000" else "111111"
        type_label(driver, "SAMPLE0002")
        type_digits(driver, wrong)
        assert verdict(driver) == "wrong_code"
        assert verdict(mine) == "wrong_code"
        expect(mine.locator(".verdict-detail")).to_have_text("Tries left: 4")
        put_away(mine)
        put_away(driver)

        # The recipient takes a new code; the old one opens nothing, and the page says so.
        mine.locator("summary", has_text="New code").click()
        mine.get_by_role("button", name="Get a new code").click()
        expect(mine.locator(".digits-line")).not_to_have_text(sample.digits)

        # The neighbour receives; both screens show one number, and the receipt says whose code it was.
        neighbour = home.new_page()
        neighbour.goto(theirs)
        type_digits(driver, neighbour.locator(".digits-line").inner_text().replace("\n", "").replace(" ", ""))
        assert verdict(driver) == "accepted"
        assert verdict(mine) == "accepted"
        assert mine.locator(".verdict-number").inner_text() == driver.locator(".verdict-number").inner_text()
        put_away(mine)
        expect(mine.locator(".done")).to_contain_text("Uncle Bo")

        # Something was wrong with it, after all.
        mine.get_by_text("Something is wrong").click()
        mine.get_by_role("button", name="I did not receive this parcel").click()
        expect(mine.locator(".contest .notice")).to_contain_text("Not received")
