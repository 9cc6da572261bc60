"""Mails in a program that is not ours: taken apart by postal-mime, shown by Chromium, read by four decoders."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Playwright
from pyzbar import pyzbar

from codes.model import MessageKind, Place
from codes.recipients.tickets import Notice
from codes.values.payload import format_payload
from codes.values.symbols import code128_png, keepsake_png, qr_png
from tests.parts.browser.chromium import opened
from tests.parts.mails.mail_program import MailProgram
from tests.parts.scanning.readers import told_by_three
from web.i18n import text
from web.i18n.place_words import PLACE_WORDS
from web.mail.compose import compose
from web.mail.examining import DIGITS, PAGES, sample_notice
from web.mail.settings import MailSettings
from web.mail.wording import WITH_CODE, subject_of

LANGUAGES = ("de", "en", "ar")
SMALL, PHONE, DESK = ({"width": width, "height": 844} for width in (320, 390, 1280))
GROUPED = f"{DIGITS[:3]} {DIGITS[3:]}"
SETTINGS = MailSettings(
    sender_name="Paketdienst Größe", sender_address="codes@example.org", operations_address="house@example.org"
)


@pytest.fixture(scope="module")
def program(playwright: Playwright) -> Iterator[MailProgram]:
    """A mail program on a phone."""
    with opened(playwright, size=PHONE) as context:
        yield MailProgram(context)


def written(notice: Notice) -> bytes:
    return compose(notice, SETTINGS, PAGES).as_bytes()


def payload_of(notice: Notice) -> str:
    assert notice.ticket.code is not None
    return notice.ticket.code.payload


def readers_of(program: MailProgram, png: bytes, kind: str = "QRCode") -> dict[str, list[str]]:
    """Return what each decoder reads in a picture."""
    picture = Image.open(io.BytesIO(png))
    in_browser = {"browser": program.decode(png, "QRCodeModel2" if kind == "QRCode" else kind)}
    if kind == "QRCode":
        return told_by_three(picture) | in_browser
    grey, bars = np.asarray(picture.convert("L")), zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
    return {
        "zxing-cpp": [found.text for found in zxingcpp.read_barcodes(grey, formats=bars)],
        "zbar": [found.data.decode() for found in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.CODE128])],
    } | in_browser


def test_a_foreign_parser_finds_every_part_of_every_kind_of_message(program: MailProgram) -> None:
    notices = [sample_notice(kind, language) for kind in MessageKind for language in LANGUAGES]
    # The same symbol stands in every one of them, and is read once.
    read: dict[bytes, dict[str, list[str]]] = {}
    for notice, mail in zip(notices, program.parse([written(notice) for notice in notices]), strict=True):
        house = notice.kind is MessageKind.REPORTED
        language = SETTINGS.operations_language if house else notice.ticket.language
        if not house:
            assert mail["subject"] == subject_of(notice)
            assert mail["to"] == [{"address": "sample@example.org", "name": "Sample Recipient"}]
            assert f"{PAGES}/t/sample" in mail["html"]
            assert f"{PAGES}/t/sample" in mail["text"]
        assert mail["from"] == {"address": "codes@example.org", "name": "Paketdienst Größe"}
        assert mail["messageId"] == f"<{notice.message_id}@example.org>"
        headers = {header["key"]: header["value"] for header in mail["headers"]}
        assert (headers["auto-submitted"], headers["content-language"]) == ("auto-generated", language)
        assert f'lang="{language}"' in mail["html"]
        assert "\ufffd" not in mail["html"] + mail["text"]
        attached = {part["contentId"].strip("<>"): part for part in mail["attachments"]}
        assert all(f'src="cid:{cid}"' in mail["html"] for cid in attached)
        assert {(part["mimeType"], part["disposition"], part["related"]) for part in attached.values()} <= {
            ("image/png", "inline", True)
        }
        if notice.kind in WITH_CODE:
            assert all(GROUPED in mail[form] for form in ("html", "text"))
            assert text(language, PLACE_WORDS[Place.DOOR].only) in mail["text"]
            symbol = next(part for part in attached.values() if part["filename"] == "delivery-code.png")
            picture = base64.b64decode(symbol["content"])
            read[picture] = read.get(picture) or readers_of(program, picture)
            assert set(map(tuple, read[picture].values())) == {(payload_of(notice),)}, read


@pytest.mark.parametrize(("pictures", "styles"), [(True, False), (False, True), (False, False)])
def test_what_a_strict_program_leaves_still_shows_the_code(program: MailProgram, pictures: bool, styles: bool) -> None:
    for language in LANGUAGES:
        notice = sample_notice(MessageKind.CODE_ISSUED, language)
        shown = program.show(written(notice), pictures=pictures, styles=styles)
        digits = shown.page.get_by_text(GROUPED, exact=True)
        assert digits.is_visible()
        box = digits.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE["height"], "the digits stand on the first screen"
        assert shown.page.get_by_text(text(language, PLACE_WORDS[Place.DOOR].only)).is_visible()
        assert shown.page.get_by_role("link").first.get_attribute("href") == f"{PAGES}/t/sample"
        if pictures:
            read = readers_of(program, shown.png())
            assert set(map(tuple, read.values())) == {(payload_of(notice),)}, read
        shown.page.close()


@pytest.mark.parametrize("theme", ["light", "dark", "turned dark"])
def test_the_symbol_is_read_from_the_screen_in_every_theme(program: MailProgram, theme: str) -> None:
    notice = sample_notice(MessageKind.DELIVERY_DAY, "en")
    # Nobody's long name makes a mail wider than the screen.
    notice = replace(notice, ticket=replace(notice.ticket, name="Wolfeschlegelsteinhausenbergerdorff" * 3))
    shown = program.show(written(notice), dark=theme == "turned dark")
    if theme == "dark":
        shown.page.emulate_media(color_scheme="dark")
    for size in (SMALL, PHONE, DESK):
        shown.page.set_viewport_size(size)  # type: ignore[arg-type]
        read = readers_of(program, shown.png())
        assert set(map(tuple, read.values())) == {(payload_of(notice),)}, (size, read)
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    shown.page.close()


@pytest.mark.parametrize("token", [0, 1, (1 << 96) - 1, 0x5EED_73EE_0852_0123_4567_89AB])
def test_every_picture_of_a_code_is_read_by_each_decoder(program: MailProgram, token: int) -> None:
    payload = format_payload(token)
    drawn = {
        "mail": ("QRCode", qr_png(payload)),
        "print": ("QRCode", qr_png(payload, module_pixels=4)),
        "kept": ("QRCode", keepsake_png(payload, "004217")),
        "bars": ("Code128", code128_png(payload)),
        "fine bars": ("Code128", code128_png(payload, module_pixels=3, height_pixels=200)),
    }
    for name, (kind, png) in drawn.items():
        read = readers_of(program, png, kind)
        assert set(map(tuple, read.values())) == {(payload,)}, (name, read)
