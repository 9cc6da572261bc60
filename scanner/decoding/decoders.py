"""Decoders: grey pixels in, symbols out. zxing-cpp always, zbar where the system has its library.

A decoder never judges: what a weak kind of symbol is worth is said in `confirmation`.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, cast

import zxingcpp

from scanner.decoding.opencv import Pixels
from scanner.decoding.symbols import Polygon, Symbol, Symbology, box

Decoder: TypeAlias = Callable[[Pixels, frozenset[Symbology]], list[Symbol]]

_ZXING_FORMATS = {
    # `QRCode` would include Micro QR, which has almost no error detection: ask for model 2 alone.
    Symbology.QR_CODE: zxingcpp.BarcodeFormat.QRCodeModel2,
    Symbology.MICRO_QR_CODE: zxingcpp.BarcodeFormat.MicroQRCode,
    Symbology.RMQR_CODE: zxingcpp.BarcodeFormat.RMQRCode,
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.AZTEC: zxingcpp.BarcodeFormat.Aztec,
    Symbology.PDF417: zxingcpp.BarcodeFormat.PDF417,
    Symbology.CODE_128: zxingcpp.BarcodeFormat.Code128,
    Symbology.CODE_93: zxingcpp.BarcodeFormat.Code93,
    Symbology.CODE_39: zxingcpp.BarcodeFormat.Code39,
    Symbology.CODABAR: zxingcpp.BarcodeFormat.Codabar,
    Symbology.ITF: zxingcpp.BarcodeFormat.ITF,
    Symbology.EAN_13: zxingcpp.BarcodeFormat.EAN13,
    Symbology.EAN_8: zxingcpp.BarcodeFormat.EAN8,
    Symbology.UPC_A: zxingcpp.BarcodeFormat.UPCA,
    Symbology.UPC_E: zxingcpp.BarcodeFormat.UPCE,
}
_ZXING_VARIANTS = {
    "QRCode": Symbology.QR_CODE,
    "QRCodeModel1": Symbology.QR_CODE,
    "AztecCode": Symbology.AZTEC,
    "AztecRune": Symbology.AZTEC,
    "CompactPDF417": Symbology.PDF417,
    "Code39Std": Symbology.CODE_39,
    "Code39Ext": Symbology.CODE_39,
    "Code32": Symbology.CODE_39,
    "PZN": Symbology.CODE_39,
    "ITF14": Symbology.ITF,
    "ISBN": Symbology.EAN_13,
}
"""Names under which zxing-cpp also reports what was asked for by its family."""
_ZXING_KINDS = {asked.name: kind for kind, asked in _ZXING_FORMATS.items()} | _ZXING_VARIANTS
_ZBAR_NAMES = {
    Symbology.QR_CODE: "QRCODE",
    Symbology.CODE_128: "CODE128",
    Symbology.CODE_93: "CODE93",
    Symbology.CODE_39: "CODE39",
    Symbology.CODABAR: "CODABAR",
    Symbology.ITF: "I25",
    Symbology.EAN_13: "EAN13",
    Symbology.EAN_8: "EAN8",
    Symbology.UPC_A: "UPCA",
    Symbology.UPC_E: "UPCE",
}
ZBAR_READS = frozenset(_ZBAR_NAMES)


def zxing(pixels: Pixels, wanted: frozenset[Symbology]) -> list[Symbol]:
    """Read with zxing-cpp."""
    found = zxingcpp.read_barcodes(pixels, formats=_zxing_formats(wanted), text_mode=zxingcpp.TextMode.Plain)
    return [_from_zxing(barcode) for barcode in found if barcode.text]


def zxing_upright(pixels: Pixels, wanted: frozenset[Symbology]) -> list[Symbol]:
    """Read with zxing-cpp what stands upright, dark on light, in a cut-out of its size."""
    found = zxingcpp.read_barcodes(
        pixels,
        formats=_zxing_formats(wanted),
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=False,
        try_invert=False,
        try_downscale=False,
    )
    return [_from_zxing(barcode) for barcode in found if barcode.text]


def zbar(pixels: Pixels, wanted: frozenset[Symbology]) -> list[Symbol]:
    """Read with zbar; an empty list where the library is missing."""
    library = zbar_library()
    kinds = wanted & ZBAR_READS
    if library is None or not kinds:
        return []
    found = library.decode(pixels, symbols=[library.ZBarSymbol[_ZBAR_NAMES[kind]] for kind in kinds])
    return [symbol for barcode in found if (symbol := _from_zbar(barcode)) is not None]


@cache
def _zxing_formats(wanted: frozenset[Symbology]) -> zxingcpp.BarcodeFormats:
    return zxingcpp.BarcodeFormats([_ZXING_FORMATS[kind] for kind in wanted])


@cache
def zbar_library() -> Any | None:
    """Return pyzbar, or None where the system lacks libzbar."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        return None
    return pyzbar


def _from_zxing(barcode: zxingcpp.Barcode) -> Symbol:
    corners = barcode.position
    polygon: Polygon = (
        (corners.top_left.x, corners.top_left.y),
        (corners.top_right.x, corners.top_right.y),
        (corners.bottom_right.x, corners.bottom_right.y),
        (corners.bottom_left.x, corners.bottom_left.y),
    )
    kind = _ZXING_KINDS[barcode.format.name]
    # As printed: eight digits, where zxing-cpp tells the thirteen that they stand for.
    text = cast("dict[str, str]", barcode.extra)["UPCE"] if kind is Symbology.UPC_E else barcode.text
    return _retail(Symbol(kind, text, polygon, barcode.content_type == zxingcpp.ContentType.GS1))


def _from_zbar(barcode: Any) -> Symbol | None:
    kind = next(kind for kind, name in _ZBAR_NAMES.items() if name == barcode.type)
    text = barcode.data.decode("utf-8", "replace")
    # zbar guesses character sets (Shift_JIS for GB 18030) and drops FNC4: what is not ASCII is not believed.
    if not text or not text.isascii():
        return None
    return _retail(Symbol(kind, text, _corners(barcode)))


def _corners(barcode: Any) -> Polygon:
    points = [(point.x, point.y) for point in barcode.polygon]
    if len(points) == 4:
        first, second, third, fourth = points
        return first, second, third, fourth
    left, top, width, height = barcode.rect
    return box([*points, (left, top), (left + width, top + height)])


def _retail(symbol: Symbol) -> Symbol:
    """Name a 13-digit EAN that begins with 0 by what is printed: UPC-A with 12 digits."""
    if symbol.symbology is Symbology.EAN_13 and symbol.text.startswith("0"):
        return Symbol(Symbology.UPC_A, symbol.text[1:], symbol.polygon)
    if symbol.symbology is Symbology.UPC_A and len(symbol.text) == 13:
        return Symbol(Symbology.UPC_A, symbol.text[1:], symbol.polygon)
    return symbol
