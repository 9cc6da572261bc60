"""The recipient's page: readable without any script, in the reader's language, and asking nobody else."""

from __future__ import annotations

import io

import httpx
import pypdfium2
from PIL import Image
from playwright.sync_api import Playwright, Route, expect

from codes.integrations.looks import SenderLook, set_look
from codes.life.contests import contest_handover
from codes.model import ReportKind
from scanner.settings import ScannerSettings
from tests.parts.browser.chromium import opened
from tests.parts.browser.house import House, app, codes, house, picture_reader, settings
from tests.parts.browser.people import DESK, PHONE, OpenBrowser, symbols_on, watch
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import recorded

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
        page.locator("summary", has_text="Barcode for the pickup point").click()
        expect(page.locator(".bars").first).to_be_visible()


def test_code_sentence_and_actions_come_first_and_every_reader_can_read_them(
    open_browser: OpenBrowser, house: House
) -> None:
    ticket = house.announce("P-1")
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(ticket)
        order = [page.locator(each).first.bounding_box() for each in (".symbol", ".digits-line", ".say", ".action")]
        tops = [box["y"] for box in order if box]
        assert tops == sorted(tops)
        assert tops[-1] < PHONE["height"] - 60, "something can be done on the first screen"
        # Whatever is opened, at double type nothing is wider than the page.
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
        for width in (320, 360, 390):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        # What did not happen yet is told to who sees no mark.
        expect(page.get_by_role("listitem").filter(has_text="Handed over")).to_have_text("Handed over Not yet")
        page.set_viewport_size({"width": 320, "height": 640})
        page.locator(".foot a").click()
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        # The reader's own colours are everywhere but on the code; a browser that darkens every page leaves it alone.
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.emulate_media(forced_colors="active", color_scheme="dark")
        page.goto(ticket)
        ground = "getComputedStyle(document.querySelector('{}')).backgroundColor".format
        assert page.evaluate(ground("body")) == "rgb(0, 0, 0)"
        assert page.evaluate(ground(".code")) == "rgb(255, 255, 255)"
        assert symbols_on(page) == {house.payload(ticket)}
        page.emulate_media(forced_colors="none")
        browser.new_cdp_session(page).send("Emulation.setAutoDarkModeOverride", {"enabled": True})
        page.goto(ticket)
        shown = Image.open(io.BytesIO(page.screenshot())).convert("L")
        assert shown.getpixel((2, PHONE["height"] - 2)) == 255
        page.emulate_media(color_scheme="light", media="print")
        assert len(pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))) == 1
        imprint = "Uhren Müller GmbH\nZeitgasse 1, 10115 Berlin\nHRB 12345\nUSt-IdNr. DE123456789"
        house.codes.write(set_look, "house", SenderLook("Uhren Müller", "#ffd400", "#000000", imprint), None)
        page.goto(ticket)
        expect(page.locator(".imprint")).to_be_visible()
        assert len(pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))) == 1


def test_its_language_is_the_recipients_until_another_is_chosen(open_browser: OpenBrowser, house: House) -> None:
    ticket = house.announce("P-1", language="de")
    with open_browser(locale="pl-PL") as browser:
        page = browser.new_page()
        page.goto(ticket)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        page.locator("[name=lang]").select_option("ar")
        page.locator(".language button").click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator(".digits-line")).to_have_text(house.digits(ticket))
        assert symbols_on(page) == {house.payload(ticket)}
        # Back from an answer, who was to be named stands there still.
        page.locator("summary").first.click()
        page.locator("[name=name]").fill("خالد")
        page.locator("[name=until]").evaluate("(each) => { each.min = ''; each.value = '2020-01-01'; }")
        page.locator("form[action$='/delegates'] button").click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator(".card h1")).to_be_visible()
        page.go_back()
        expect(page.locator("[name=name]")).to_have_value("خالد")
        expect(page.locator("[name=name]")).to_be_visible()


def test_after_the_handover_it_is_a_receipt_without_the_code(
    house: House, open_browser: OpenBrowser, clock: TurnableClock
) -> None:
    house.codes.settings = house.codes.settings.model_copy(update={"contest_photos": True})
    ticket = house.announce("P-1")
    digits = house.digits(ticket)
    with open_browser() as browser:
        page = browser.new_page()
        # As a phone that stays at Safari 15 does.
        page.add_init_script("delete AbortSignal.timeout")
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
        house.codes.write(contest_handover, recorded(house.codes).holder_id, ReportKind.OPENED)
        page.goto(ticket)
        expect(page.locator(".contest button:visible")).to_have_count(1)
        page.emulate_media(media="print")
        expect(page.locator(".contest .notice")).to_be_visible()
        expect(page.locator(".contest button:visible")).to_have_count(0)
        page.emulate_media(media="screen")
        page.get_by_text("A problem?").click()
        page.get_by_label("In your own words, if you like").fill("The corner is wet")
        photo = page.locator("[name=photo]")
        assert photo.get_attribute("data-most-bytes") == str(ScannerSettings().max_upload_bytes)
        photo.evaluate("(each) => (each.dataset.mostBytes = '3')")
        for size, said in ((4, "The photo is too large"), (3, "")):
            photo.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": bytes(size)})
            assert photo.evaluate("(each) => each.validationMessage") == said
        # Back from elsewhere, nothing that was written is lost or folded away.
        page.locator(".foot a").click()
        expect(page.locator("main.privacy")).to_be_visible()
        page.go_back()
        expect(page.get_by_label("In your own words, if you like")).to_be_visible()
        expect(page.get_by_label("In your own words, if you like")).to_have_value("The corner is wet")


def test_news_take_nobodys_tap_away(open_browser: OpenBrowser, house: House) -> None:
    ticket = house.announce("P-1")
    with open_browser() as browser:
        page = browser.new_page()
        held: list[Route] = []
        page.route("**/privacy*", lambda route: held.append(route))
        page.goto(ticket)
        page.locator(".foot a").click(no_wait_after=True)
        # The way there is slow, and meanwhile the page learns that it has ended.
        with page.expect_response(lambda answer: answer.status == 410):
            assert httpx.post(f"{ticket}/renew").status_code == 303
        page.wait_for_timeout(500)
        held[0].continue_()
        expect(page.locator("main.privacy")).to_be_visible()


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
