"""Symbols made by somebody who means harm are shown as text at most, and followed never."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import qrcode
from playwright.sync_api import expect

from tests.browser.camera_film import scene, write_film
from tests.browser.people import OpenBrowser, enrol, start_camera, type_label, verdict, watch
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


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_symbol_is_no_delivery_code_and_nothing_else_happens(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, text: str
) -> None:
    film = write_film(tmp_path / "hostile.y4m", [scene(picture_of(text))])
    with open_browser(film=film) as phone:
        driver = watch(phone.new_page())
        enrol(driver.page, house, "driver", "en")
        title, address = driver.page.title(), driver.page.url
        type_label(driver.page, "SAMPLE0002")
        start_camera(driver.page)
        assert verdict(driver.page) in ("unknown_symbol", "wrong_code")
        assert (driver.page.title(), driver.page.url) == (title, address)
        expect(driver.page.locator("img, iframe, script:not([src])")).to_have_count(0)
        assert driver.hosts == {"localhost"}


def test_a_label_that_is_markup_is_shown_as_text(house: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser() as phone:
        driver = watch(phone.new_page())
        enrol(driver.page, house, "driver", "en")
        driver.page.locator("[data-type]").click()
        driver.page.locator("[name=reference]").fill("<b>PARCEL</b>")
        driver.page.locator("dialog [value=ok]").click()
        expect(driver.page.locator("dialog")).to_be_visible()
        expect(driver.page.locator("[data-parcels] .chip")).to_have_count(0)
