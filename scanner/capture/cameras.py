"""Cameras: an index, a device, a stream, a video file or a folder of pictures, all as one row of frames.

A camera that hangs, vanishes or sends the same frame for ever is lost; opening it again is the caller's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from scanner.capture.camera_controls import Hint, turn
from scanner.decoding.opencv import Pixels, need_opencv
from scanner.pictures.errors import PictureError
from scanner.pictures.opening import open_picture

_THREAD, _OPENING = "camera", "camera-opening"
_FREEZE_SECONDS = 5.0
_OPEN_SECONDS = 15.0
_SAME_PICTURE_SECONDS = 10.0
_FOLDER_FRAME_SECONDS = 0.5
_USUAL_RATE = 25.0
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic"})


class CameraError(Exception):
    """A camera gives no frames."""


class NoSuchCamera(CameraError):
    """There is no camera, file or folder of this name, or it cannot be opened."""


class CameraLost(CameraError):
    """The camera was there and is no longer: unplugged, hanging, or frozen."""


class Source(Protocol):
    """Where frames come from, at the pace at which they come."""

    live: bool
    """Whether the source is expected to go on for ever."""

    def frames(self) -> Iterator[Pixels]:
        """Yield frames (rows × columns × 3; blue, green, red) until the source ends."""

    def close(self) -> None:
        """Give the source back."""

    def help(self, hint: Hint) -> None:
        """Turn a knob if there is one, before the next frame."""


class Camera:
    """The newest frame of a source, fetched by a thread of its own, so that a hanging driver hangs nothing else."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._frame: Pixels | None = None
        self._number = 0
        self._taken = 0
        self._arrived = self._altered = time.monotonic()
        self._ended = False
        self._thread = threading.Thread(target=self._fetch, daemon=True, name=_THREAD)
        self._thread.start()

    def frame(self) -> Pixels | None:
        """Wait for a frame that was not given out before; None when the source has ended. Raises CameraLost."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > self._taken or self._ended, timeout=_FREEZE_SECONDS)
            if self._number > self._taken:
                self._taken = self._number
                if self._source.live and time.monotonic() - self._altered > _SAME_PICTURE_SECONDS:
                    raise CameraLost("the camera has sent one and the same picture for too long")
                return self._frame
            if self._ended and not self._source.live:
                return None
            raise CameraLost("the camera has stopped" if self._ended else "the camera sends nothing")

    def help(self, hint: Hint) -> None:
        """Let the camera do what it can about a bad picture."""
        self._source.help(hint)

    def close(self) -> None:
        """Give the camera back; a thread that hangs in its driver is left behind."""
        self._source.close()
        self._thread.join(1.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fetch(self) -> None:
        try:
            for frame in self._source.frames():
                with self._changed:
                    now = time.monotonic()
                    if self._frame is None or not np.array_equal(frame, self._frame):
                        self._altered = now
                    self._frame, self._arrived = frame, now
                    self._number += 1
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()


def left_behind() -> int:
    """Return how many threads hang in a driver; each holds its device until the process ends."""
    return sum(thread.name in (_THREAD, _OPENING) for thread in threading.enumerate())


def open_camera(source: str, *, repeat: bool = False) -> Camera:
    """Open a camera: a number, a device path, a stream's address, a video file or a folder. Raises NoSuchCamera.

    ``repeat`` plays a file or a folder again and again.
    """
    path = Path(source)
    if not path.exists() or path.is_char_device():
        return Camera(_in_time(lambda: _Video(int(source) if source.isdecimal() else source, live=True, repeat=False)))
    if path.is_dir():
        return Camera(_Folder(path, repeat))
    if path.suffix.lower() in _PICTURES:
        return Camera(_Pictures([path], repeat))
    return Camera(_Video(source, live=False, repeat=repeat))


def _in_time(opening: Callable[[], Source]) -> Source:
    """Open a source in a thread of its own: a driver may hang in that too. Raises CameraError."""
    opened: list[Source] = []
    failed: list[CameraError] = []
    given_up = threading.Event()

    def do() -> None:
        try:
            opened.append(opening())
        except CameraError as error:
            failed.append(error)
        if given_up.is_set() and opened:
            opened.pop().close()

    thread = threading.Thread(target=do, daemon=True, name=_OPENING)
    thread.start()
    thread.join(_OPEN_SECONDS)
    if opened:
        return opened.pop()
    given_up.set()
    if failed:
        raise failed[0]
    raise CameraLost("the camera does not answer")


class _Video:
    """What OpenCV opens: a device or stream at its own pace, a file at the pace it was recorded."""

    def __init__(self, source: int | str, *, live: bool, repeat: bool) -> None:
        self.live = live
        self._repeat = repeat
        self._closed = False
        self._capture = self._opened(source)
        self._source = source
        self._hint: Hint | None = None
        self._playing = False

    def frames(self) -> Iterator[Pixels]:
        """Yield frames; a file is paced by its own rate."""
        self._playing = True
        try:
            yield from self._frames()
        finally:
            self._capture.release()

    def _frames(self) -> Iterator[Pixels]:
        due = time.monotonic()
        while not self._closed:
            if self._hint is not None:
                hint, self._hint = self._hint, None
                turn(self._capture, hint)
            read, frame = self._capture.read()
            if not read:
                if not self._repeat or self._closed:
                    return
                self._capture.release()
                self._capture = self._opened(self._source)
                continue
            if not self.live:
                due = max(due + 1 / self._rate(), time.monotonic() - 0.5)
                time.sleep(max(0.0, due - time.monotonic()))
            yield frame

    def close(self) -> None:
        """Give the device back; the thread that reads it does so, since a read must not lose it under its feet."""
        self._closed = True
        if not self._playing:
            self._capture.release()

    def help(self, hint: Hint) -> None:
        """Turn exposure or focus of a live camera before the next frame."""
        if self.live:
            self._hint = hint

    def _rate(self) -> float:
        rate: float = self._capture.get(need_opencv().CAP_PROP_FPS)
        return rate if 1 <= rate <= 240 else _USUAL_RATE

    def _opened(self, source: int | str) -> Any:
        cv2 = need_opencv()
        # By FFmpeg alone: OpenCV's other ways write an address that they cannot open, with its password.
        by_address = isinstance(source, str) and ("://" in source or "@" in source)
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG if by_address else cv2.CAP_ANY)
        if not capture.isOpened():
            raise NoSuchCamera(f"no camera or video {source} can be opened")
        if self.live:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, 1280)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 720)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture


class _Pictures:
    """Pictures, one after the other."""

    live = False

    def __init__(self, paths: list[Path], repeat: bool) -> None:
        self._paths = paths
        self._repeat = repeat
        self._closed = False

    def frames(self) -> Iterator[Pixels]:
        """Yield each picture for half a second; what is no picture is passed over."""
        while not self._closed:
            for path in self._paths:
                try:
                    pixels = open_picture(path).pixels
                except (PictureError, OSError):
                    continue
                yield pixels
                time.sleep(_FOLDER_FRAME_SECONDS)
            if not self._repeat:
                return

    def close(self) -> None:
        """Stop after the picture at hand."""
        self._closed = True

    def help(self, hint: Hint) -> None:
        """Pictures have no knobs."""


class _Folder(_Pictures):
    """The pictures of a folder, by name."""

    def __init__(self, folder: Path, repeat: bool) -> None:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)
        if not paths:
            raise NoSuchCamera(f"{folder} holds no pictures")
        super().__init__(paths, repeat)
