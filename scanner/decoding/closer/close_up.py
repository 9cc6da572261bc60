"""A closer look at one doubtful row of bars: a straightened, enlarged cut-out, which costs little to read again."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from scanner.decoding.confirmation import BAND
from scanner.decoding.decoders import Decoder, zbar, zxing, zxing_upright
from scanner.decoding.opencv import Pixels, need_opencv, opencv
from scanner.decoding.preparations import View, sharpened, softened, turned
from scanner.decoding.symbols import Polygon

_MARGIN = 0.25
_SLANT_DEGREES = 6.0
_WORKING_SIDE = 900
_STRIP_ROWS, _HIGHER_STRIP_ROWS = 8, 48
_BANDS = (0, -1, 1, -2, 2, -3, 3, -4)

Attempt: TypeAlias = tuple[str, Pixels, Decoder]


def closer_attempts(pixels: Pixels, polygon: Polygon) -> Iterator[Attempt]:
    """Yield attempts at grey cut-outs around a polygon, from the cheapest to the most altered.

    Where a few rows are enough they are much cheaper; attempts of one name count once.
    """
    cut = _cut_out(pixels, polygon)
    if not cut.size:
        return
    slant = _slant_degrees(polygon)
    if abs(slant) <= _SLANT_DEGREES:
        yield from _upright_attempts(pixels, polygon, cut)
        # Of a large cut-out zxing-cpp costs a quarter of zbar.
        yield from (("cut_out/zxing", cut, zxing), ("cut_out/zbar", cut, zbar))
    else:
        yield from _by_both("cut_out", cut)
    cv2 = opencv()
    if cv2 is None:
        return
    straight = turned(cut, slant).pixels if abs(slant) > _SLANT_DEGREES else cut
    factor = min(3.0, max(1.0, _WORKING_SIDE / max(straight.shape)))
    enlarged = cv2.resize(straight, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    for name, prepared in (
        ("enlarged", enlarged),
        ("enlarged_sharpened", sharpened(enlarged).pixels),
        ("enlarged_softened", softened(enlarged).pixels),
        ("enlarged_evened", _evened(enlarged).pixels),
    ):
        yield from _by_both(name, prepared)
        yield from _bands(prepared)


def _by_both(name: str, pixels: Pixels) -> Iterator[Attempt]:
    yield f"{name}/zbar", pixels, zbar
    yield f"{name}/zxing", pixels, zxing


def _upright_attempts(pixels: Pixels, polygon: Polygon, cut: Pixels) -> Iterator[Attempt]:
    for rows, decoders in ((_STRIP_ROWS, (zbar, zxing_upright)), (_HIGHER_STRIP_ROWS, (zxing_upright,))):
        strip = _strip(pixels, polygon, rows)
        if strip.size and strip.shape[0] < cut.shape[0]:
            yield from ((f"cut_out/{'zbar' if decoder is zbar else 'zxing'}", strip, decoder) for decoder in decoders)
    yield "cut_out/zxing", cut, zxing_upright


def _bands(straight: Pixels) -> Iterator[Attempt]:
    """Yield bands of rows, none over another, through bars that stand upright: each is a witness of its own."""
    middle, height = straight.shape[0] // 2, max(_STRIP_ROWS, straight.shape[0] // 16)
    for number in _BANDS:
        top = middle + number * height
        if 0 <= top < straight.shape[0]:
            band = np.ascontiguousarray(straight[top : top + height])
            yield f"{BAND}{number}/zxing", band, zxing_upright
            yield f"{BAND}{number}/zbar", band, zbar


def _evened(pixels: Pixels) -> View:
    return View(need_opencv().createCLAHE(2.0, (4, 4)).apply(pixels))


def _cut_out(pixels: Pixels, polygon: Polygon) -> Pixels:
    xs, ys = zip(*polygon, strict=True)
    margin = round(_MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))) + 8
    rows = slice(max(0, min(ys) - margin), max(0, max(ys) + margin))
    columns = slice(max(0, min(xs) - margin), max(0, max(xs) + margin))
    return np.ascontiguousarray(pixels[rows, columns])


def _strip(pixels: Pixels, polygon: Polygon, height: int) -> Pixels:
    """Return some rows through the middle of bars that stand upright, with room to both sides."""
    xs, ys = zip(*polygon, strict=True)
    margin, top = round(_MARGIN * (max(xs) - min(xs))) + 8, max(0, (min(ys) + max(ys) - height) // 2)
    return np.ascontiguousarray(pixels[top : top + height, max(0, min(xs) - margin) : max(xs) + margin])


def _slant_degrees(polygon: Polygon) -> float:
    """Return how far the longest edge is from the nearer axis, -45 to 45."""
    edges = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    (x1, y1), (x2, y2) = max(edges, key=lambda edge: math.dist(*edge))
    return (math.degrees(math.atan2(y2 - y1, x2 - x1)) + 45) % 90 - 45
