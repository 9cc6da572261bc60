"""Frames from files, folders and cameras that fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from scanner.capture import cameras
from scanner.capture.camera_controls import Hint
from scanner.capture.cameras import Camera, CameraLost, NoSuchCamera, open_camera
from scanner.decoding.opencv import Pixels


def video(path: Path, frames: int, rate: int = 50) -> Path:
    """Write a video in which the frames grow brighter."""
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    for number in range(frames):
        film.write(np.full((48, 64, 3), number * 5, np.uint8))
    film.release()
    return path


def brightness(camera: Camera) -> list[int]:
    """Return the brightness of each frame until the end."""
    seen = []
    while (frame := camera.frame()) is not None:
        seen.append(round(float(frame.mean())))
    return seen


def test_a_video_is_played_to_its_end_in_its_order(tmp_path: Path) -> None:
    with open_camera(str(video(tmp_path / "film.avi", 20))) as camera:
        seen = brightness(camera)
    assert seen == sorted(seen)
    assert seen[-1] in range(93, 98)
    assert len(seen) > 10


def test_a_folder_is_shown_picture_by_picture_and_what_is_none_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras, "_FOLDER_FRAME_SECONDS", 0.05)
    for number, grey in enumerate((10, 120, 240)):
        Image.new("RGB", (40, 40), (grey, grey, grey)).save(tmp_path / f"{number}.png")
    (tmp_path / "1b.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    with open_camera(str(tmp_path)) as camera:
        assert brightness(camera) == [10, 120, 240]


def test_a_repeated_film_does_not_end(tmp_path: Path) -> None:
    with open_camera(str(video(tmp_path / "film.avi", 5)), repeat=True) as camera:
        seen = [frame for _ in range(12) if (frame := camera.frame()) is not None]
    assert len(seen) == 12


@pytest.mark.parametrize("name", ["99", "/dev/video99", "/no/such/file.mp4", "rtsp://127.0.0.1:9/none"])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(NoSuchCamera, match=name.split("/")[-1]):
        open_camera(name)


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no video at all")
    with pytest.raises(NoSuchCamera):
        open_camera(str(tmp_path / "film.mp4"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoSuchCamera, match="no pictures"):
        open_camera(str(tmp_path / "empty"))


class Faulty:
    """A live source that does what a broken camera does."""

    live = True

    def __init__(self, *behaviour: Pixels | float) -> None:
        self._behaviour = behaviour

    def frames(self) -> Iterator[Pixels]:
        """Yield frames; a number is a time for which nothing comes."""
        for each in self._behaviour:
            if isinstance(each, float):
                time.sleep(each)
            else:
                yield each

    def close(self) -> None:
        """Nothing to give back."""

    def help(self, hint: Hint) -> None:
        """No knobs."""


FRAME = np.zeros((8, 8, 3), np.uint8)


def test_a_camera_that_is_unplugged_is_lost() -> None:
    with Camera(Faulty(FRAME)) as camera:
        assert camera.frame() is not None
        with pytest.raises(CameraLost, match="stopped"):
            camera.frame()


def test_a_driver_that_hangs_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "_FREEZE_SECONDS", 0.1)
    with Camera(Faulty(FRAME, 1.0, FRAME)) as camera:
        assert camera.frame() is not None
        with pytest.raises(CameraLost, match="sends nothing"):
            camera.frame()


def test_a_driver_that_sends_one_picture_for_ever_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "_SAME_PICTURE_SECONDS", 0.2)
    frames: list[Pixels | float] = [FRAME, 0.05]
    with Camera(Faulty(*(frames * 20))) as camera, pytest.raises(CameraLost, match="same picture"):
        brightness(camera)
