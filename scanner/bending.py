"""Read QR symbols on cloth and curved paper: located, flattened, and bent along either side until they are decoded."""

from functools import cache

import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.decoders import zxing
from scanner.symbols import Symbol, Symbology
from scanner.vision import Pixels, need_opencv

Floats = npt.NDArray[np.float32]

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2])
_SIDE = 400
_BORDER = 60
_SMALLEST_AREA = 400
_MOST_LOCATED = 2
_BENDS = (-0.015, 0.015, -0.03, 0.03)
"""Shares of a symbol's side by which its middle may be moved."""


def unbent(pixels: Pixels, wanted: frozenset[Symbology]) -> list[Symbol]:
    """Read QR symbols that zxing-cpp locates and cannot correct, flattened and bent along either side."""
    found: list[Symbol] = []
    for corners in _located(pixels)[:_MOST_LOCATED]:
        flat = _flattened(pixels, corners)
        texts = (symbol.text for bent in _bendings() for symbol in zxing(_moved(flat, bent), wanted))
        text = next(texts, None)
        if text is not None:
            first, second, third, fourth = ((round(x), round(y)) for x, y in corners.tolist())
            found.append(Symbol(Symbology.QR_CODE, text, (first, second, third, fourth)))
    return found


def _located(pixels: Pixels) -> list[Floats]:
    """Return the corners of QR symbols that are found and not decoded."""
    found = zxingcpp.read_barcodes(pixels, formats=_QR, return_errors=True)
    each = (barcode.position for barcode in found if not barcode.valid)
    corners = [
        np.array([(at.x, at.y) for at in (one.top_left, one.top_right, one.bottom_right, one.bottom_left)], np.float32)
        for one in each
    ]
    return [one for one in corners if need_opencv().contourArea(one) > _SMALLEST_AREA]


def _flattened(pixels: Pixels, corners: Floats) -> Pixels:
    cv2 = need_opencv()
    low, high = _BORDER, _SIDE - _BORDER
    square = np.array([(low, low), (high, low), (high, high), (low, high)], np.float32)
    warp = cv2.getPerspectiveTransform(corners, square)
    flat: Pixels = cv2.warpPerspective(
        pixels, warp, (_SIDE, _SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return flat


def _moved(flat: Pixels, bent: tuple[Floats, Floats]) -> Pixels:
    cv2 = need_opencv()
    moved: Pixels = cv2.remap(flat, *bent, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved


@cache
def _bendings() -> tuple[tuple[Floats, Floats], ...]:
    """Return the places from which each pixel comes: bows along either side, a bulge, a corner that is elsewhere."""
    rows, columns = np.mgrid[:_SIDE, :_SIDE].astype(np.float32)
    inner = _SIDE - 2 * _BORDER
    u, v = (columns - _SIDE / 2) / (inner / 2), (rows - _SIDE / 2) / (inner / 2)
    shapes = (1 - u * u, 1 - v * v, (1 - u * u) * (1 - v * v), (1 + u) * (1 + v) / 4)
    return tuple(
        moved
        for amount in _BENDS
        for shape in shapes
        for moved in (
            ((columns + amount * inner * shape).astype(np.float32), rows),
            (columns, (rows + amount * inner * shape).astype(np.float32)),
        )
    )
