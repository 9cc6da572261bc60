"""Exposure and focus are turned where a camera offers them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from scanner.capture.camera_controls import Hint, turn


class Adjustable:
    """A camera with an exposure and an autofocus, as Video4Linux shows them."""

    def __init__(self, exposure: float) -> None:
        self.values: dict[int, float] = {cv2.CAP_PROP_EXPOSURE: exposure, cv2.CAP_PROP_AUTO_EXPOSURE: 3}
        self.told: list[tuple[int, float]] = []

    def get(self, name: int) -> float:
        """Return a property."""
        return self.values.get(name, -1.0)

    def set(self, name: int, value: float) -> bool:
        """Take a property; exposure only in the manual mode."""
        self.told.append((name, value))
        if name == cv2.CAP_PROP_EXPOSURE and self.values[cv2.CAP_PROP_AUTO_EXPOSURE] != 1:
            return False
        self.values[name] = value
        return True


def test_a_bright_picture_is_exposed_for_less_time_and_a_dark_one_for_more() -> None:
    camera = Adjustable(160)
    assert turn(camera, Hint.TOO_BRIGHT)
    assert camera.get(cv2.CAP_PROP_EXPOSURE) == 100
    assert turn(camera, Hint.TOO_DARK)
    assert camera.get(cv2.CAP_PROP_EXPOSURE) == 160


def test_exposure_never_leaves_its_range() -> None:
    camera = Adjustable(2)
    assert all(turn(camera, Hint.TOO_BRIGHT) for _ in range(50))
    assert camera.get(cv2.CAP_PROP_EXPOSURE) == 1
    assert all(turn(camera, Hint.TOO_DARK) for _ in range(50))
    assert camera.get(cv2.CAP_PROP_EXPOSURE) == 10_000


def test_a_smeared_picture_is_focused_anew() -> None:
    camera = Adjustable(100)
    assert turn(camera, Hint.CLEAN_GLASS)
    assert camera.told == [(cv2.CAP_PROP_AUTOFOCUS, 0), (cv2.CAP_PROP_AUTOFOCUS, 1)]


def test_a_source_without_knobs_is_left_alone(tmp_path: Path) -> None:
    film = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    film.write(np.zeros((48, 64, 3), np.uint8))
    film.release()
    capture = cv2.VideoCapture(str(tmp_path / "film.avi"))
    assert [turn(capture, hint) for hint in Hint] == [False, False, False]
    capture.release()
