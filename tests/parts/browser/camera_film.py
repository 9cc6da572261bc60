"""What a camera sees: pictures of symbols on a table, as an uncompressed film that Chromium plays as its camera."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 1280, 720
FRAMES_PER_SECOND = 10
TABLE = 90


def scene(*pictures: bytes) -> Image.Image:
    """Lay pictures side by side before the camera."""
    view = Image.new("L", (WIDTH, HEIGHT), TABLE)
    place = WIDTH // max(1, len(pictures))
    for number, picture in enumerate(pictures):
        drawn = Image.open(io.BytesIO(picture)).convert("L")
        scale = min(place * 0.85 / drawn.width, HEIGHT * 0.85 / drawn.height)
        shown = drawn.resize((int(drawn.width * scale), int(drawn.height * scale)), Image.Resampling.NEAREST)
        view.paste(shown, (number * place + (place - shown.width) // 2, (HEIGHT - shown.height) // 2))
    return view


def write_film(path: Path, scenes: Sequence[Image.Image], *, seconds_each: float = 1.5) -> Path:
    """Write scenes as YUV4MPEG2 with 4:2:0 sampling; Chromium plays it over and over."""
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for view in scenes:
            frame = b"FRAME\n" + np.asarray(view).tobytes() + grey
            for _ in range(int(seconds_each * FRAMES_PER_SECOND)):
                film.write(frame)
    return path
