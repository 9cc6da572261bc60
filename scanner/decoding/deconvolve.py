"""Undo what a lens or a hand did: defocus and motion, by Wiener's filter with a constant share of noise.

It finds symbols that no sharpening shows: defocus of a module and more, a hand that moved by two modules or three.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from scanner.decoding.opencv import Pixels, need_opencv
from scanner.decoding.preparations import View, at_most

Floats = npt.NDArray[np.float32]

_SIDE = 700
_SMALLEST_SIDE = 32
_NOISE = 0.004
_NOISE_OF_MOTION = 0.01
_WAY = 8.0
_KEPT_FILTERS = 6


def focused(pixels: Pixels, radius: float, noise: float = _NOISE) -> View:
    """Undo a defocus disc, its radius told in pixels of a copy of 700 pixels a side."""
    return _restored(pixels, _of_disc, radius, noise)


def focused_little(pixels: Pixels) -> View:
    """Undo a defocus of two pixels and a half."""
    return focused(pixels, 2.5)


def focused_more(pixels: Pixels) -> View:
    """Undo a defocus of three pixels and a half."""
    return focused(pixels, 3.5)


def focused_most(pixels: Pixels) -> View:
    """Undo a defocus of four pixels."""
    return focused(pixels, 4.0)


def focused_far(pixels: Pixels) -> View:
    """Undo a defocus of seven pixels, of a symbol that fills the picture."""
    return focused(pixels, 7.0, 0.02)


def unsmeared(degrees: float) -> Callable[[Pixels], View]:
    """Return the step that undoes a motion of eight pixels of 700, along a direction."""

    def step(pixels: Pixels) -> View:
        return _restored(pixels, _of_motion, degrees, _NOISE_OF_MOTION)

    step.__name__ = f"unsmeared_{degrees:g}"
    return step


def _restored(pixels: Pixels, spread: Callable[[float], Floats], value: float, noise: float) -> View:
    view = at_most(pixels, _SIDE)
    rows, columns = view.pixels.shape
    if min(rows, columns) < _SMALLEST_SIDE:
        return view
    cv2 = need_opencv()
    height, width = cv2.getOptimalDFTSize(rows), cv2.getOptimalDFTSize(columns)
    padded = cv2.copyMakeBorder(view.pixels, 0, height - rows, 0, width - columns, cv2.BORDER_REPLICATE)
    spectrum = cv2.dft(padded.astype(np.float32), flags=cv2.DFT_COMPLEX_OUTPUT)
    restored = cv2.mulSpectrums(spectrum, _inverse(height, width, spread, value, noise), 0)
    plain = cv2.dft(restored, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)[:rows, :columns]
    return View(np.clip(plain, 0, 255).astype(np.uint8), view.back)


@lru_cache(_KEPT_FILTERS)
def _inverse(height: int, width: int, spread: Callable[[float], Floats], value: float, noise: float) -> Floats:
    """Return the filter for pictures of one size: conjugate over power and noise."""
    cv2 = need_opencv()
    kernel = spread(value)
    reach = kernel.shape[0] // 2
    placed = np.zeros((height, width), np.float32)
    placed[: kernel.shape[0], : kernel.shape[1]] = kernel / kernel.sum()
    spectrum = cv2.dft(np.roll(placed, (-reach, -reach), (0, 1)), flags=cv2.DFT_COMPLEX_OUTPUT)
    power = (spectrum**2).sum(axis=2) + noise
    inverse: Floats = (spectrum * np.array([1, -1]) / power[:, :, None]).astype(np.float32)
    return inverse


def _of_disc(radius: float) -> Floats:
    rows, columns = _around(radius)
    disc: Floats = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    return disc


def _of_motion(degrees: float) -> Floats:
    rows, columns = _around(_WAY / 2)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    along, across = columns * cosine + rows * sine, rows * cosine - columns * sine
    within = np.clip((_WAY + 1) / 2 - abs(along), 0, 1) * np.clip(1 - abs(across), 0, 1)
    line: Floats = within.astype(np.float32)
    return line


def _around(radius: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    reach = math.ceil(radius) + 1
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return rows, columns
