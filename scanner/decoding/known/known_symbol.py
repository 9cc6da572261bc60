"""The delivery code's symbol as ISO/IEC 18004 lays it out: QR version 2, level H, 34 digits that begin with 731.

Everything here is known before a picture is taken. Modules are told as signs: +1 is dark, -1 is light.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.decoding.delivery_codes import is_delivery_code
from scanner.decoding.known.reed_solomon import check_symbols

Bits = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]

SIDE = 25
CODE_WORDS = 44
CHECK_WORDS = 28
DATA_WORDS = CODE_WORDS - CHECK_WORDS
KNOWN_WORDS = 3
"""Mode 0001, count 34 in ten bits (§7.4.3) and the digits 731 in ten are three whole code words."""
MASKS = 8
BITS = 8 * CODE_WORDS
KNOWN_BITS = 8 * KNOWN_WORDS
DATA_BITS = 8 * DATA_WORDS
_HEADER = "0001" + f"{34:010b}"
_LEVEL_H = 0b10
_FORMAT_MASK = 0b101010000010010
_FORMAT_POLYNOMIAL = 0b10100110111
_ALIGNMENT_CENTRE = 18
_REMAINDER_BITS = 7


def bits_of(text: str) -> Bits:
    """Return the 128 data bits of 34 digits: groups of three in ten bits, the last alone in four (§7.4.3)."""
    groups = [f"{int(text[at : at + 3]):010b}" for at in range(0, 33, 3)]
    return np.array([int(bit) for bit in _HEADER + "".join(groups) + f"{int(text[33]):04b}"], np.uint8)


def text_of(bits: Bits) -> str | None:
    """Return the digits of 128 data bits, or nothing where they are no payload of ours."""
    whole = "".join(map(str, bits))
    groups = [int(whole[at : at + 10], 2) for at in range(len(_HEADER), len(_HEADER) + 110, 10)]
    text = "".join(f"{group:03d}" for group in groups) + str(int(whole[-4:], 2))
    return text if whole.startswith(_HEADER) and is_delivery_code(text) else None


def encoded(data: Bits) -> Bits:
    """Return rows of 352 bits, the code words in order, for rows of 128 data bits; one block alone (§7.5.1)."""
    words = np.packbits(data, axis=1)
    return np.unpackbits(np.hstack([words, check_symbols(words, CHECK_WORDS)]), axis=1)


def drawn(bits: Bits, mask: int) -> Signs:
    """Return the 25 × 25 modules of one row of 352 bits under one of the eight masks."""
    modules = known_modules(mask).copy()
    modules[PLACES[:BITS, 0], PLACES[:BITS, 1]] = (2 * bits.astype(np.int8) - 1) * mask_signs(mask)[:BITS]
    return modules


def _function_patterns() -> Signs:
    """Return finders with separators, timing, alignment and the dark module (§6.3, §7.9.1); 0 elsewhere."""
    modules = np.zeros((SIDE, SIDE), np.int8)
    ring = np.maximum(*np.abs(np.mgrid[-4:5, -4:5]))
    finder = np.where((ring == 2) | (ring == 4), -1, 1).astype(np.int8)
    modules[:8, :8], modules[:8, -8:], modules[-8:, :8] = finder[1:, 1:], finder[1:, :-1], finder[:-1, 1:]
    timing = np.where(np.arange(8, SIDE - 8) % 2, -1, 1)
    modules[6, 8:-8] = modules[8:-8, 6] = timing
    near = slice(_ALIGNMENT_CENTRE - 2, _ALIGNMENT_CENTRE + 3)
    modules[near, near] = np.where(ring[2:-2, 2:-2] == 1, -1, 1)
    modules[SIDE - 8, 8] = 1
    return modules


def _format_places() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the 15 format bits stand twice, the most significant first (§7.9.1, figure 25)."""
    around = [(8, at) for at in (0, 1, 2, 3, 4, 5, 7, 8)] + [(at, 8) for at in (7, 5, 4, 3, 2, 1, 0)]
    apart = [(SIDE - 1 - at, 8) for at in range(7)] + [(8, SIDE - 8 + at) for at in range(8)]
    return np.array(around), np.array(apart)


def _format_word(mask: int) -> Signs:
    """Return level H and the mask under BCH (15, 5), as signs (§7.9.1)."""
    data = _LEVEL_H << 3 | mask
    rest = data << 10
    for bit in range(14, 9, -1):
        if rest >> bit & 1:
            rest ^= _FORMAT_POLYNOMIAL << bit - 10
    word = (data << 10 | rest) ^ _FORMAT_MASK
    return np.array([1 if word >> bit & 1 else -1 for bit in range(14, -1, -1)], np.int8)


FUNCTION = _function_patterns()
FORMAT_PLACES = _format_places()


def _places() -> npt.NDArray[np.int64]:
    """Return row and column of each data bit: two columns at a time, upwards first, from the right (§7.7.3)."""
    taken = FUNCTION != 0
    for places in FORMAT_PLACES:
        taken[places[:, 0], places[:, 1]] = True
    pairs = [right for right in range(SIDE - 1, 0, -2) if right > 6] + [5, 3, 1]
    order = []
    for number, right in enumerate(pairs):
        rows = range(SIDE - 1, -1, -1) if number % 2 == 0 else range(SIDE)
        order += [(row, column) for row in rows for column in (right, right - 1) if not taken[row, column]]
    return np.array(order)


PLACES = _places()
KNOWN_DATA = encoded(np.array([[int(bit) for bit in f"{_HEADER}{731:010b}".ljust(DATA_BITS, "0")]], np.uint8))[0]
"""The code word whose first 24 bits are ours and whose other data are zero: all of ours are it and a linear part."""


@cache
def mask_signs(mask: int) -> Signs:
    """Return -1 for each data bit that this mask inverts (§7.8.2, table 10), the seven remainder bits at the end."""
    i, j = PLACES[:, 0], PLACES[:, 1]
    conditions = (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2,
        ((i + j) % 2 + i * j % 3) % 2,
    )
    return np.where(conditions[mask] == 0, -1, 1).astype(np.int8)


@cache
def known_modules(mask: int) -> Signs:
    """Return every module that is the same in all of our symbols under one mask; 0 elsewhere."""
    modules = FUNCTION.copy()
    for places in FORMAT_PLACES:
        modules[places[:, 0], places[:, 1]] = _format_word(mask)
    known = np.r_[0:KNOWN_BITS, BITS : BITS + _REMAINDER_BITS]
    bits = np.append(KNOWN_DATA[:KNOWN_BITS], np.zeros(_REMAINDER_BITS, np.uint8))
    modules[PLACES[known, 0], PLACES[known, 1]] = (2 * bits.astype(np.int8) - 1) * mask_signs(mask)[known]
    return modules
