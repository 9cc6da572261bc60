"""Every symbol that a holder shows, on screens and on paper, is read by four readers of which none knows the others."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Playwright

from codes.life.delegates import name_delegate
from codes.life.parcel_records import find_parcel
from codes.model import Person
from scanner.decoding.opencv import Pixels
from tests.parts.browser.house import House, app, codes, house, picture_reader, settings
from tests.parts.browser.page_reader import PageReader, page_reader
from tests.parts.browser.people import DESK, PHONE, OpenBrowser
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.scanning.readers import known_alone, zbar, zxing

CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)

__all__ = ["app", "codes", "house", "picture_reader", "settings"]

SMALL = {"width": 360, "height": 640}
INCH = 72
SCREEN_DPI, PRINTER_DPI = 96, 200
QR, BARS = "QRCode", "Code128"


class Readers:
    """Shows each picture to all readers; our own knows one symbol alone, and no bars.

    OpenCV is none of them: it misses four of a hundred perfect symbols.
    """

    def __init__(self, page: PageReader, folder: Path) -> None:
        self._page = page
        self._file = folder / "picture.png"
        self.shown = 0

    def agree(self, picture: Image.Image, payload: str, *kinds: str) -> None:
        """Expect each reader to find the payload in each kind of symbol that it knows."""
        pixels: Pixels = np.asarray(cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR), np.uint8)
        bars = close_to_bars(picture) if BARS in kinds else []
        found = {
            "zxing-cpp": set(zxing(pixels)),
            "zbar": set(zbar(pixels)),
            "our own": set(known_alone(pixels)),
            "zxing-wasm": {found for each in (picture, *bars) for found in self._in_the_page(each)},
        }
        self.shown += 1
        for kind in kinds:
            for reader in found.keys() - ({"our own"} if kind == BARS else set()):
                assert (kind, payload) in found[reader], (self.shown, reader, kind, found[reader])

    def _in_the_page(self, picture: Image.Image) -> set[tuple[str, str]]:
        picture.save(self._file)
        return set(self._page.read_still(self._file))


def close_to_bars(picture: Image.Image) -> list[Image.Image]:
    """Hold the camera close to each Code 128: the page's reader is content with the first symbol that it finds."""
    pixels = np.asarray(picture.convert("RGB"))
    views = []
    for found in zxingcpp.read_barcodes(pixels, formats=CODE_128):
        where = found.position
        corners = (where.top_left, where.top_right, where.bottom_right, where.bottom_left)
        left, right = min(each.x for each in corners), max(each.x for each in corners)
        top, bottom = min(each.y for each in corners), max(each.y for each in corners)
        margin = max(right - left, bottom - top) // 8
        views.append(picture.crop((left - margin, top - margin // 2, right + margin, bottom + margin // 2)))
    return views


def screen(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot(full_page=True)))


def paper(page: Page, dpi: int) -> Image.Image:
    """Print the page into a PDF of one sheet, and draw that as a printer does."""
    (sheet,) = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    drawn: Image.Image = sheet.render(scale=dpi / INCH).to_pil()
    return drawn


def test_each_reader_reads_each_symbol(
    playwright: Playwright, open_browser: OpenBrowser, house: House, clock: TurnableClock, tmp_path: Path
) -> None:
    ticket = house.announce("P-1")
    holder = house.codes.read(find_parcel, "P-1")
    assert holder is not None
    named = house.codes.write(
        name_delegate, holder.holder_id, Person("Uncle Bo", None, "ar"), clock() + timedelta(days=2)
    )
    delegates = f"{house.url}/t/{named.ticket_key}"
    house.codes.settings = house.codes.settings.model_copy(update={"print_letters": True})
    with (
        page_reader(playwright, f"{house.url}/enrol", [QR, BARS]) as own,
        open_browser(size=DESK) as desk,
    ):
        readers, page = Readers(own, tmp_path), desk.new_page()
        for address in (ticket, delegates):
            payload = house.payload(address)
            for theme in ("light", "dark"):
                for size in (SMALL, PHONE, DESK):
                    page.set_viewport_size({"width": size["width"], "height": size["height"]})
                    page.emulate_media(color_scheme=theme)
                    page.goto(address)
                    readers.agree(screen(page), payload, QR)
                    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
                    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            page.locator("details:has(.bars) > summary").click()
            page.evaluate("document.querySelector('details .bars').decode()")
            readers.agree(screen(page), payload, BARS)
            for kind in ("a4", "strip"):
                page.goto(f"{address}?paper={kind}")
                for dpi in (SCREEN_DPI, PRINTER_DPI):
                    kinds = (QR, BARS) if dpi == PRINTER_DPI else (QR,)
                    readers.agree(paper(page, dpi), payload, *kinds)
            kept = page.request.get(f"{address}/picture.png").body()
            readers.agree(Image.open(io.BytesIO(kept)), payload, QR)

        page.goto(f"{house.url}/office/sign-in?lang=en")
        page.locator("[name=name]").fill("admin")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("button[type=submit]").click()
        page.goto(f"{house.url}/office/parcels/P-1")
        page.locator("summary", has_text="Give the code another way").click()
        page.get_by_role("button", name="Print a letter").click()
        page.wait_for_load_state()
        letter = house.payload(ticket)
        readers.agree(screen(page), letter, QR)
        readers.agree(paper(page, PRINTER_DPI), letter, QR, BARS)
        assert readers.shown == 26
