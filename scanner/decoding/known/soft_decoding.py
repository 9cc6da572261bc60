"""From soft modules to the text of a delivery code: the nearest code word, told only beyond doubt (docs/decoding.md).

A soft grid has 25 × 25 values: positive where a module looks dark, negative where light, the larger the surer, and
0 where nothing was seen. Two decoders complete each other. Reed-Solomon with erasures takes away what is wrong in
whole code words, however sure it looks: a thumb, a crack. Ordered statistics take away what is uncertain bit by bit:
noise, blur. Neither is believed: a text is told when its redrawn symbol agrees with the picture better than any of
10²⁹ texts would by chance.
"""

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.decoding.known.known_symbol import (
    BITS,
    CHECK_WORDS,
    CODE_WORDS,
    DATA_BITS,
    KNOWN_BITS,
    KNOWN_DATA,
    KNOWN_WORDS,
    MASKS,
    PLACES,
    Bits,
    encoded,
    known_modules,
    mask_signs,
    text_of,
)
from scanner.decoding.known.reed_solomon import correct

Floats = npt.NDArray[np.float64]

TEXTS_BITS = 29 * math.log2(10)
"""So many texts are possible: 29 digits are free, and the check digits follow."""
SURE_BITS = TEXTS_BITS + 30 + 6
"""Evidence that is asked for: a wrong text in 10⁹ frames, for 64 grids or masks that are tried with one frame."""
_MASKS_TRIED = 2
_ERASURES = np.arange(0, CHECK_WORDS + 1, 2)
_FREE_BITS = DATA_BITS - KNOWN_BITS
_LIKELIEST = 12
_TILTS = np.geomspace(0.05, 20, 40)


def decode(soft: Floats) -> str | None:
    """Return the text that a soft grid shows beyond doubt, or nothing."""
    agreement = np.array([float((soft * known_modules(mask)).sum()) for mask in range(MASKS)])
    for mask in np.argsort(-agreement)[:_MASKS_TRIED]:
        values = soft[PLACES[:BITS, 0], PLACES[:BITS, 1]] * mask_signs(mask)[:BITS]
        values[:KNOWN_BITS] = 0
        needed = agreement_needed(values)
        # Where that much was not seen at all, nothing can be told.
        if np.abs(values).sum() < needed:
            continue
        values[:KNOWN_BITS] = np.abs(values).max() * (2.0 * KNOWN_DATA[:KNOWN_BITS] - 1)
        for candidates in (_by_bits, _by_code_words):
            for bits in candidates(values):
                agreed = float((values * (2.0 * bits - 1))[KNOWN_BITS:].sum())
                if agreed >= needed and (text := text_of(bits[:DATA_BITS])) is not None:
                    return text
    return None


def agreement_needed(values: Floats) -> float:
    """Return the sum of signed values that a redrawn symbol must reach to be told (Chernoff's bound).

    Fair coins x reach it, P(Σ v·x ≥ s) ≤ exp(Σ ln cosh(t·v) - t·s) for every t > 0, with odds of 2⁻¹³² at most.
    """
    scale = np.abs(values).mean()
    if not scale > 0:
        return math.inf
    tilted = _TILTS[:, None] * np.abs(values[None]) / scale
    log_cosh = (tilted + np.log1p(np.exp(-2 * tilted)) - math.log(2)).sum(axis=1)
    return float(((SURE_BITS * math.log(2) + log_cosh) / _TILTS).min() * scale)


def _by_code_words(values: Floats) -> Bits:
    """Return what Reed-Solomon makes of the code words, the least reliable erased: none, two, four … 28 of them."""
    words = np.packbits(values > 0)
    values = values / np.abs(values).max()
    # A code word is as sure as its bits together: the logarithm of the chance that all eight are right.
    sureness = -np.logaddexp(0, -_LOG_ODDS * np.abs(values)).reshape(CODE_WORDS, 8).sum(axis=1)
    sureness[:KNOWN_WORDS] = np.inf
    order = np.argsort(np.argsort(sureness, kind="stable"), kind="stable")
    corrected, good = correct(np.tile(words, (len(_ERASURES), 1)), order[None] < _ERASURES[:, None], CHECK_WORDS)
    good &= (corrected[:, :KNOWN_WORDS] == words[:KNOWN_WORDS]).all(axis=1)
    return np.unpackbits(np.unique(corrected[good], axis=0), axis=1)


_LOG_ODDS = 6.0


def _by_bits(values: Floats) -> Bits:
    """Return the likeliest code words near the surest bits (ordered statistics, Fossorier and Lin 1995, order 2).

    The 104 surest independent bits name a code word; so do they with one or two of them turned round.
    """
    order = np.argsort(-np.abs(values), kind="stable")
    basis, places = _systematic(order)
    base = KNOWN_DATA.copy()
    wrong = (values[places] > 0) != base[places]
    base ^= np.bitwise_xor.reduce(basis[wrong], axis=0, initial=0)
    agreeing = values * (2.0 * base - 1)
    turned = np.float32(1) - 2 * basis.astype(np.float32)
    # Not by BLAS: its threads cost more than the product.
    pairs = np.einsum("ik,jk->ij", turned * agreeing.astype(np.float32), turned)
    np.fill_diagonal(pairs, turned @ agreeing.astype(np.float32))
    best = np.argpartition(np.triu(pairs, 0) + np.tril(np.full_like(pairs, -np.inf), -1), -_LIKELIEST, axis=None)[
        -_LIKELIEST:
    ]
    first, second = np.unravel_index(best, pairs.shape)
    changes = np.where((first == second)[:, None], basis[first], basis[first] ^ basis[second])
    return np.vstack([base[None], base[None] ^ changes])


def _systematic(order: npt.NDArray[np.int64]) -> tuple[Bits, npt.NDArray[np.int64]]:
    """Return the free rows added up so that each alone holds one of the first independent bits, and these bits."""
    rows = _free_rows()
    packed = np.packbits(rows, axis=1).view(np.uint32)
    waiting = np.ones(_FREE_BITS, bool)
    pivots = np.zeros(_FREE_BITS, np.int64)
    left = _FREE_BITS
    for place in order:
        holds = packed.view(np.uint8)[:, place >> 3] & (128 >> (place & 7)) != 0
        pivot = int(np.argmax(holds & waiting))
        if not (holds[pivot] and waiting[pivot]):
            continue
        waiting[pivot], pivots[pivot], holds[pivot] = False, place, False
        packed ^= np.multiply.outer(holds, packed[pivot])
        left -= 1
        if not left:
            break
    return np.unpackbits(packed.view(np.uint8), axis=1), pivots


@cache
def _free_rows() -> Bits:
    """Return the code words of each free data bit alone."""
    return encoded(np.eye(DATA_BITS, dtype=np.uint8)[KNOWN_BITS:])
