"""The reader of camera frames: how many clips it reads within a second, and what an empty frame costs."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from bench.scanning.clips import FRAME_SECONDS, FRAMES, Clip, clips
from bench.scanning.handheld_clips import handheld_clips
from scanner.decoding import decoders
from scanner.decoding.frame_reader import FrameReader
from scanner.decoding.known.known_reader import KnownReader
from scanner.decoding.opencv import Pixels, grey
from scanner.decoding.symbols import DELIVERY, Symbol
from tests.parts.scanning.phones import SIZE

Read = Callable[[Pixels], tuple[Iterable[Symbol], float]]
"""Returns what a frame shows, and the seconds that it took of a processor."""


@dataclass(slots=True)
class Played:
    """What became of the clips of one trouble: how many there are, were read, and after how many seconds."""

    clips: int = 0
    zxing: int = 0
    seconds: list[float] = field(default_factory=list)
    bound: int = 0


def timed(read: Callable[[Pixels], Iterable[Symbol]]) -> Read:
    """Return a reader that tells its time."""

    def read_timed(shot: Pixels) -> tuple[Iterable[Symbol], float]:
        started = time.process_time()
        return read(shot), time.process_time() - started

    return read_timed


by_zxing = timed(lambda shot: decoders.zxing(grey(shot), DELIVERY))


def by_us() -> Read:
    """Return a new reader of frames, whose budget is of the processor's time."""
    reader = FrameReader(clock=time.process_time)
    return timed(lambda shot: reader.read(shot).symbols)


def seconds_to_read(clip: Clip, read: Read) -> float | None:
    """Play a clip at 25 frames a second, frames dropped while the reader is busy; return when it was read."""
    now = 0.0
    while (number := round(now / FRAME_SECONDS)) < FRAMES:
        symbols, seconds = read(clip.draw(number))
        now = max(now, number * FRAME_SECONDS) + seconds
        if any(symbol.text == clip.text for symbol in symbols):
            return now
        now = max(now, (number + 1) * FRAME_SECONDS)
    return None


def is_readable(clip: Clip, place: Callable[[int], np.ndarray]) -> bool:
    """Say whether our own symbol's decoder reads a clip when it is told the true place in each frame: the bound."""
    reader = KnownReader()
    told = (reader.read_at(grey(clip.draw(number)), [place(number)]) for number in range(FRAMES))
    return any(symbol is not None and symbol.text == clip.text for symbol in told)


def clips_read(shown: Callable[[], Iterable[Clip]]) -> list[Played]:
    """Print for every trouble how many clips were read within a second, and return that."""
    played: defaultdict[str, Played] = defaultdict(Played)
    # Noise is drawn frame by frame: each reader gets clips of its own, and so the same ones whoever else looks.
    for clip, theirs, at_place in zip(shown(), shown(), shown(), strict=True):
        counts = played[clip.trouble]
        counts.clips += 1
        counts.zxing += seconds_to_read(theirs, by_zxing) is not None
        seconds = seconds_to_read(clip, by_us())
        if seconds is not None:
            counts.seconds.append(seconds)
        counts.bound += at_place.place is not None and is_readable(at_place, at_place.place)
    for trouble, each in played.items():
        bound = f"{each.bound:4}" if each.bound else "   -"
        median = f"median {np.median(each.seconds):.2f} s" if each.seconds else ""
        print(f"{trouble:10} of {each.clips:3} {each.zxing:4} {len(each.seconds):4} {bound} {median}")
    return list(played.values())


def all_clips_read() -> tuple[float, float, int, int]:
    """Print tables; return the share of the clips read, their median in milliseconds, and hand-held ones and bound."""
    print("\nClips read within one second: by zxing-cpp, by us, and the bound, our decoder at the true places")
    wandering, handheld = clips_read(clips), clips_read(handheld_clips)
    seconds = [one for each in (*wandering, *handheld) for one in each.seconds]
    median = float(np.median(seconds)) * 1000
    print(f"median {median:.0f} ms")
    share = sum(len(each.seconds) for each in wandering) / sum(each.clips for each in wandering)
    return share, median, sum(len(each.seconds) for each in handheld), sum(each.bound for each in handheld)


def empty_frames(count: int = 400) -> tuple[float, float, float]:
    """Return the median, the 99th percentile and the longest time, in milliseconds, for a room without a symbol."""
    reader, chance, times = FrameReader(clock=time.process_time), np.random.default_rng(2), []
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
