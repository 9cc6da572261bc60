"""`python -m bench.scanning.soak_frames [--frames N]`: does the reader of camera frames keep its memory over months?

Symbols, rooms and noise pass by as a kiosk sees them, doubtful stripes where every kind of label is wanted, from
cameras of two sizes. Ends with status 1 if the memory after all
frames is more than 10 % above that after the first hundredth. The last line is one JSON object.
"""

import argparse
import json
import sys
import time

import cv2
import numpy as np
import psutil

from bench.scanning.frames_in_time import room
from scanner.decoding.frame_reader import FrameReader
from scanner.decoding.opencv import Pixels
from scanner.decoding.symbols import DELIVERY, LABELS
from tests.parts.scanning.phones import frame, payload

SIZES = ((640, 480), (320, 240))
SCENES = 16
FRAMES_IN_SCENE = 25
TOLD = 10


def soak(frames: int, early: int) -> tuple[int, int, int]:
    """Read many frames; return the memory in bytes after `early` and after all, and how many frames were read."""
    chance = np.random.default_rng(1)
    scenes = [_scene(number, chance) for number in range(SCENES)]
    kiosk, labels = (FrameReader(wanted=wanted, budget_ms=8.0) for wanted in (DELIVERY, LABELS))
    process = psutil.Process()
    memory_early = read = 0
    for number in range(frames):
        scene = number // FRAMES_IN_SCENE % SCENES
        shown, reader = scenes[scene], labels if scene % 4 == 2 else kiosk
        shade = int(chance.integers(0, 8))
        lit: Pixels = np.asarray(cv2.add(shown, np.full_like(shown, shade)), np.uint8)
        read += bool(reader.read(lit).symbols)
        if number + 1 == early:
            memory_early = process.memory_info().rss
        if (number + 1) % max(1, frames // TOLD) == 0:
            print(f"{number + 1:8} frames, {process.memory_info().rss >> 20} MB", flush=True)
    return memory_early, process.memory_info().rss, read


def _scene(number: int, chance: np.random.Generator) -> Pixels:
    size = SIZES[number // 8 % len(SIZES)]
    if number % 4 == 0:
        drawn = frame(payload(chance), chance, module_pixels=8)
    elif number % 4 == 1:
        drawn = room(chance, chance)
    elif number % 4 == 2:
        drawn = np.kron(chance.integers(0, 2, (1, 160, 1), np.uint8) * 255, np.ones((720, 8, 3), np.uint8))
    else:
        drawn = chance.integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    smaller: Pixels = np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.uint8)
    return smaller


def main() -> int:
    """Run as the options say, and print what the memory did."""
    parser = argparse.ArgumentParser(description="Read frames for a long time and watch the memory.")
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--early", type=int, help="look at the memory first after so many; else a hundredth")
    options = parser.parse_args()
    started = time.monotonic()
    early, late, read = soak(options.frames, options.early or max(1, options.frames // 100))
    told = {"frames": options.frames, "read": read, "seconds": round(time.monotonic() - started)}
    print(json.dumps(told | {"early_mb": early >> 20, "late_mb": late >> 20, "ratio": round(late / early, 3)}))
    return 0 if late <= early * 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
