"""A kiosk as its installer starts it, and the film before its camera."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from codes.model import DeviceKind
from tests.parts.running_service import HOME, RunningService, free_port

RATE = 10


def video_of(path: Path, scenes: list[Image.Image], seconds_each: float) -> Path:
    """Write scenes as a video file that OpenCV plays."""
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, scenes[0].size)
    assert film.isOpened()
    for view in scenes:
        frame = cv2.cvtColor(np.asarray(view.convert("RGB")), cv2.COLOR_RGB2BGR)
        for _ in range(int(seconds_each * RATE)):
            film.write(frame)
    film.release()
    return path


@contextmanager
def kiosk(service: RunningService, camera: Path, *options: str) -> Iterator[str]:
    """Enrol and run a kiosk as its installer does; gives the address of its page."""
    port = free_port()
    link = service.invitation("Test kiosk", DeviceKind.KIOSK)
    command = [sys.executable, str(HOME / "app.py"), "--config", str(service.config), "kiosk"]
    command += ["--camera", str(camera), "--service", service.url, "--enrol", link, "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert f"http://localhost:{port}/" in process.stdout.readline()
            yield f"http://localhost:{port}/"
        finally:
            process.terminate()
            assert process.wait(20) == 0
