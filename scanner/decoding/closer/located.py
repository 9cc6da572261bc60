"""A closer look at QR symbols that were located and not read: each flattened, evened, sharpened and bent until it is.

A flat cut-out of known size costs a millisecond to read, and its modules are of one size: what takes a window or a
radius takes one that fits. All symbols get the cheap attempts before any gets a dear one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.decoding.closer.finders import symbols_located
from scanner.decoding.closer.grid import read_on_grid
from scanner.decoding.confirmation import same_place
from scanner.decoding.decoders import zbar, zxing
from scanner.decoding.deconvolve import focused
from scanner.decoding.opencv import Pixels, need_opencv, wide_blur
from scanner.decoding.preparations import at_most
from scanner.decoding.symbols import Polygon, Symbol, Symbology

Floats = npt.NDArray[np.float32]
Attempt: TypeAlias = Callable[[Pixels], list[Symbol]]

_QR = frozenset({Symbology.QR_CODE})
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2])
_SEARCHED_SIDE = 2000
_MOST_SEARCHED, _MOST_LOCATED, _MOST_ON_GRID = 40, 12, 5
_SIDE = 400
_BORDER = 60
_INNER = _SIDE - 2 * _BORDER
_SMALLEST_AREA = 400.0
_SIDES = range(21, 62, 4)
_ATTEMPTS_AT_ANY = 4
_POSSIBLE, _LIKELY, _SURE = 0.28, 0.4, 0.72
"""Likeness to finder and timing patterns that is worth some looks, that is worth all, and that no texture has."""
_FINDER = np.pad(np.pad(np.pad(np.zeros((3, 3), np.uint8), 1, constant_values=255), 1), 1, constant_values=255)


@dataclass(frozen=True, slots=True)
class Located:
    """A symbol that is seen and not read: its outer corners in the picture, and it alone, flat, with its border."""

    corners: Floats
    flat: Pixels
    sureness: float

    @property
    def is_sure(self) -> bool:
        """Say whether no texture looks so."""
        return self.sureness >= _SURE

    @property
    def place(self) -> Polygon:
        """Return the corners as a symbol has them."""
        return _polygon(self.corners)


def read_located(located: list[Located], is_late: Callable[[], bool]) -> Iterator[Symbol]:
    """Yield each symbol as soon as it is read."""
    told: list[Polygon] = []
    for number, attempt in enumerate(_attempts()):
        if number == _ATTEMPTS_AT_ANY:
            located = [each for each in located if each.sureness >= _LIKELY]
        for each in located[:_MOST_ON_GRID] if attempt is _on_grid else located:
            if is_late():
                return
            if any(same_place(each.place, polygon) for polygon in told):
                continue
            symbol = next(iter(attempt(each.flat)), None)
            if symbol is not None:
                found = Symbol(symbol.symbology, symbol.text, _in_picture(symbol.polygon, each.corners), symbol.gs1)
                told.append(found.polygon)
                yield found


def locate(pixels: Pixels, told: list[Polygon], is_late: Callable[[], bool]) -> list[Located]:
    """Return what looks like a QR symbol by its finder and timing patterns where none is told, the surest first."""
    view = at_most(pixels, _SEARCHED_SIDE)
    scale = np.float32(view.back[0])
    shown = [np.array(polygon, np.float32) / scale for polygon in told]
    found: list[Located] = []
    for corners in _places(view.pixels, shown, is_late):
        if is_late():
            break
        is_small = need_opencv().contourArea(corners) < _INNER**2
        flat = _flattened(pixels, corners * scale) if is_small else _flattened(view.pixels, corners)
        found.append(Located(corners * scale, flat, _sureness(flat)))
    found.sort(key=lambda each: -each.sureness)
    return [each for each in found[:_MOST_LOCATED] if each.sureness >= _POSSIBLE]


def _places(pixels: Pixels, told: list[Floats], is_late: Callable[[], bool]) -> list[Floats]:
    """Return the corners of what zxing-cpp or finder patterns locate, apart from what was told."""
    errors = zxingcpp.read_barcodes(pixels, formats=_FORMATS, return_errors=True)
    positions = [each.position for each in errors if not each.valid]
    corners = [
        np.array([(at.x, at.y) for at in (one.top_left, one.top_right, one.bottom_right, one.bottom_left)], np.float32)
        for one in positions
    ]
    corners += symbols_located(pixels, told, is_late)
    shown = [_polygon(each) for each in told]
    large = (each for each in corners if need_opencv().contourArea(each) >= _SMALLEST_AREA)
    return [each for each in large if not any(same_place(_polygon(each), one) for one in shown)][:_MOST_SEARCHED]


def _attempts() -> Iterator[Attempt]:
    """Yield what is tried with a flat symbol, in the order of what it wins per millisecond."""
    cv2 = need_opencv()
    three = np.ones((3, 3), np.uint8)
    yield lambda flat: zxing(flat, _QR)
    yield lambda flat: zbar(_split(_soft(flat, 1.5), 31, 2), _QR)
    yield lambda flat: zxing(_normal(_soft(flat, 1.0), 40), _QR)
    yield lambda flat: zxing(_sharp(_soft(flat, 1.5), 6, 3), _QR)
    yield lambda flat: zbar(flat, _QR)
    yield lambda flat: zxing(_stretched(_soft(flat, 1.0), 21), _QR)
    yield lambda flat: zbar(_stretched(_soft(flat, 1.0), 41), _QR)
    yield lambda flat: zbar(_sharp(_soft(flat, 1.5), 10, 4), _QR)
    yield lambda flat: zxing(cv2.createCLAHE(3.0, (8, 8)).apply(flat), _QR)
    yield lambda flat: zxing(_powered(flat, 0.4), _QR)
    yield lambda flat: zxing(_powered(flat, 4), _QR)
    yield lambda flat: zxing(cv2.erode(flat, three), _QR)
    yield lambda flat: zxing(cv2.dilate(flat, three), _QR)
    yield lambda flat: zxing(focused(flat, 6.0, 0.01).pixels, _QR)
    yield lambda flat: zbar(focused(flat, 8.0, 0.02).pixels, _QR)
    yield _on_grid


def _on_grid(flat: Pixels) -> list[Symbol]:
    return read_on_grid(flat, _square())


def _sureness(flat: Pixels) -> float:
    """Return how much it looks like a symbol: the lower of what finder patterns and timing patterns say."""
    return min(max(_timing(flat), _timing(np.ascontiguousarray(flat.T))), _finders(flat))


def _timing(flat: Pixels) -> float:
    """Return how well the best row between two finder patterns repeats itself after two modules, turned after one.

    That is the timing pattern (ISO/IEC 18004 §6.3.5), of versions 1 to 11.
    """
    cv2 = need_opencv()
    best = 0.0
    for modules in _SIDES:
        module = _INNER / modules
        begin, end = _BORDER + round(7.5 * module), _SIDE - _BORDER - round(7.5 * module)
        top, bottom = _BORDER + round(5 * module), _BORDER + round(8 * module)
        rows = cv2.blur(flat[top:bottom, begin:end], (1, max(1, round(module / 2)))).astype(np.float32)
        rows -= cv2.blur(rows, (2 * max(1, round(module)), 1))
        lag = max(1, round(module))
        if rows.shape[1] < 5 * lag:
            continue
        near = _likeness(rows[:, :-lag], rows[:, lag:])
        far = _likeness(rows[:, : -2 * lag], rows[:, 2 * lag :])
        best = max(best, float(np.minimum(-near, far).max()))
    return best


def _finders(flat: Pixels) -> float:
    """Return how well the second best of three corners shows a finder pattern of some size: one may be covered."""
    cv2 = need_opencv()
    small = cv2.resize(flat, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    side, border = _SIDE // 2, _BORDER // 4
    best = 0.0
    for modules in _SIDES:
        module = _INNER / modules / 2
        pattern = cv2.resize(_FINDER, None, fx=module, fy=module, interpolation=cv2.INTER_AREA)
        reach = border + round(11 * module) + 10
        low, high = slice(border, reach), slice(side - reach, side - border)
        corners = (small[low, low], small[low, high], small[high, low])
        likeness = sorted(float(cv2.matchTemplate(each, pattern, cv2.TM_CCOEFF_NORMED).max()) for each in corners)
        best = max(best, likeness[1])
    return best


def _likeness(one: Floats, other: Floats) -> Floats:
    """Return the correlation of each row with that of the other."""
    norm = np.sqrt((one * one).sum(axis=1) * (other * other).sum(axis=1))
    likeness: Floats = (one * other).sum(axis=1) / np.maximum(norm, 1.0)
    return likeness


def _soft(flat: Pixels, sigma: float) -> Pixels:
    soft: Pixels = need_opencv().GaussianBlur(flat, (0, 0), sigma)
    return soft


def _split(flat: Pixels, width: int, below: int) -> Pixels:
    cv2 = need_opencv()
    split: Pixels = cv2.adaptiveThreshold(flat, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, width, below)
    return split


def _sharp(flat: Pixels, sigma: float, amount: float) -> Pixels:
    sharp: Pixels = need_opencv().addWeighted(flat, 1 + amount, _soft(flat, sigma), -amount, 0)
    return sharp


def _normal(flat: Pixels, sigma: float) -> Pixels:
    """Give every place the same mean and spread of brightness."""
    values = flat.astype(np.float32)
    mean = wide_blur(values, sigma)
    spread = np.sqrt(np.maximum(wide_blur(values * values, sigma) - mean * mean, 4))
    evened: Pixels = np.clip(128 + 60 * (values - mean) / spread, 0, 255).astype(np.uint8)
    return evened


def _stretched(flat: Pixels, width: int) -> Pixels:
    """Stretch what lies between the darkest and the lightest around each place to black and white."""
    cv2 = need_opencv()
    kernel = np.ones((width, width), np.uint8)
    low = cv2.blur(cv2.erode(flat, kernel), (width, width)).astype(np.float32)
    high = cv2.blur(cv2.dilate(flat, kernel), (width, width)).astype(np.float32)
    stretched: Pixels = np.clip((flat - low) / np.maximum(high - low, 16) * 255, 0, 255).astype(np.uint8)
    return stretched


def _powered(flat: Pixels, gamma: float) -> Pixels:
    powered: Pixels = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)[flat]
    return powered


def _flattened(pixels: Pixels, corners: Floats) -> Pixels:
    """Return the symbol upright, with its surroundings, reduced before it is warped so that nothing is left out."""
    cv2 = need_opencv()
    reach = (corners.max(axis=0) - corners.min(axis=0)).max() * _BORDER / _INNER * 1.5
    left, top = np.maximum(corners.min(axis=0) - reach, 0).astype(int)
    right, bottom = np.maximum(corners.max(axis=0) + reach, 1).astype(int)
    cut = pixels[top:bottom, left:right]
    placed = corners - np.array([left, top], np.float32)
    share = _INNER / float(np.sqrt(cv2.contourArea(corners)))
    if share < 0.7:
        size = max(1, round(cut.shape[1] * share)), max(1, round(cut.shape[0] * share))
        placed = placed * np.array([size[0] / cut.shape[1], size[1] / cut.shape[0]], np.float32)
        cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    warp = cv2.getPerspectiveTransform(placed.astype(np.float32), _square())
    flat: Pixels = cv2.warpPerspective(
        cut, warp, (_SIDE, _SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return flat


def _in_picture(polygon: Polygon, corners: Floats) -> Polygon:
    cv2 = need_opencv()
    back = cv2.getPerspectiveTransform(_square(), corners)
    return _polygon(cv2.perspectiveTransform(np.array([polygon], np.float32), back)[0])


def _polygon(corners: Floats) -> Polygon:
    first, second, third, fourth = ((round(x), round(y)) for x, y in corners.tolist())
    return first, second, third, fourth


def _square() -> Floats:
    low, high = _BORDER, _SIDE - _BORDER
    return np.array([(low, low), (high, low), (high, high), (low, high)], np.float32)
