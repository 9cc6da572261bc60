"""A payload as pictures: QR version 2 at level H, and Code 128 in set C."""

from __future__ import annotations

import io

import qrcode
import zxingcpp
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_H
from qrcode.util import MODE_NUMBER, QRData

from codes.values.payload import PAYLOAD_DIGITS

QR_VERSION = 2
QR_BORDER = 6
"""Modules of white around the symbol, inside the picture; ISO/IEC 18004 §6.3.8 asks for 4."""
CODE128_QUIET_ZONE = 10
"""Modules of white beside the bars (ISO/IEC 15417 §4.4)."""


DIGITS_HEIGHT = 180
"""Pixels below the symbol of a kept picture."""


class PayloadOutgrown(ValueError):
    """The text no longer fits the symbol that was agreed."""


def qr_png(payload: str, *, module_pixels: int = 10) -> bytes:
    """Draw 34 digits as a PNG of one bit a pixel, opaque, (25 + 2 × 6) modules wide (ISO/IEC 18004)."""
    symbol = qrcode.QRCode(
        version=QR_VERSION, error_correction=ERROR_CORRECT_H, box_size=module_pixels, border=QR_BORDER
    )
    symbol.add_data(QRData(payload.encode(), mode=MODE_NUMBER))
    try:
        symbol.make(fit=False)
    except qrcode.exceptions.DataOverflowError as error:
        raise PayloadOutgrown("the payload no longer fits QR version 2 at level H") from error
    return _png(symbol.make_image().get_image().convert("1"))


def keepsake_png(payload: str, digits: str) -> bytes:
    """Draw the QR symbol with the six digits below it, dark on white, as one picture to keep."""
    symbol = Image.open(io.BytesIO(qr_png(payload, module_pixels=20))).convert("L")
    picture = Image.new("L", (symbol.width, symbol.height + DIGITS_HEIGHT), 255)
    picture.paste(symbol, (0, 0))
    place = (picture.width // 2, symbol.height + DIGITS_HEIGHT // 3)
    words, font = f"{digits[:3]} {digits[3:]}", ImageFont.load_default(DIGITS_HEIGHT * 2 // 3)
    ImageDraw.Draw(picture).text(place, words, fill=0, font=font, anchor="mm")
    return _png(picture)


def code128_png(payload: str, *, module_pixels: int = 2, height_pixels: int = 120) -> bytes:
    """Draw an even number of digits as Code 128 in set C (ISO/IEC 15417), with its quiet zones."""
    if len(payload) != PAYLOAD_DIGITS or not payload.isdigit():
        raise PayloadOutgrown("Code 128 in set C takes the 34 digits of a payload")
    return label_png(payload, module_pixels=module_pixels, height_pixels=height_pixels)


def label_png(reference: str, *, module_pixels: int = 2, height_pixels: int = 120) -> bytes:
    """Draw a tracking number as Code 128, as it stands on a parcel's label."""
    barcode = zxingcpp.create_barcode(reference, zxingcpp.BarcodeFormat.Code128)
    bars = Image.fromarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False)).crop()
    row = bars.crop((0, bars.height // 2, bars.width, bars.height // 2 + 1))
    drawn = row.resize((row.width * module_pixels, height_pixels), Image.Resampling.NEAREST)
    margin = CODE128_QUIET_ZONE * module_pixels
    picture = Image.new("L", (drawn.width + 2 * margin, drawn.height + 2 * margin), 255)
    picture.paste(drawn, (margin, margin))
    return _png(picture.convert("1"))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
