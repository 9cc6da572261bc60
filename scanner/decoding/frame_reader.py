"""Read a row of frames from one camera: many poor pictures of one symbol are worth more than one.

Every frame gets the first rung. What time is left goes to the other rungs in turn, so that the whole ladder is
climbed over some frames while no frame waits; and to frames joined: the sharpest of the last few, and of half a
second of a scene that stands still the average (noise, flicker, moiré) and the darkest of each pixel (a glare that
moves). Of a scene that stands still and was climbed to the top one frame in four is looked at until something changes.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scanner.decoding import preparations
from scanner.decoding.confirmation import add_where_none_is
from scanner.decoding.decoders import zbar, zxing
from scanner.decoding.known.known_reader import KnownReader
from scanner.decoding.ladder import FRAME_LADDER, Rung
from scanner.decoding.opencv import Pixels, grey, opencv
from scanner.decoding.reading import Climb
from scanner.decoding.symbols import DELIVERY, Reading, Symbol, Symbology

_REMEMBERED = 4
_APART = 4
_BLOCK = 16
_MOVED = 3.0
"""Grey values by which the middle one of all larger blocks differs when the camera or the whole scene moves."""
_LARGER = 4
"""Blocks across and down a larger one, in which stripes that wander over a scene have gone, too."""
_CHANGED = 8.0
"""Grey values by which one block of a hundred differs when anything changes; noise does less to a block's mean."""
_ALWAYS_EVERY = 4
"""Of so many frames one makes a second attempt even when the first one spent the budget."""
_REST_EVERY = 4
"""Of so many frames one is looked at where everything was tried and nothing has changed since."""
_UNKNOWN_COST = 0.4
"""Share of the budget that an attempt is expected to take that was not made yet."""
_KNOWN_EVERY = 8
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


_FIRST = Rung(preparations.as_it_is, zxing)
_JOINED = (
    _Attempt(average, _FIRST),
    _Attempt(darkest, _FIRST),
    _Attempt(average, Rung(preparations.softened_small, zbar)),
    _Attempt(darkest, Rung(preparations.split_locally, zbar)),
    _Attempt(average, Rung(preparations.sharpened_small, zxing)),
)
_NOT_AGAIN = (preparations.as_it_is, preparations.reduced)
_DEAR = (
    preparations.doubled,
    preparations.cleaned,
    preparations.turned_22,
    preparations.turned_45,
    preparations.turned_67,
)
_OTHERS = tuple(
    _Attempt(sharpest, replace(rung, step=preparations.in_the_middle(rung.step)) if rung.step in _DEAR else rung)
    for rung in FRAME_LADDER
    if rung.step not in _NOT_AGAIN
)
"""What costs most looks only at the middle, where a phone is held."""


class FrameReader:
    """Reads the frames of one camera, each within its budget. Not for several threads at once.

    A frame is done with the first symbol that is `enough`: what else is in view must not hide it.
    """

    def __init__(
        self,
        *,
        wanted: frozenset[Symbology] = DELIVERY,
        budget_ms: float = 25.0,
        enough: Callable[[Symbol], bool] = lambda symbol: True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._wanted = wanted
        self._budget = budget_ms / 1000
        self._enough = enough
        self._clock = clock
        self._frames: deque[Pixels] = deque(maxlen=_REMEMBERED)
        self._still: deque[Pixels] = deque(maxlen=_REMEMBERED)
        self._before = self._when_changed = np.zeros((0, 0), np.int16)
        self._next = 0
        self._climbed = 0
        self._joins_left = 0
        self._joins_now = False
        self._costs: dict[str, float] = {}
        self._doubts: dict[tuple[Symbology, str], list[int]] = {}
        self._number = 0
        self._known = KnownReader()
        self._known_next = self._known_gap = 1
        self._shows_something = False

    def read(self, frame: Pixels) -> Reading:
        """Return what this frame, alone or joined with those before it, is believed to hold."""
        started = self._clock()
        self._number += 1
        pixels = preparations.at_most(grey(frame), _WORKING_SIDE)
        self._remember(pixels.pixels)
        if self._rests():
            return Reading((), ())
        tried: list[str] = []
        reading = self._attempt(_FIRST, pixels.pixels, started, tried)
        found = list(reading.symbols)
        if not any(map(self._enough, found)) and self._is_known_due(started):
            found += self._read_known(pixels.pixels, started, tried)
        others_from = len(tried)
        while not any(map(self._enough, found)) and (attempt := self._due()) is not None:
            left = started + self._budget - self._clock()
            is_second = len(tried) == others_from
            if left <= 0 and not (is_second and self._number % _ALWAYS_EVERY == 0):
                break
            if not is_second and left < self._costs.get(attempt.name, _UNKNOWN_COST * self._budget):
                break
            self._strike_off()
            frames = tuple(self._frames if attempt.join is sharpest else self._still)
            begun = self._clock()
            reading = self._attempt(attempt.rung, attempt.join(frames), started, tried, attempt.name)
            self._costs[attempt.name] = self._clock() - begun
            for symbol in reading.symbols:
                add_where_none_is(symbol, found)
        for symbol in self._agreed(reading.doubtful):
            add_where_none_is(symbol, found)
        symbols = tuple(map(pixels.locate, found))
        self._shows_something = bool(symbols or self._doubts)
        return Reading(symbols, tuple(tried), tuple(pixels.locate(symbol) for symbol in reading.doubtful))

    def _rests(self) -> bool:
        """Say whether a frame may be passed over: the same scene was climbed to the top, and nothing showed."""
        is_at_top = self._climbed >= len(self._suitable()) and not self._joins_left
        return is_at_top and not self._shows_something and self._number % _REST_EVERY != 0

    def _attempt(
        self, rung: Rung, pixels: Pixels, started: float, tried: list[str], name: str | None = None
    ) -> Reading:
        climb = Climb(pixels, self._wanted, deadline=started + self._budget, clock=self._clock)
        climb.take(rung)
        tried.append(name or rung.name)
        return climb.reading()

    def _is_known_due(self, started: float) -> bool:
        """Say whether to look for our own symbol: always once it was seen, and ever more rarely in a still scene."""
        if opencv() is None or Symbology.QR_CODE not in self._wanted:
            return False
        has_time = self._clock() < started + self._budget or self._number % _ALWAYS_EVERY == 2
        is_new = self._climbed < len(self._suitable()) and self._number >= self._known_next
        return has_time and (is_new or self._known.follows)

    def _read_known(self, pixels: Pixels, started: float, tried: list[str]) -> list[Symbol]:
        self._known_next = self._number + self._known_gap
        self._known_gap = min(2 * self._known_gap, _KNOWN_EVERY)
        tried.append("as_it_is/known")
        symbol = self._known.read(pixels, lambda: self._clock() >= started + self._budget)
        return [] if symbol is None else [symbol]

    def _due(self) -> _Attempt | None:
        """Return the attempt whose turn it is: one that joins frames, where there are new ones, then another."""
        others = self._suitable()
        is_at_top = self._climbed >= len(others)
        self._joins_now = self._joins_left > 0 and (is_at_top or not self._joins_now)
        if self._joins_now:
            return _JOINED[-self._joins_left]
        return None if is_at_top else others[self._next % len(others)]

    def _strike_off(self) -> None:
        if self._joins_now:
            self._joins_left -= 1
        else:
            self._next, self._climbed = self._next + 1, self._climbed + 1

    def _suitable(self) -> list[_Attempt]:
        return [each for each in _OTHERS if each.rung.suits(self._frames[-1], self._wanted)]

    def _remember(self, pixels: Pixels) -> None:
        """Keep the frame, and begin anew where it differs from those before it."""
        means = _means(pixels)
        if means.shape != self._before.shape:
            self._frames.clear()
            self._still.clear()
            self._when_changed = np.full(means.shape, -255, np.int16)
        elif _middle_change(means - self._before) > _MOVED:
            self._still.clear()
        if float(np.percentile(np.abs(means - self._when_changed), 99)) > _CHANGED:
            self._when_changed, self._climbed = means, 0
            self._known_next, self._known_gap = self._number, 1
        self._before = means
        self._frames.append(pixels)
        if not self._still or self._number % _APART == 0:
            was_short = len(self._still) < _REMEMBERED
            self._still.append(pixels)
            is_full = len(self._still) == _REMEMBERED
            if is_full and (was_short or self._climbed < len(self._suitable())) and opencv() is not None:
                self._joins_left = len(_JOINED)

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


def _means(pixels: Pixels) -> npt.NDArray[np.int16]:
    """Return the mean of each block of 16 × 16 pixels, in which noise has gone."""
    rows, columns = (max(1, length // _BLOCK) for length in pixels.shape)
    cv2 = opencv()
    if cv2 is None:
        whole = pixels[: rows * _BLOCK, : columns * _BLOCK]
        return np.asarray(whole[::4, ::4], np.int16)
    return np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA), np.int16)


def _middle_change(differences: npt.NDArray[np.int16]) -> float:
    cv2, (rows, columns) = opencv(), differences.shape
    if cv2 is not None:
        size = max(1, columns // _LARGER), max(1, rows // _LARGER)
        differences = np.asarray(cv2.resize(differences, size, interpolation=cv2.INTER_AREA), np.int16)
    return float(np.median(np.abs(differences)))


def _sharpness(pixels: Pixels) -> float:
    rows = pixels[::4].astype(np.int16)
    return float(np.abs(np.diff(rows, axis=1)).mean())
