"""What a frame is like besides its symbols."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from scanner.capture.camera_controls import Hint
from scanner.decoding.opencv import Pixels
from scanner.kiosk.frame_quality import FrameQuality

GENERATOR = np.random.default_rng(3)
ROOM: Pixels = np.asarray(
    cv2.resize(GENERATOR.integers(40, 200, (18, 32, 3), dtype=np.uint8), (640, 360)), dtype=np.uint8
)


@pytest.mark.parametrize(
    ("frame", "hint"),
    [
        (ROOM, None),
        (np.zeros((360, 640, 3), np.uint8), Hint.TOO_DARK),
        (np.full((360, 640, 3), 255, np.uint8), Hint.TOO_BRIGHT),
        (cv2.GaussianBlur(ROOM, (0, 0), 90), Hint.CLEAN_GLASS),
    ],
)
def test_a_picture_that_stays_bad_says_what_would_help(frame: Pixels, hint: Hint | None) -> None:
    quality = FrameQuality()
    hints = [quality.look(frame)[1] for _ in range(30)]
    assert hints[:24] == [None] * 24
    assert hints[-1] is hint


def test_a_short_shadow_is_no_fault() -> None:
    quality = FrameQuality()
    for _ in range(10):
        assert quality.look(np.zeros((360, 640, 3), np.uint8))[1] is None
        assert quality.look(ROOM)[1] is None


def test_somebody_who_steps_before_the_camera_is_noticed() -> None:
    quality = FrameQuality()
    assert quality.look(ROOM)[0] is False
    assert quality.look(ROOM)[0] is False
    with_person = ROOM.copy()
    with_person[60:, 200:440] = 30
    assert quality.look(with_person)[0] is True
