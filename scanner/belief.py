"""What a reading of a weak kind is worth: nothing alone, something when attempts agree.

A wrong text is worse than none. Kinds with real error detection (QR, Data Matrix, Aztec, PDF417, Code 128,
Code 93) are believed at once; the others when several attempts saw the same text and no rival in the same place
comes near.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from scanner.symbols import Polygon, Symbol, Symbology

Key: TypeAlias = tuple[str, str]

_NEEDED = 2
_SHORTEST = {Symbology.ITF: 6, Symbology.CODE_39: 3, Symbology.CODABAR: 5, Symbology.MICRO_QR_CODE: 1}
"""Fewest characters believed at all: shorter ones are found in any texture (ITF has no length check)."""
_BY_BOTH = frozenset({Symbology.UPC_E})
"""Kinds found so easily in other symbols that two decoders must agree."""
_MANY_TIMES = 2


@dataclass(slots=True)
class Sightings:
    """The symbols seen in one picture so far, by attempt."""

    _strong: dict[Key, Symbol] = field(default_factory=dict)
    _weak: dict[Key, Symbol] = field(default_factory=dict)
    _attempts: dict[Key, set[str]] = field(default_factory=dict)

    def add(self, attempt: str, symbols: Iterable[Symbol]) -> None:
        """Record what one attempt saw; the same attempt counts once for each text."""
        for symbol in symbols:
            key = _key(symbol)
            if not symbol.symbology.is_weak:
                self._strong.setdefault(key, symbol)
            elif len(symbol.text) >= _SHORTEST.get(symbol.symbology, 1):
                self._weak.setdefault(key, symbol)
                self._attempts.setdefault(key, set()).add(attempt)

    def believed(self) -> tuple[Symbol, ...]:
        """Return the symbols that may be told."""
        return (*self._strong.values(), *(symbol for key, symbol in self._weak.items() if self._is_confirmed(key)))

    def doubtful(self) -> tuple[Symbol, ...]:
        """Return the weak symbols that were seen and not confirmed."""
        return tuple(symbol for key, symbol in self._weak.items() if not self._is_confirmed(key))

    def _is_confirmed(self, key: Key) -> bool:
        symbol, attempts = self._weak[key], self._attempts[key]
        votes = len(attempts)
        if votes < _NEEDED or (symbol.symbology in _BY_BOTH and len({name.split("/")[-1] for name in attempts}) < 2):
            return False
        return not any(self._beats(rival, votes, symbol) for rival in self._weak if rival != key)

    def _beats(self, rival: Key, votes: int, symbol: Symbol) -> bool:
        other = self._weak[rival]
        if symbol.text in other.text:
            return True  # a part of a longer symbol: ITF, Code 39 and Codabar can be cut short
        if not same_place(symbol.polygon, other.polygon):
            return False
        return other.text not in symbol.text and votes < _MANY_TIMES * len(self._attempts[rival])


def same_place(one: Polygon, other: Polygon) -> bool:
    """Say whether the middle of either polygon lies within the upright bounds of the other."""
    return _holds(one, _middle(other)) or _holds(other, _middle(one))


def _key(symbol: Symbol) -> Key:
    if symbol.symbology in (Symbology.EAN_13, Symbology.UPC_A):
        return Symbology.EAN_13, symbol.text.zfill(13)
    return symbol.symbology, symbol.text


def _middle(polygon: Polygon) -> tuple[float, float]:
    return sum(x for x, _ in polygon) / 4, sum(y for _, y in polygon) / 4


def _holds(polygon: Polygon, point: tuple[float, float]) -> bool:
    xs, ys = zip(*polygon, strict=True)
    return min(xs) <= point[0] <= max(xs) and min(ys) - 2 <= point[1] <= max(ys) + 2
