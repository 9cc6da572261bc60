"""Exposure and focus of a camera that lets itself be told; one that does not is left alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from scanner.decoding.opencv import need_opencv

_STEP = 1.6
_MANUAL = 1
_LEAST, _MOST = 1.0, 10_000.0


class Hint(StrEnum):
    """What would help, shown as a picture."""

    CLEAN_GLASS = "clean_glass"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"


def turn(capture: Any, hint: Hint) -> bool:
    """Turn the knob that a hint asks for: exposure by a step, or focus anew. Tells whether the camera took it."""
    cv2 = need_opencv()
    if hint is Hint.CLEAN_GLASS:
        capture.set(cv2.CAP_PROP_AUTOFOCUS, 0)
        return bool(capture.set(cv2.CAP_PROP_AUTOFOCUS, 1))
    exposure = capture.get(cv2.CAP_PROP_EXPOSURE)
    if exposure <= 0:
        return False
    wanted = exposure * _STEP if hint is Hint.TOO_DARK else exposure / _STEP
    # Video4Linux takes an exposure only in its manual mode.
    capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL)
    return bool(capture.set(cv2.CAP_PROP_EXPOSURE, min(_MOST, max(_LEAST, wanted))))
