"""The reader of camera frames: how many clips it reads within a second, and what an empty frame costs."""

import time
from collections import Counter

import cv2
import numpy as np

from bench.scanning.clips import FRAME_SECONDS, FRAMES, Clip, clips
from scanner.decoding.frame_reader import FrameReader
from scanner.decoding.opencv import Pixels
from tests.parts.scanning.phones import SIZE


def seconds_to_read(clip: Clip) -> float | None:
    """Play a clip at 25 frames a second, frames dropped while the reader is busy; return when it was read."""
    reader, now, reading_is_right = FrameReader(), 0.0, False
    while (number := round(now / FRAME_SECONDS)) < FRAMES:
        shot = clip.draw(number)
        started = time.process_time()
        reading_is_right = any(symbol.text == clip.text for symbol in reader.read(shot).symbols)
        now = max(now, number * FRAME_SECONDS) + time.process_time() - started
        if reading_is_right:
            return now
        now = max(now, (number + 1) * FRAME_SECONDS)
    return None


def clips_read(each: int = 2) -> float:
    """Print for every trouble how many clips were read within a second; return the share of all."""
    read: Counter[str] = Counter()
    played: Counter[str] = Counter()
    times = []
    for clip in clips(each):
        played[clip.trouble] += 1
        seconds = seconds_to_read(clip)
        if seconds is not None:
            read[clip.trouble] += 1
            times.append(seconds)
    print("\nClips read within one second")
    for trouble, count in played.items():
        print(f"{trouble:10} {read[trouble]:3} of {count:3}")
    print(f"median {sorted(times)[len(times) // 2]:.2f} s")
    return sum(read.values()) / sum(played.values())


def empty_frames(count: int = 400) -> tuple[float, float, float]:
    """Return the median, the 99th percentile and the longest time, in milliseconds, for a room without a symbol."""
    reader, chance, times = FrameReader(), np.random.default_rng(2), []
    for number in range(count):
        shot = room(np.random.default_rng(number // 40), chance)
        started = time.process_time()
        reader.read(shot)
        times.append((time.process_time() - started) * 1000)
    times.sort()
    return times[count // 2], times[int(count * 0.99)], times[-1]


def room(scene: np.random.Generator, chance: np.random.Generator) -> Pixels:
    """Draw shelves and boxes in poor light, another view every 40 frames, with a sensor's noise."""
    height, width = SIZE
    rough = scene.integers(30, 200, (18, 32, 3), dtype=np.uint8)
    room = cv2.resize(rough, (width, height), interpolation=cv2.INTER_LINEAR)
    for _ in range(60):
        x, y, w, h = (int(value) for value in scene.integers(0, (width, height, 300, 200)))
        cv2.rectangle(room, (x, y), (x + w, y + h), tuple(int(v) for v in scene.integers(0, 255, 3)), 2)
    shown: Pixels = np.clip(room + chance.normal(0, 3, room.shape), 0, 255).astype(np.uint8)
    return shown
