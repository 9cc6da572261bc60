"""Read the symbols in one picture: climb the ladder until something is believed or the time is spent."""

import time
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np

from scanner.belief import Sightings
from scanner.closer import closer_attempts
from scanner.ladder import LADDER, Rung
from scanner.steps import View
from scanner.symbols import LABELS, Reading, Symbol, Symbology
from scanner.vision import Pixels, grey

DEFAULT_BUDGET_MS = 2000.0
_SMALLEST_SIDE = 8
_CHEAP_LOOKS = 2
_EAN_FAMILY = frozenset({Symbology.EAN_13, Symbology.UPC_A})


def read(
    image: Pixels,
    *,
    wanted: frozenset[Symbology] = LABELS,
    budget_ms: float = DEFAULT_BUDGET_MS,
    ladder: Iterable[Rung] = LADDER,
    clock: Callable[[], float] = time.perf_counter,
) -> Reading:
    """Return the symbols believed to be in a picture (grey, or blue-green-red), and what was tried.

    The first rung is always climbed; no later one begins after `budget_ms`.
    """
    if image.size == 0 or min(image.shape[:2]) < _SMALLEST_SIDE or not wanted:
        return Reading((), ())
    climb = Climb(grey(image), wanted, deadline=clock() + budget_ms / 1000, clock=clock)
    for rung in ladder:
        if not rung.suits(climb.pixels, wanted):
            continue
        if climb.tried and climb.is_out_of_time():
            break
        climb.take(rung)
        if climb.sightings.believed():
            break
    return climb.reading()


class Climb:
    """The state of one reading: the picture, its prepared views, and what was seen in them."""

    def __init__(
        self, pixels: Pixels, wanted: frozenset[Symbology], *, deadline: float, clock: Callable[[], float]
    ) -> None:
        self.pixels = pixels
        self.sightings = Sightings()
        self.tried: list[str] = []
        self._wanted = wanted
        self._deadline = deadline
        self._clock = clock
        self._last: tuple[object, View] | None = None

    def take(self, rung: Rung) -> None:
        """Make one attempt, and look closer at what it leaves doubtful."""
        view = self._prepared(rung)
        seen = [view.locate(symbol) for symbol in rung.decoder(view.pixels, self._wanted & rung.kinds)]
        self.tried.append(rung.name)
        self.sightings.add(rung.name, seen)
        for symbol in seen:
            if symbol in self.sightings.doubtful():
                self._look_closer(symbol)

    def is_out_of_time(self) -> bool:
        """Say whether the budget is spent."""
        return self._clock() >= self._deadline

    def reading(self) -> Reading:
        """Return what this climb found."""
        return Reading(self.sightings.believed(), tuple(self.tried), self.sightings.doubtful())

    def _prepared(self, rung: Rung) -> View:
        if self._last is None or self._last[0] is not rung.step:
            view = rung.step(self.pixels)
            self._last = rung.step, View(np.ascontiguousarray(view.pixels), view.back)
        return self._last[1]

    def _look_closer(self, doubtful: Symbol) -> None:
        kinds = _EAN_FAMILY if doubtful.symbology in _EAN_FAMILY else frozenset({doubtful.symbology})
        attempts = closer_attempts(self.pixels, doubtful.polygon)
        # Beside what is believed already, a doubtful symbol is worth a cheap look alone.
        for attempt, pixels, decoder in islice(attempts, _CHEAP_LOOKS if self.sightings.believed() else None):
            if self.is_out_of_time():
                return
            seen = decoder(pixels, kinds)
            self.sightings.add(
                attempt,
                [Symbol(symbol.symbology, symbol.text, doubtful.polygon, symbol.gs1) for symbol in seen],
            )
            if attempt not in self.tried:
                self.tried.append(attempt)
            if doubtful not in self.sightings.doubtful():
                return
