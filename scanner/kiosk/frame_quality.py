"""What a frame is like besides its symbols: dark, glaring, smeared, or with somebody before it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scanner.capture.camera_controls import Hint
from scanner.decoding.opencv import Pixels, grey

_DARK = 12
_BRIGHT = 243
_SMEARED = 1.5
_MOVED = 6.0
_HINT_FRAMES = 25
_SIDE = 80


@dataclass(slots=True)
class FrameQuality:
    """Compares frames with those before. A hint is given when 25 frames in a row ask for it."""

    _before: npt.NDArray[np.float32] | None = None
    _asked: dict[Hint, int] = field(default_factory=dict)

    def look(self, frame: Pixels) -> tuple[bool, Hint | None]:
        """Say whether something moves before the camera, and what would help."""
        small = _reduced(grey(frame)).astype(np.float32)
        moves = self._before is not None and float(np.abs(small - self._before).mean()) > _MOVED
        self._before = small
        wanted = _hint(small)
        self._asked = {wanted: self._asked.get(wanted, 0) + 1} if wanted else {}
        return moves, wanted if wanted and self._asked[wanted] >= _HINT_FRAMES else None


def _hint(small: npt.NDArray[np.float32]) -> Hint | None:
    if float(np.percentile(small, 95)) < _DARK:
        return Hint.TOO_DARK
    if float(np.percentile(small, 20)) > _BRIGHT:
        return Hint.TOO_BRIGHT
    steps = np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean()
    return Hint.CLEAN_GLASS if float(steps) < _SMEARED else None


def _reduced(pixels: Pixels) -> Pixels:
    """Return about 80 × 80 pixels by leaving out rows and columns."""
    return pixels[:: max(1, pixels.shape[0] // _SIDE), :: max(1, pixels.shape[1] // _SIDE)]
