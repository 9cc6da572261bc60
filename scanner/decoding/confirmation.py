"""What a reading of a weak kind is worth: nothing alone, something when attempts agree.

A wrong text is worse than none. Kinds with real error detection (QR, Data Matrix, Aztec, PDF417, Code 93, and Code 128
in a picture as it was taken) are believed at once; the others when two witnesses saw the same text and no rival in the
same place comes near. One misreading of a hundred fits Code 128's check character: a picture sharpened until something
is read gives enough of them. A witness is a decoder, or one decoder's look at rows that its other look has not seen:
whatever misleads a decoder (a worn bar, a speck, a blur) misleads it in every preparation of the same rows, so these
are one witness.
`web/static/js/lib/decoding/belief.js` follows the same rule for the pages, where one decoder is all there is and
another band of rows the only second witness; both are tried on the cases of `tests/cases/confirmation.json`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from string import ascii_uppercase
from typing import TypeAlias

from scanner.decoding.delivery_codes import is_delivery_code
from scanner.decoding.symbols import LINEAR, Polygon, Symbol, Symbology

Key: TypeAlias = tuple[str, str]

BAND = "rows"
"""How names of attempts begin that saw one band of rows alone; the band's number follows."""
SLANTED = "slanted "
"""How names of attempts begin whose rows may have left the symbol before its end: they support, and prove no whole."""
_SHORTEST = {Symbology.ITF: 6, Symbology.CODE_39: 3, Symbology.CODABAR: 5, Symbology.MICRO_QR_CODE: 1}
"""Fewest characters believed at all: shorter ones are found in any texture (ITF has no length check)."""
_BY_BOTH = frozenset({Symbology.UPC_E, Symbology.CODE_128})
"""Kinds found so easily in other symbols, or misread in all rows alike, that two decoders must agree."""
_AS_TAKEN = frozenset({"as_it_is", "reduced", "turned_22", "turned_45", "turned_67"})
"""Preparations that leave every bar as it was seen."""
_MANY_TIMES = 2
_LEAST_PIXELS = 4
"""Pixels that a character of bars takes at least."""
_SAME_BARS = 0.25
"""Share of their length within which rows are of the same bars."""


_CODES_OF_PERCENT = (*range(27, 32), *range(59, 64), *range(91, 96), *range(123, 128), 0, 64, 96)
_FULL_ASCII = re.compile(r"[+/%$][A-Z]")
_ASCII_OF_PAIR = {
    **{f"+{letter}": letter.lower() for letter in ascii_uppercase},
    **{f"${letter}": chr(ord(letter) - 64) for letter in ascii_uppercase},
    **{f"/{letter}": character for letter, character in zip("ABCDEFGHIJKLMNOZ", "!\"#$%&'()*+,-./:", strict=True)},
    **{f"%{letter}": chr(code) for letter, code in zip("ABCDEFGHIJKLMNOPQRSTUVW", _CODES_OF_PERCENT, strict=True)},
}
"""Pairs of Code 39 that stand for one ASCII character (ISO/IEC 16388 annex): zxing-cpp tells it, zbar the pair."""


@dataclass(slots=True)
class Confirmation:
    """The symbols seen in one picture so far, by attempt."""

    _strong: list[Symbol] = field(default_factory=list)
    _weak: dict[Key, list[Symbol]] = field(default_factory=dict)
    _attempts: dict[Key, set[str]] = field(default_factory=dict)

    def add(self, attempt: str, symbols: Iterable[Symbol]) -> None:
        """Record what one attempt saw; the same attempt counts once for each text."""
        for symbol in symbols:
            key = _key(symbol)
            if _is_sure(symbol, attempt) or any(_key(each) == key for each in self._strong):
                for each in (symbol, *self._weak.pop(key, [])):
                    add_where_none_is(each, self._strong)
            elif len(symbol.text) >= _SHORTEST.get(symbol.symbology, 1):
                add_where_none_is(symbol, self._weak.setdefault(key, []))
                self._attempts.setdefault(key, set()).add(attempt)

    def believed(self) -> tuple[Symbol, ...]:
        """Return the symbols that may be told."""
        confirmed = (symbols for key, symbols in self._weak.items() if self._is_confirmed(key))
        return (*self._strong, *chain.from_iterable(confirmed))

    def doubtful(self) -> tuple[Symbol, ...]:
        """Return the weak symbols that were seen whole and not confirmed."""
        seen = (key for key in self._weak if self._was_whole(key))
        return tuple(self._weak[key][0] for key in seen if not self._is_confirmed(key))

    def _is_confirmed(self, key: Key) -> bool:
        symbol, attempts = self._weak[key][0], self._attempts[key]
        votes = len(attempts)
        if not self._was_whole(key):
            return False
        if not _are_two_witnesses(attempts, by_both=symbol.symbology in _BY_BOTH):
            return False
        return not any(self._beats(rival, votes, symbol) for rival in self._weak if rival != key)

    def _was_whole(self, key: Key) -> bool:
        return not all(name.startswith(SLANTED) for name in self._attempts[key])

    def _beats(self, rival: Key, votes: int, symbol: Symbol) -> bool:
        other = self._weak[rival][0]
        if symbol.text in other.text:
            return True  # a part of a longer symbol: ITF, Code 39 and Codabar can be cut short
        if not same_place(symbol.polygon, other.polygon):
            return False
        return other.text not in symbol.text and votes < _MANY_TIMES * len(self._attempts[rival])


def _is_sure(symbol: Symbol, attempt: str) -> bool:
    """Say whether one reading proves enough."""
    if symbol.symbology is Symbology.CODE_128:
        return attempt.split("/")[-2] in _AS_TAKEN or is_delivery_code(symbol.text)
    return not symbol.symbology.is_weak


def _are_two_witnesses(attempts: set[str], *, by_both: bool) -> bool:
    named = [name.split("/")[-2:] for name in attempts]
    decoders = {decoder for _, decoder in named}
    bands = Counter(decoder for preparation, decoder in named if preparation.startswith(BAND))
    return len(decoders) > 1 or (not by_both and any(count > 1 for count in bands.values()))


def add_where_none_is(symbol: Symbol, symbols: list[Symbol]) -> None:
    """Add a symbol where none of its kind and text is: equal texts at different places are two symbols."""
    alike = (place for place, each in enumerate(symbols) if _key(each) == _key(symbol) and _are_one(each, symbol))
    place = next(alike, None)
    if place is None:
        symbols.append(symbol)
    elif symbol.symbology in LINEAR and _length(symbols[place]) < _LEAST_PIXELS * len(symbol.text) <= _length(symbol):
        symbols[place] = symbol


def _are_one(one: Symbol, other: Symbol) -> bool:
    """Say whether two sightings of one text are of one symbol; of bars a decoder tells some rows, or an end, alone."""
    if same_place(one.polygon, other.polygon):
        return True
    if one.symbology not in LINEAR:
        return False
    lengths = _length(one), _length(other)
    apart = math.dist(_middle(one.polygon), _middle(other.polygon))
    return min(lengths) < _LEAST_PIXELS * len(one.text) or apart < _SAME_BARS * max(lengths)


def _length(symbol: Symbol) -> float:
    return max(map(math.dist, symbol.polygon, (*symbol.polygon[1:], symbol.polygon[0])))


def same_place(one: Polygon, other: Polygon) -> bool:
    """Say whether the middle of either polygon lies within the upright bounds of the other."""
    return _holds(one, _middle(other)) or _holds(other, _middle(one))


def _key(symbol: Symbol) -> Key:
    if symbol.symbology in (Symbology.EAN_13, Symbology.UPC_A):
        return Symbology.EAN_13, symbol.text.zfill(13)
    if symbol.symbology is Symbology.CODE_39:
        return symbol.symbology, _FULL_ASCII.sub(lambda pair: _ASCII_OF_PAIR.get(pair[0], pair[0]), symbol.text)
    return symbol.symbology, symbol.text


def _middle(polygon: Polygon) -> tuple[float, float]:
    return sum(x for x, _ in polygon) / 4, sum(y for _, y in polygon) / 4


def _holds(polygon: Polygon, point: tuple[float, float]) -> bool:
    xs, ys = zip(*polygon, strict=True)
    return min(xs) - 2 <= point[0] <= max(xs) + 2 and min(ys) - 2 <= point[1] <= max(ys) + 2
