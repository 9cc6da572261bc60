"""Tracking numbers: how one is written down, and by what two are the same. Pure.

`web/static/js/lib/handing/tracking-number.js` holds the same rules for the pages; both are tried on the cases of
`tests/cases/tracking-numbers.json`, and `docs/proof-format.md` states them for whoever checks a proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from codes.model import Realm

TEST_PARCELS = "TEST/"
"""Parcels of test keys stand apart from all others by how their references begin; no mail of theirs leaves."""

_SHORTEST_CONTAINED = 8
"""Bars hold many shorter runs of digits by chance, such as a postcode or a service's number."""
_LONGEST_TEXT = 128
"""A text of that length has some 4,000 runs of 8 to 50 signs; they are looked up by an index."""

# ISO/IEC 15424: which kind of symbol a text was read from, as scanners may name it before the text.
_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]", re.ASCII)
_WRITTEN = re.compile(r"[A-Z0-9][A-Z0-9._/+-]{2,49}", re.ASCII)
_SEPARATORS = re.compile(r"[._/+-]", re.ASCII)
# GS1 General Specifications §3.2: the application identifier 00 before the 18 digits of a serial shipping container.
_SSCC = re.compile(r"00([0-9]{18})", re.ASCII)


def _ranges(*pairs: tuple[int, int]) -> list[int]:
    return [sign for first, last in pairs for sign in range(first, last + 1)]


# Blanks, line ends, FNC1 (which readers tell as GS, U+001D), brackets of an application identifier, signs without width
# and signs of direction: keyboards, copying and readers add them, and nobody sees them.
_DROPPED = _ranges(
    (0x09, 0x0D),
    (0x1D, 0x1D),
    (0x20, 0x20),
    (0x28, 0x29),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x1680, 0x1680),
    (0x180E, 0x180E),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
)
_DASHES = _ranges((0x2010, 0x2015), (0x2212, 0x2212), (0xFE58, 0xFE58), (0xFE63, 0xFE63))
# Full-width forms, and the digits of keyboards for Arabic and Persian, stand for the ASCII signs that a label shows.
_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_DROPPED),
    **dict.fromkeys(_DASHES, "-"),
    **{sign: chr(sign - 0xFEE0) for sign in _ranges((0xFF01, 0xFF5E)) if sign not in (0xFF08, 0xFF09)},
    **dict.fromkeys((65288, 65289)),
    **{sign: str(sign - 0x660) for sign in _ranges((0x660, 0x669))},
    **{sign: str(sign - 0x6F0) for sign in _ranges((0x6F0, 0x6F9))},
}
# Not `upper()`: it turns letters beyond ASCII into such of ASCII, and so one number into another.
_CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def realm_of(reference: str) -> Realm:
    """Return the realm of a parcel, as its number tells it."""
    return Realm.TEST if reference.startswith(TEST_PARCELS) else Realm.LIVE


class BadReference(ValueError):
    """The text cannot be a tracking number."""


def normalise_reference(text: str) -> str:
    """Write a tracking number as it is kept and shown: upper case, nothing invisible, an SSCC without its ``00``.

    Raises BadReference unless 3 to 50 of ``A-Z 0-9 . _ / + -`` are left.
    """
    written = _in_full(text)
    return number_of(written) if _SSCC.fullmatch(_SEPARATORS.sub("", written)) else written


def reference_in(text: str) -> str | None:
    """Return the tracking number that a text writes, as it is kept; None if it can be none."""
    try:
        return normalise_reference(text)
    except BadReference:
        return None


def number_of(text: str) -> str:
    """Return by what tracking numbers are compared: without separators. Raises BadReference."""
    written = _in_full(text)
    realm = TEST_PARCELS if written.startswith(TEST_PARCELS) else ""
    number = _SEPARATORS.sub("", written.removeprefix(realm))
    sscc = _SSCC.fullmatch(number)
    return realm + (sscc[1] if sscc else number)


def is_plain(text: str) -> bool:
    """Tell whether a checker of proofs, who knows ASCII letters and digits alone, finds the number in a text, too."""
    reduced = re.sub(r"[^A-Z0-9]", "", text.translate(_CAPITALS))
    return all(number.removeprefix(TEST_PARCELS) in reduced for number in numbers_in([text]).values())


def numbers_in(texts: Iterable[str]) -> dict[str, str]:
    """Return by what the numbers that these texts write are compared; a text that can write none is left out."""
    numbers = {}
    for text in texts:
        with suppress(BadReference):
            numbers[text] = number_of(text)
    return numbers


def part_of_number(text: str) -> str:
    """Return a part of a number as numbers are compared, as somebody types it who looks for one; "" if it is none."""
    part = _SEPARATORS.sub("", _plain(text))
    return part if part.isascii() and part.isalnum() else ""


def contained_numbers(text: str) -> list[str]:
    """Return what could be a parcel's number within a text that holds more: bars with a route, a link.

    Each is a run of 8 to 50 letters and digits, as numbers are compared, the longest first.
    No carrier's layout is guessed.
    """
    runs = re.findall(r"[A-Z0-9]+", _SEPARATORS.sub("", _plain(text)[:_LONGEST_TEXT]))
    lengths = range(50, _SHORTEST_CONTAINED - 1, -1)
    cuts = (run[at : at + length] for length in lengths for run in runs for at in range(len(run) - length + 1))
    return list(dict.fromkeys(cuts))


def _in_full(text: str) -> str:
    written = _plain(text)
    if not _WRITTEN.fullmatch(written):
        raise BadReference("a tracking number has 3 to 50 letters, digits or . _ / + -")
    return written


def _plain(text: str) -> str:
    return _AIM.sub("", text.translate(_TABLE), count=1).translate(_CAPITALS) if text else ""
