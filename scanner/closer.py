"""A closer look at one doubtful row of bars: a straightened, enlarged cut-out, which costs little to read again."""

import math
from collections.abc import Iterator

import numpy as np

from scanner.steps import View, sharpened, softened, turned
from scanner.symbols import Polygon
from scanner.vision import Pixels, need_opencv, opencv

_MARGIN = 0.25
_SLANT_DEGREES = 6.0
_WORKING_SIDE = 900


def closer_views(pixels: Pixels, polygon: Polygon) -> Iterator[tuple[str, Pixels]]:
    """Yield named grey cut-outs around a polygon, from the plainest to the most altered."""
    cut = _cut_out(pixels, polygon)
    if not cut.size:
        return
    yield "cut_out", cut
    cv2 = opencv()
    if cv2 is None:
        return
    slant = _slant_degrees(polygon)
    straight = turned(cut, slant).pixels if abs(slant) > _SLANT_DEGREES else cut
    factor = min(3.0, max(1.0, _WORKING_SIDE / max(straight.shape)))
    enlarged = cv2.resize(straight, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    yield "enlarged", enlarged
    yield "enlarged_sharpened", sharpened(enlarged).pixels
    yield "enlarged_softened", softened(enlarged).pixels
    yield "enlarged_evened", _evened(enlarged).pixels


def _evened(pixels: Pixels) -> View:
    return View(need_opencv().createCLAHE(2.0, (4, 4)).apply(pixels))


def _cut_out(pixels: Pixels, polygon: Polygon) -> Pixels:
    xs, ys = zip(*polygon, strict=True)
    margin = round(_MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))) + 8
    rows = slice(max(0, min(ys) - margin), max(0, max(ys) + margin))
    columns = slice(max(0, min(xs) - margin), max(0, max(xs) + margin))
    return np.ascontiguousarray(pixels[rows, columns])


def _slant_degrees(polygon: Polygon) -> float:
    """Return how far the longest edge is from the nearer axis, -45 to 45."""
    edges = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    (x1, y1), (x2, y2) = max(edges, key=lambda edge: math.dist(*edge))
    return (math.degrees(math.atan2(y2 - y1, x2 - x1)) + 45) % 90 - 45
