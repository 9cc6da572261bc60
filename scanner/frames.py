"""Read a row of frames from one camera: many poor pictures of one symbol are worth more than one.

Every frame gets the first rung. What time is left goes to the other rungs in turn, so that the whole ladder is
climbed over some frames while no frame waits; and to frames joined: the sharpest of the last few, their average
(noise, flicker, moiré), the darkest of each pixel (a glare that moves). A scene that stands still and was climbed
to the top is left alone until something moves.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scanner import steps
from scanner.decoders import zbar, zxing
from scanner.ladder import LADDER, Rung
from scanner.reading import Climb
from scanner.symbols import DELIVERY, Reading, Symbol, Symbology
from scanner.vision import Pixels, grey

_REMEMBERED = 4
_MOVED = 3.0
_FRAMES_TO_BELIEVE = 3
_FORGET_FRAMES = 50
_WORKING_SIDE = 1600

Join = Callable[[Sequence[Pixels]], Pixels]
"""Makes one grey picture of the last few, oldest first, all of one size."""


def sharpest(frames: Sequence[Pixels]) -> Pixels:
    """Return the frame with the strongest differences between neighbours."""
    return max(frames, key=_sharpness)


def average(frames: Sequence[Pixels]) -> Pixels:
    """Return the mean of each pixel."""
    total = frames[0].astype(np.uint16)
    for frame in frames[1:]:
        total += frame
    return (total // len(frames)).astype(np.uint8)


def darkest(frames: Sequence[Pixels]) -> Pixels:
    """Return the lowest value of each pixel: a reflection that wanders falls out."""
    lowest = frames[0]
    for frame in frames[1:]:
        lowest = np.minimum(lowest, frame)
    return lowest


@dataclass(frozen=True, slots=True)
class _Attempt:
    join: Join
    rung: Rung

    @property
    def name(self) -> str:
        return f"{self.join.__name__}/{self.rung.name}"


_FIRST = Rung(steps.as_it_is, zxing)
_JOINED = (
    _Attempt(average, _FIRST),
    _Attempt(darkest, _FIRST),
    _Attempt(average, Rung(steps.softened_small, zbar)),
    _Attempt(darkest, Rung(steps.split_locally, zbar)),
)
_OTHERS = tuple(_Attempt(sharpest, rung) for rung in LADDER if rung.step not in (steps.as_it_is, steps.reduced))


class FrameReader:
    """Reads the frames of one camera, each within its budget. Not for several threads at once."""

    def __init__(
        self,
        *,
        wanted: frozenset[Symbology] = DELIVERY,
        budget_ms: float = 25.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._wanted = wanted
        self._budget = budget_ms / 1000
        self._clock = clock
        self._frames: deque[Pixels] = deque(maxlen=_REMEMBERED)
        self._small = np.zeros((0, 0), np.int16)
        self._next = 0
        self._climbed = 0
        self._costs: dict[str, float] = {}
        self._doubts: dict[tuple[Symbology, str], list[int]] = {}
        self._number = 0

    def read(self, frame: Pixels) -> Reading:
        """Return what this frame, alone or joined with those before it, is believed to hold."""
        started = self._clock()
        self._number += 1
        pixels = steps.at_most(grey(frame), _WORKING_SIDE)
        moved = self._remember(pixels.pixels)
        tried: list[str] = []
        reading = self._attempt(_FIRST, pixels.pixels, started, tried)
        attempts = self._attempts()
        while not reading.symbols and attempts and self._climbed < len(attempts):
            attempt = attempts[self._next % len(attempts)]
            left = started + self._budget - self._clock()
            if left <= 0 or (tried[1:] and left < self._costs.get(attempt.name, 0.0)):
                break
            self._next, self._climbed = self._next + 1, self._climbed + 1
            if moved and attempt.join is not sharpest:
                continue
            begun = self._clock()
            reading = self._attempt(attempt.rung, attempt.join(tuple(self._frames)), started, tried, attempt.name)
            self._costs[attempt.name] = self._clock() - begun
        symbols = tuple(pixels.locate(symbol) for symbol in (*reading.symbols, *self._agreed(reading.doubtful)))
        return Reading(symbols, tuple(tried), tuple(pixels.locate(symbol) for symbol in reading.doubtful))

    def _attempt(
        self, rung: Rung, pixels: Pixels, started: float, tried: list[str], name: str | None = None
    ) -> Reading:
        climb = Climb(pixels, self._wanted, deadline=started + self._budget, clock=self._clock)
        climb.take(rung)
        tried.append(name or rung.name)
        return climb.reading()

    def _attempts(self) -> list[_Attempt]:
        size = self._frames[-1]
        return [each for each in (*_JOINED, *_OTHERS) if each.rung.suits(size, self._wanted)]

    def _remember(self, pixels: Pixels) -> bool:
        """Keep the frame; tell whether it differs much from the one before."""
        small = pixels[::16, ::16].astype(np.int16)
        moved = small.shape != self._small.shape or float(np.abs(small - self._small).mean()) > _MOVED
        self._small = small
        if moved:
            self._climbed = 0
        if self._frames and self._frames[-1].shape != pixels.shape:
            self._frames.clear()
        self._frames.append(pixels)
        return moved

    def _agreed(self, doubtful: Sequence[Symbol]) -> list[Symbol]:
        """Return the doubtful symbols that three of the last frames have shown."""
        for key in [key for key, frames in self._doubts.items() if frames[-1] < self._number - _FORGET_FRAMES]:
            del self._doubts[key]
        agreed = []
        for symbol in doubtful:
            frames = self._doubts.setdefault((symbol.symbology, symbol.text), [])
            frames[:] = [*frames[-_FRAMES_TO_BELIEVE:], self._number]
            if len(set(frames)) >= _FRAMES_TO_BELIEVE:
                agreed.append(symbol)
        return agreed


def _sharpness(pixels: Pixels) -> float:
    rows = pixels[::4].astype(np.int16)
    return float(np.abs(np.diff(rows, axis=1)).mean())
