"""Preparations of a grey picture, each pure: pixels in, a view out.

A view knows the way back, so that a symbol's corners are told in pixels of the picture that was given.
The constants are those that won most readings per millisecond on photographed symbols.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from scanner.decoding.opencv import Pixels, need_opencv, opencv
from scanner.decoding.symbols import Polygon, Symbol

Affine: TypeAlias = tuple[float, float, float, float, float, float]
"""x' = a·x + b·y + c and y' = d·x + e·y + f, as (a, b, c, d, e, f)."""

UNCHANGED: Affine = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class View:
    """A prepared grey picture, and the way from its pixels back to those of the original."""

    pixels: Pixels
    back: Affine = UNCHANGED

    def locate(self, symbol: Symbol) -> Symbol:
        """Return the symbol with its corners told in the original picture."""
        if self.back == UNCHANGED:
            return symbol
        first, second, third, fourth = (self._original(x, y) for x, y in symbol.polygon)
        corners: Polygon = (first, second, third, fourth)
        return Symbol(symbol.symbology, symbol.text, corners, symbol.gs1)

    def slant_degrees(self, degrees: float) -> float:
        """Return how far from upright or level, -45 to 45, bars lie in the original that lie so in this view."""
        a, b, _, d, e, _ = self.back
        across, down = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return (math.degrees(math.atan2(d * across + e * down, a * across + b * down)) + 45) % 90 - 45

    def _original(self, x: float, y: float) -> tuple[int, int]:
        a, b, c, d, e, f = self.back
        return round(a * x + b * y + c), round(d * x + e * y + f)


Step: TypeAlias = Callable[[Pixels], View]
"""A preparation of a grey picture (rows × columns)."""


def as_it_is(pixels: Pixels) -> View:
    """Return the picture itself."""
    return View(pixels)


def at_most(pixels: Pixels, side: int) -> View:
    """Return the picture reduced so that neither side is longer than `side`."""
    cv2 = opencv()
    longest = max(pixels.shape)
    if longest <= side:
        return View(pixels)
    if cv2 is None:
        factor = math.ceil(longest / side)
        return View(np.ascontiguousarray(pixels[::factor, ::factor]), (factor, 0, 0, 0, factor, 0))
    factor = side / longest
    height, width = (max(1, round(length * factor)) for length in pixels.shape)
    smaller = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return View(smaller, (1 / factor, 0, 0, 0, 1 / factor, 0))


def reduced(pixels: Pixels) -> View:
    """Return the picture at most 1000 pixels wide and high: a cheap first look at a large one."""
    return at_most(pixels, 1000)


def of_camera_size(pixels: Pixels) -> View:
    """Return the picture at most 1600 pixels wide and high, as camera frames are."""
    return at_most(pixels, 1600)


def tiny(pixels: Pixels) -> View:
    """Return the picture at most 300 pixels wide and high: a symbol that fills a noisy or striped picture."""
    return at_most(pixels, 300)


def flattened(pixels: Pixels) -> View:
    """Press a reduced copy to 0.6 of its height: what was seen from the side is squarer so."""
    return _pressed(pixels, 1.0, 0.6)


def narrowed(pixels: Pixels) -> View:
    """Press a reduced copy to 0.6 of its width."""
    return _pressed(pixels, 0.6, 1.0)


def doubled(pixels: Pixels) -> View:
    """Enlarge a picture of less than two megapixels twofold, for modules under two pixels."""
    if pixels.size > 2_000_000:
        return View(pixels)
    cv2 = need_opencv()
    return View(cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), (0.5, 0, 0, 0, 0.5, 0))


def in_the_middle(step: Step) -> Step:
    """Return a step that prepares only the middle of a picture, half as wide and high."""

    def middle(pixels: Pixels) -> View:
        height, width = pixels.shape
        top, left = height // 4, width // 4
        view = step(np.ascontiguousarray(pixels[top : height - top, left : width - left]))
        a, b, c, d, e, f = view.back
        return View(view.pixels, (a, b, c + left, d, e, f + top))

    middle.__name__ = f"{step.__name__}_middle"
    return middle


def doubled_sharpened(pixels: Pixels) -> View:
    """Enlarge a reduced copy twofold, and undo the defocus that shows."""
    view = at_most(pixels, 1000)
    enlarged = doubled(view.pixels)
    sharp = sharpened(enlarged.pixels, 3.0, 1.5, 2000)
    return View(sharp.pixels, _after([0.5, 0, 0, 0, 0.5, 0], view.back))


def softened(pixels: Pixels, side: int = 1000, sigma: float = 1.5) -> View:
    """Blur a reduced copy: screens' own pixels and sensor noise vanish, modules stay."""
    view = at_most(pixels, side)
    return View(need_opencv().GaussianBlur(view.pixels, (0, 0), sigma), view.back)


def softened_small(pixels: Pixels) -> View:
    """Blur a copy of 500 pixels a side."""
    return softened(pixels, 500, 1.2)


def softened_much(pixels: Pixels) -> View:
    """Blur away dirt, grain and moiré of up to three pixels."""
    return softened(pixels, 1000, 3.0)


def sharpened(pixels: Pixels, sigma: float = 2.0, amount: float = 1.5, side: int = 1600) -> View:
    """Undo some defocus by an unsharp mask."""
    view = at_most(pixels, side)
    cv2 = need_opencv()
    blurred = cv2.GaussianBlur(view.pixels, (0, 0), sigma)
    return View(cv2.addWeighted(view.pixels, 1 + amount, blurred, -amount, 0), view.back)


def sharpened_small(pixels: Pixels) -> View:
    """Undo some defocus of a copy of 700 pixels a side, whose noise has gone."""
    return sharpened(pixels, 2.0, 2.0, 700)


def sharpened_much(pixels: Pixels) -> View:
    """Undo strong defocus."""
    return sharpened(pixels, 4.0, 3.0)


def evened(pixels: Pixels, side: int = 1600, tiles: int = 8) -> View:
    """Even out light and shade (contrast-limited adaptive histogram)."""
    view = at_most(pixels, side)
    return View(need_opencv().createCLAHE(3.0, (tiles, tiles)).apply(view.pixels), view.back)


def evened_small(pixels: Pixels) -> View:
    """Even out light and shade of a copy of 600 pixels a side."""
    return evened(pixels, 600, 6)


def evened_softly(pixels: Pixels) -> View:
    """Even out light and shade of a softened copy."""
    view = softened(pixels)
    return View(need_opencv().createCLAHE(3.0, (8, 8)).apply(view.pixels), view.back)


def darkened(pixels: Pixels) -> View:
    """Bring back differences in what is nearly white (gamma 4)."""
    view = at_most(pixels, 1000)
    curve = np.rint(255 * (np.arange(256) / 255) ** 4).astype(np.uint8)
    return View(curve[view.pixels], view.back)


def split_globally(pixels: Pixels) -> View:
    """Split into black and white at the threshold that parts the two best (Otsu)."""
    view = at_most(pixels, 1000)
    cv2 = need_opencv()
    _, split = cv2.threshold(view.pixels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return View(split, view.back)


def split_locally(pixels: Pixels) -> View:
    """Split into black and white against the mean of 101 × 101 pixels: glare and shadow fall out."""
    return _split(pixels, 1000, "ADAPTIVE_THRESH_MEAN_C", 101, 5)


def split_finely(pixels: Pixels) -> View:
    """Split a copy of 600 pixels a side against the near surroundings: a symbol parts from a dark edge beside it."""
    return _split(pixels, 600, "ADAPTIVE_THRESH_GAUSSIAN_C", 41, 4)


def closed(pixels: Pixels) -> View:
    """Fill dark specks and cracks of up to five pixels with their lighter surroundings."""
    return _morphed(pixels, "MORPH_CLOSE", 5)


def thickened(pixels: Pixels) -> View:
    """Let dark modules grow by a pixel to each side, for washed-out or overexposed print."""
    return _morphed(pixels, "MORPH_ERODE", 3)


def cleaned(pixels: Pixels) -> View:
    """Remove specks of up to four pixels (median of 9 × 9)."""
    view = at_most(pixels, 1000)
    return View(need_opencv().medianBlur(view.pixels, 9), view.back)


def cleaned_lightly(pixels: Pixels) -> View:
    """Remove single wrong pixels (median of 3 × 3)."""
    view = at_most(pixels, 1000)
    return View(need_opencv().medianBlur(view.pixels, 3), view.back)


def turned(pixels: Pixels, degrees: float, side: int = 1000) -> View:
    """Turn a reduced copy about its middle: bars are only read along rows and columns."""
    view = at_most(pixels, side)
    cv2 = need_opencv()
    height, width = view.pixels.shape
    angle = math.radians(degrees)
    cosine, sine = abs(math.cos(angle)), abs(math.sin(angle))
    new_width, new_height = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    forth = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    forth[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    pixels_turned = cv2.warpAffine(view.pixels, forth, (new_width, new_height), borderValue=255)
    return View(pixels_turned, _after(cv2.invertAffineTransform(forth).ravel().tolist(), view.back))


def turned_22(pixels: Pixels) -> View:
    """Turn by 22°."""
    return turned(pixels, 22.0)


def turned_45(pixels: Pixels) -> View:
    """Turn by 45°."""
    return turned(pixels, 45.0)


def turned_67(pixels: Pixels) -> View:
    """Turn by 67°."""
    return turned(pixels, 67.0)


def _pressed(pixels: Pixels, across: float, down: float) -> View:
    view = at_most(pixels, 1000)
    height, width = view.pixels.shape
    cv2 = need_opencv()
    size = max(1, round(width * across)), max(1, round(height * down))
    pressed = cv2.resize(view.pixels, size, interpolation=cv2.INTER_AREA)
    return View(pressed, _after([1 / across, 0, 0, 0, 1 / down, 0], view.back))


def _split(pixels: Pixels, side: int, method: str, width: int, below: int) -> View:
    view = at_most(pixels, side)
    cv2 = need_opencv()
    split = cv2.adaptiveThreshold(view.pixels, 255, getattr(cv2, method), cv2.THRESH_BINARY, width, below)
    return View(split, view.back)


def _morphed(pixels: Pixels, operation: str, size: int) -> View:
    view = at_most(pixels, 1000)
    cv2 = need_opencv()
    morphed = cv2.morphologyEx(view.pixels, getattr(cv2, operation), np.ones((size, size), np.uint8))
    return View(morphed, view.back)


def _after(first: list[float], second: Affine) -> Affine:
    """Return the map that applies `first` and then `second` (a pure scaling)."""
    scale_x, scale_y = second[0], second[4]
    a, b, c, d, e, f = first
    return a * scale_x, b * scale_x, c * scale_x, d * scale_y, e * scale_y, f * scale_y
