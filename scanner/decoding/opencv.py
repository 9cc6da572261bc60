"""Pixels, and OpenCV where the system has its libraries.

OpenCV is camera and preparation here. Its QR detector is never called on a foreign picture:
it ends the process with SIGABRT on an ordinary noisy inverted symbol (tests/pictures/opencv-qr-crash.png).
"""

from functools import cache
from types import ModuleType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Pixels: TypeAlias = npt.NDArray[np.uint8]
"""Rows × columns of grey, or rows × columns × 3 of blue, green, red; 0 is black and 255 white."""

_SIGMA_ENOUGH = 5.0
"""In pixels: a Gaussian of this width is drawn well; every wider one costs more and tells no more."""


@cache
def opencv() -> ModuleType | None:
    """Return OpenCV with one thread, or None where the system lacks the libraries it needs."""
    try:
        import cv2
    except ImportError:
        return None
    cv2.setNumThreads(1)
    return cv2


class LibraryMissing(Exception):
    """A library of the system is missing; the text names it."""


def need_opencv() -> ModuleType:
    """Return OpenCV, or raise `LibraryMissing`."""
    cv2 = opencv()
    if cv2 is None:
        raise LibraryMissing("OpenCV cannot be loaded: install libgl1 and libglib2.0-0")
    return cv2


def wide_blur(values: Floats, sigma: float) -> Floats:
    """Return a Gaussian mean; a wide one of a smaller picture, since it has nothing that is lost there."""
    cv2 = need_opencv()
    height, width = values.shape
    share = max(1, min(int(sigma / _SIGMA_ENOUGH), height // 8, width // 8))
    small = cv2.resize(values, (width // share, height // share), interpolation=cv2.INTER_AREA)
    mean: Floats = cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / share), (width, height))
    return mean


def grey(pixels: Pixels) -> Pixels:
    """Return the brightness of a picture, contiguous in memory (ITU-R BT.601 weights)."""
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    cv2 = opencv()
    if cv2 is not None:
        brightness: Pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        return brightness
    blue, green, red = (pixels[:, :, channel].astype(np.uint16) for channel in range(3))
    return ((29 * blue + 150 * green + 77 * red) >> 8).astype(np.uint8)
