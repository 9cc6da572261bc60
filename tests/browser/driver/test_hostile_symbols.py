"""Symbols made by somebody who means harm are shown as text at most, and followed never."""

from __future__ import annotations

import io
from pathlib import Path

import qrcode
from playwright.sync_api import expect

from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.people import VERDICT_WITHIN_MS, OpenBrowser, enrol, start_camera, type_label, watch
from tests.parts.running_service import RunningService

HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">",
    "https://evil.example/login?next=<script>alert(1)</script>",
    "javascript:document.title='owned'",
    "'; DROP TABLE parcels; --",
    "7310000000000000000000000000000000",
    "73" + "1" * 60,
    "\u202e\u2066right to left\u2069 tricks",
    "{{7*7}} ${7*7} %(user)s",
]


def picture_of(text: str) -> bytes:
    """Draw any text as QR symbol."""
    symbol = qrcode.QRCode(box_size=8, border=4)
    symbol.add_data(text)
    out = io.BytesIO()
    symbol.make_image().save(out)
    return out.getvalue()


def test_a_hostile_symbol_is_no_delivery_code_and_nothing_else_happens(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    film = tmp_path / "hostile.y4m"
    with open_browser(film=film) as phone:
        driver = watch(phone.new_page())
        enrol(driver.page, house, "driver", "en")
        title, address = driver.page.title(), driver.page.url
        for text in HOSTILE:
            # A camera that starts anew plays what the file holds now.
            # The symbol is taken away and held up again, as anybody does when nothing happens.
            write_film(film, [scene(picture_of(text)), scene(), scene()])
            driver.page.reload()
            type_label(driver.page, "SAMPLE0002")
            start_camera(driver.page)
            # What has the form of a number is a label that no parcel knows; anything else was shown as a code.
            told = driver.page.locator(".verdict, [data-remark]").first
            told.wait_for(timeout=VERDICT_WITHIN_MS)
            outcome = told.get_attribute("data-outcome") or told.get_attribute("data-remark")
            assert outcome in ("unknown_symbol", "wrong_code", "unknown_parcel"), text
            assert (driver.page.title(), driver.page.url) == (title, address), text
            foreign = driver.page.locator("img, iframe, script:not([src])")
            expect(foreign, text).to_have_count(0)
            assert driver.hosts == {"localhost"}, text


def test_a_label_that_is_markup_is_shown_as_text(house: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser() as phone:
        driver = watch(phone.new_page())
        enrol(driver.page, house, "driver", "en")
        driver.page.locator("[data-type]").click()
        driver.page.locator("[name=reference]").fill("<b>PARCEL</b>")
        driver.page.locator("dialog [value=ok]").click()
        expect(driver.page.locator("dialog")).to_be_visible()
        expect(driver.page.locator("[data-parcels] .chip")).to_have_count(0)
