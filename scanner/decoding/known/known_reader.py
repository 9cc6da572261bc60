"""Reads the delivery code's own symbol, of which nearly everything is known beforehand: docs/decoding.md.

Where no single frame shows enough, frames of a moving phone are added up on the symbol's own grid: a glare that
wanders, blur that comes and goes and noise leave something of every module in time.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from scanner.decoding.known.grid_refinement import refined
from scanner.decoding.known.known_corners import FinderSearch, places
from scanner.decoding.known.known_symbol import FUNCTION, MASKS, SIDE, known_modules
from scanner.decoding.known.soft_decoding import Floats, decode
from scanner.decoding.known.soft_sampling import soft_grids
from scanner.decoding.opencv import Pixels, need_opencv
from scanner.decoding.symbols import Symbol, Symbology

_AGREES = 0.38
"""Correlation of what is known with what is seen, below which there is no symbol of ours."""
_ROUGH, _FINE = 1.0, 0.5
_WELL_LAID = 0.6
_TRIED = 2
_JOINED_FROM, _DECODED_FROM = 0.4, 0.8
"""How far known modules must stand out (mean by deviation) for a grid to be added to others, and to be decoded."""
_KEPT = 0.85
"""Share of what earlier frames said that is kept with each new one: an old symbol fades in half a second."""
_FOLLOWED = 3
"""Frames for which a symbol is looked for where it was."""
_STRONGEST = 4.0


def known(pixels: Pixels, wanted: frozenset[Symbology]) -> list[Symbol]:
    """Read the delivery code's symbol in one grey picture alone: dark on light, or else light on dark."""
    if Symbology.QR_CODE not in wanted:
        return []
    symbol = KnownReader().read(pixels) or KnownReader().read(_negative(pixels))
    return [] if symbol is None else [symbol]


class KnownReader:
    """Reads the frames of one camera; what it remembers is one grid of 25 × 25. Not for several threads at once.

    It looks for dark modules on light and, as a screen in its dark mode shows them, light ones on dark by turns, until
    it follows one.
    """

    def __init__(self) -> None:
        self._search = FinderSearch()
        self._place: Floats | None = None
        self._unseen = 0
        self._is_light = True
        self._sum = np.zeros((SIDE, SIDE))

    def read(self, pixels: Pixels, is_late: Callable[[], bool] = lambda: False) -> Symbol | None:
        """Return the delivery code in a grey picture, alone or with those before it, or nothing that is sure."""
        if not self.follows:
            self._is_light = not self._is_light
        shown = _negative(pixels) if self._is_light else pixels
        return self.read_at(shown, self._candidates(shown), is_late)

    def read_at(
        self, pixels: Pixels, candidates: Iterable[Floats], is_late: Callable[[], bool] = lambda: False
    ) -> Symbol | None:
        """Return the delivery code that lies near one of some places, alone or with the frames before."""
        self._unseen += 1
        seen: Floats | None = None
        for near in candidates:
            text, place, best = read_near(pixels, near)
            if text is not None:
                self.forget()
                return _symbol(text, place)
            if seen is None and best is not None:
                seen, self._place, self._unseen = best, place, 0
            if is_late():
                break
        if seen is None or self._place is None:
            return None
        return self._joined(seen)

    @property
    def follows(self) -> bool:
        """Say whether the last frames showed a symbol of ours that is not read yet."""
        return self._place is not None and self._unseen < _FOLLOWED

    def forget(self) -> None:
        """Begin anew with the next frame."""
        self._place = None
        self._sum[:] = 0

    def _candidates(self, pixels: Pixels) -> Iterator[Floats]:
        if self._place is not None and self._unseen <= _FOLLOWED:
            yield self._place
            # The grid that was followed is there still.
            if self._unseen == 0:
                return
        blurred = need_opencv().blur(pixels, (3, 3))
        yield from places(blurred, self._search.finders(pixels))

    def _joined(self, seen: Floats) -> Symbol | None:
        alone = not self._sum.any()
        self._sum = self._sum * _KEPT + np.clip(seen, -_STRONGEST, _STRONGEST)
        if alone or _log_odds(self._sum)[0] < _DECODED_FROM:
            return None
        text = decode(self._sum)
        if text is None or self._place is None:
            return None
        place = self._place
        self.forget()
        return _symbol(text, place)


def _negative(pixels: Pixels) -> Pixels:
    return np.asarray(need_opencv().bitwise_not(pixels), np.uint8)


def read_near(pixels: Pixels, near: Floats) -> tuple[str | None, Floats, Floats | None]:
    """Return what is told of a symbol near a place, where exactly it lies, and its soft grid where there is one."""
    place, agreement = _laid_on(pixels, near)
    if agreement < _AGREES:
        return None, place, None
    grids, place = _grids(pixels, place)
    for sureness, soft in grids:
        if sureness >= _DECODED_FROM and (text := decode(soft)) is not None:
            return text, place, soft
    return None, place, grids[0][1] if grids[0][0] >= _JOINED_FROM else None


def _laid_on(pixels: Pixels, near: Floats) -> tuple[Floats, float]:
    place, agreement = refined(pixels, near, blur=_FINE)
    if agreement >= _WELL_LAID:
        return place, agreement
    place, _ = refined(pixels, near, blur=_ROUGH)
    return refined(pixels, place, blur=_FINE)


def _grids(pixels: Pixels, place: Floats) -> tuple[list[tuple[float, Floats]], Floats]:
    """Return the soft grids as logarithms of odds, the surest first, and the place as its mask refines it."""
    mask = _likeliest_mask(next(soft_grids(pixels, place)))
    place, _ = refined(pixels, place, mask=mask, blur=_FINE)
    weighed = [_log_odds(soft) for soft in soft_grids(pixels, place)]
    return sorted(weighed, key=lambda each: each[0], reverse=True)[:_TRIED], place


def _log_odds(soft: Floats) -> tuple[float, Floats]:
    """Return how sure a grid is, by the known modules that nothing was learnt from, and it as logarithms of odds.

    Of values with mean ±m and variance v the logarithm of the odds of dark is 2·m/v times each.
    """
    known = known_modules(_likeliest_mask(soft)) * (FUNCTION == 0)
    agreeing = (soft * known)[known != 0]
    mean, variance = float(agreeing.mean()), float(agreeing.var()) + 1e-9
    return mean / variance**0.5, soft * max(0.0, 2 * mean / variance)


def _likeliest_mask(soft: Floats) -> int:
    """Return the mask under which most of what is known agrees."""
    return int(np.argmax([float((soft * known_modules(mask)).sum()) for mask in range(MASKS)]))


def _symbol(text: str, place: Floats) -> Symbol:
    corners = place @ np.array([(0, 0, 1), (SIDE, 0, 1), (SIDE, SIDE, 1), (0, SIDE, 1)], float).T
    first, second, third, fourth = [(round(x), round(y)) for x, y in (corners[:2] / corners[2]).T.tolist()]
    return Symbol(Symbology.QR_CODE, text, (first, second, third, fourth))
