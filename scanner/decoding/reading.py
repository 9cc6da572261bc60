"""Read the symbols in one picture: climb the ladder until something is believed or the time is spent."""

import time
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np

from scanner.decoding.closer.bars import is_whole, slant_degrees
from scanner.decoding.closer.close_up import closer_attempts
from scanner.decoding.closer.located import locate, read_located
from scanner.decoding.confirmation import SLANTED, Confirmation, same_place
from scanner.decoding.decoders import zbar, zxing
from scanner.decoding.ladder import KNOWN, LADDER, Rung
from scanner.decoding.opencv import Pixels, grey, opencv
from scanner.decoding.preparations import View, as_it_is, turned
from scanner.decoding.symbols import LABELS, Polygon, Reading, Symbol, Symbology

DEFAULT_BUDGET_MS = 2000.0
_SMALLEST_SIDE = 8
LOCATED = "located/zxing"
_CHEAP_LOOKS = 2
_STRAIGHTENED_SIDE = 1600
_EAN_FAMILY = frozenset({Symbology.EAN_13, Symbology.UPC_A})


def read(
    image: Pixels,
    *,
    wanted: frozenset[Symbology] = LABELS,
    budget_ms: float = DEFAULT_BUDGET_MS,
    enough: Callable[[Symbol], bool] | None = None,
    ladder: Iterable[Rung] = LADDER,
    clock: Callable[[], float] = time.perf_counter,
) -> Reading:
    """Return the symbols believed to be in a picture (grey, or blue-green-red), and what was tried.

    The climb ends with the first symbol that is `enough`; without that, when every located symbol is told.
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
        if climb.is_done(enough):
            break
        if rung.step is as_it_is and rung.decoder is zxing:
            if climb.is_out_of_time():
                break
            if not climb.sightings.believed() and KNOWN.suits(climb.pixels, wanted):
                climb.take(KNOWN)
                if climb.is_done(enough) or climb.is_out_of_time():
                    break
            climb.look_at_located(enough)
            if climb.is_done(enough):
                break
    return climb.reading()


class Climb:
    """The state of one reading: the picture, its prepared views, and what was seen in them."""

    def __init__(
        self, pixels: Pixels, wanted: frozenset[Symbology], *, deadline: float, clock: Callable[[], float]
    ) -> None:
        self.pixels = pixels
        self.sightings = Confirmation()
        self.tried: list[str] = []
        self._wanted = wanted
        self._deadline = deadline
        self._clock = clock
        self._last: tuple[object, View] | None = None
        self._located: list[Polygon] | None = None

    def take(self, rung: Rung) -> None:
        """Make one attempt, and look closer at what it leaves doubtful."""
        view = self._prepared(rung)
        read_here = rung.decoder(view.pixels, self._wanted & rung.kinds)
        whole = [view.locate(symbol) for symbol in read_here if is_whole(view.pixels, symbol)]
        self.tried.append(rung.name)
        self.sightings.add(rung.name, whole)
        slanted = [symbol for symbol in read_here if not is_whole(view.pixels, symbol)]
        self.sightings.add(SLANTED + rung.name, map(view.locate, slanted))
        for symbol in slanted:
            slant = view.slant_degrees(slant_degrees(view.pixels, symbol.polygon))
            whole += self._straightened(symbol.symbology, slant)
        for symbol in whole:
            if symbol in self.sightings.doubtful():
                self._look_closer(symbol)

    def look_at_located(self, enough: Callable[[Symbol], bool] | None) -> None:
        """Look closer at every QR symbol that can be located and is not told."""
        self._located = []
        if Symbology.QR_CODE not in self._wanted or opencv() is None:
            return
        told = [symbol.polygon for symbol in self.sightings.believed()]
        located = locate(self.pixels, told, self.is_out_of_time)
        self._located = [each.place for each in located if each.is_sure]
        if located:
            self.tried.append(LOCATED)
        for symbol in read_located(located, self.is_out_of_time):
            self.sightings.add(LOCATED, [symbol])
            if self.is_done(enough):
                return

    def is_done(self, enough: Callable[[Symbol], bool] | None) -> bool:
        """Say whether a symbol is told that is enough, or without such a wish, whether nothing located is left."""
        told = self.sightings.believed()
        if enough is None:
            return bool(told) and self._located is not None and all(self._is_told(each) for each in self._located)
        return any(map(enough, told))

    def _is_told(self, place: Polygon) -> bool:
        return any(same_place(place, symbol.polygon) for symbol in self.sightings.believed())

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

    def _straightened(self, kind: Symbology, degrees: float) -> list[Symbol]:
        """Return what is read of bars of this slant in the picture turned until they stand upright."""
        name = f"straightened_{round(degrees)}"
        if f"{name}/{zbar.__name__}" in self.tried or self.is_out_of_time():
            return []
        view = turned(self.pixels, degrees, _STRAIGHTENED_SIDE)
        seen: list[Symbol] = []
        for decoder in (zxing, zbar):
            found = decoder(view.pixels, frozenset({kind}))
            here = [view.locate(symbol) for symbol in found if is_whole(view.pixels, symbol)]
            self.tried.append(f"{name}/{decoder.__name__}")
            self.sightings.add(self.tried[-1], here)
            seen += here
        return seen

    def _look_closer(self, doubtful: Symbol) -> None:
        kinds = _EAN_FAMILY if doubtful.symbology in _EAN_FAMILY else frozenset({doubtful.symbology})
        attempts = closer_attempts(self.pixels, doubtful.polygon)
        # Beside what is believed already, a doubtful symbol is worth a cheap look alone.
        for attempt, pixels, decoder in islice(attempts, _CHEAP_LOOKS if self.sightings.believed() else None):
            if self.is_out_of_time():
                return
            seen = [symbol for symbol in decoder(pixels, kinds) if is_whole(pixels, symbol)]
            self.sightings.add(
                attempt,
                [Symbol(symbol.symbology, symbol.text, doubtful.polygon, symbol.gs1) for symbol in seen],
            )
            if attempt not in self.tried:
                self.tried.append(attempt)
            if doubtful not in self.sightings.doubtful():
                return
