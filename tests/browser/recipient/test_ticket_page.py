"""The recipient's page: readable without any script, in the reader's language, and asking nobody else."""

from __future__ import annotations

from playwright.sync_api import Playwright, expect

from tests.parts.browser.chromium import opened
from tests.parts.browser.house import House, app, codes, house, picture_reader, settings
from tests.parts.browser.people import DESK, PHONE, OpenBrowser, symbols_on, watch
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled

__all__ = ["app", "codes", "house", "picture_reader", "settings"]


def test_the_symbol_takes_seven_tenths_of_a_phones_width_and_paper_has_everything(
    open_browser: OpenBrowser, house: House
) -> None:
    ticket = house.announce("P-1")
    with open_browser() as phone, open_browser(size=DESK) as desk:
        page = phone.new_page()
        page.goto(ticket)
        picture = page.locator(".symbol").bounding_box()
        assert picture is not None
        assert picture["width"] * 25 / 37 > 0.69 * PHONE["width"]
        page = desk.new_page()
        for paper in ("a4", "strip"):
            page.goto(f"{ticket}?paper={paper}")
            page.emulate_media(media="print")
            assert symbols_on(page) == {house.payload(ticket)}
            expect(page.locator(".bars.only-print")).to_be_visible()
            expect(page.locator(".digits-line")).to_be_visible()
            expect(page.locator("[data-print]:visible")).to_have_count(0)


def test_the_essentials_need_no_script(playwright: Playwright, house: House) -> None:
    ticket = house.announce("P-1")
    with opened(playwright, size=PHONE, scripts=False) as browser:
        page = browser.new_page()
        page.goto(ticket)
        assert symbols_on(page) == {house.payload(ticket)}
        expect(page.locator(".digits-line")).to_have_text(house.digits(ticket))
        page.locator("summary").first.click()
        expect(page.locator(".bars").first).to_be_visible()


def test_its_language_is_the_recipients_until_another_is_chosen(open_browser: OpenBrowser, house: House) -> None:
    ticket = house.announce("P-1", language="de")
    with open_browser(locale="pl-PL") as browser:
        page = browser.new_page()
        page.goto(ticket)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        page.locator(".languages a[lang=ar]").click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator(".digits-line")).to_have_text(house.digits(ticket))
        assert symbols_on(page) == {house.payload(ticket)}


def test_after_the_handover_it_is_a_receipt_without_the_code(
    house: House, open_browser: OpenBrowser, clock: TurnableClock
) -> None:
    ticket = house.announce("P-1")
    digits = house.digits(ticket)
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(ticket)
        answer = house.codes.present(enrolled(house.codes).presentation(digits, "P-1", now=clock()))
        # The open page turns green with the same number by itself.
        expect(page.locator(".verdict-number")).to_have_text(answer.match_number or "")
        page.goto(ticket)
        expect(page.locator(".match-number")).to_have_text(answer.match_number or "")
        assert digits not in page.content()
        picture = page.goto(f"{ticket}/symbol.png")
        assert picture is not None
        assert picture.status == 404


def test_it_asks_nobody_else_and_no_browser_keeps_it_unasked(open_browser: OpenBrowser, house: House) -> None:
    with open_browser() as browser:
        watched = watch(browser.new_page())
        answer = watched.page.goto(house.announce("P-1"))
        assert answer is not None
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        watched.page.wait_for_timeout(500)
        assert watched.hosts == {"localhost"}
        assert watched.complaints == []
