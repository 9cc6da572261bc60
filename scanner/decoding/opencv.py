"""Pixels, and OpenCV where the system has its libraries.

OpenCV is camera and preparation here. Its QR detector is never called on a foreign picture:
it ends the process with SIGABRT on an ordinary noisy inverted symbol (tests/pictures/opencv-qr-crash.png).
"""

from functools import cache
from types import ModuleType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""Rows × columns of grey, or rows × columns × 3 of blue, green, red; 0 is black and 255 white."""


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
