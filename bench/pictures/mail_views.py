"""Show mails as mail programs do, and keep what they look like: `make mail-views`.

Small pictures (WebP) in docs/screenshots: on a phone and on a desk, light and turned dark, with pictures
blocked, with styles stripped, with a house's own look, and from right to left.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Playwright, sync_playwright

from codes.model import MessageKind
from tests.parts.browser.chromium import opened
from tests.parts.mails.mail_program import MailProgram
from web.mail.compose import compose
from web.mail.examining import PAGES, sample_notice
from web.mail.look import LookSettings
from web.mail.settings import MailSettings

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PLAIN = MailSettings(sender_name="Doorcode", sender_address="codes@example.org")


def keep(png: bytes, name: str) -> None:
    """Write a picture, small enough for a repository."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.save(TARGET / f"{name}.webp", quality=60, method=6)
    print(name, (TARGET / f"{name}.webp").stat().st_size)


def decorated(folder: Path) -> MailSettings:
    """Return the settings of a house with a logo, a colour and an imprint."""
    logo = Image.new("RGB", (360, 96), "#0b3d91")
    ImageDraw.Draw(logo).text((24, 20), "Example", fill="white", font_size=48)
    logo.save(folder / "logo.png")
    look = LookSettings(logo=folder / "logo.png", accent="#ffb000", footer={"de": "Beispiel GmbH\nMusterweg 1, Berlin"})
    return PLAIN.model_copy(update={"sender_name": "Beispiel-Pakete", "look": look})


def take(playwright: Playwright, folder: Path) -> None:
    """Show the mails and keep what is seen."""
    code, arabic = (
        compose(sample_notice(MessageKind.CODE_ISSUED, each), PLAIN, PAGES).as_bytes() for each in ("en", "ar")
    )
    house = compose(sample_notice(MessageKind.DELIVERY_DAY, "de"), decorated(folder), PAGES).as_bytes()
    event = compose(sample_notice(MessageKind.WRONG_TRIES, "en"), PLAIN, PAGES).as_bytes()
    with opened(playwright, size=PHONE) as context:
        program = MailProgram(context)
        keep(program.show(code).png(), "mail-phone")
        keep(program.show(arabic).png(), "mail-arabic")
        keep(program.show(house).png(), "mail-house")
        keep(program.show(event).png(), "mail-event")
        keep(program.show(code, dark=True).png(), "mail-turned-dark")
        keep(program.show(code, pictures=False).png(), "mail-no-pictures")
        keep(program.show(code, styles=False).png(), "mail-no-styles")
    with opened(playwright, size=DESK) as context:
        keep(MailProgram(context).show(code).png(), "mail-desk")


def main() -> int:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        take(playwright, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
