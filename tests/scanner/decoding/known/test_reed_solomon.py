"""Reed-Solomon over GF(256): what is within its reach is corrected, all of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.decoding.known.reed_solomon import check_symbols, correct, syndromes

CHECKS = 28
LENGTH = 44


@given(st.integers(0, 2**32 - 1), st.integers(0, CHECKS), st.data())
def test_every_mix_of_errors_and_erasures_within_reach_is_corrected(
    seed: int, erasures: int, data: st.DataObject
) -> None:
    errors = data.draw(st.integers(0, (CHECKS - erasures) // 2))
    right, received, erased = damaged(np.random.default_rng(seed), erasures, errors)
    corrected, good = correct(received, erased, CHECKS)
    assert good.all()
    assert (corrected == right).all()


@pytest.mark.parametrize("erasures", [0, 10, 20])
def test_one_error_too_many_is_nearly_never_taken_for_another_word(erasures: int) -> None:
    right, received, erased = damaged(np.random.default_rng(5), erasures, (CHECKS - erasures) // 2 + 1, rows=300)
    corrected, good = correct(received, erased, CHECKS)
    assert good.sum() <= 6
    assert (corrected[~good] == received[~good]).all()
    assert (syndromes(corrected[good], CHECKS) == 0).all()
    assert not (corrected == right).all(axis=1).any()


def test_the_check_words_are_those_of_the_standards_example() -> None:
    # ISO/IEC 18004 annex I: 01234567 as version 1-M, ten check words.
    data = np.array([[16, 32, 12, 86, 97, 128, 236, 17, 236, 17, 236, 17, 236, 17, 236, 17]], np.uint8)
    assert check_symbols(data, 10).tolist() == [[165, 36, 212, 193, 237, 54, 199, 135, 44, 85]]


def damaged(chance: np.random.Generator, erasures: int, errors: int, rows: int = 3) -> tuple[np.ndarray, ...]:
    """Return words, the same with so many of each kind of damage, and what is erased."""
    data = chance.integers(0, 256, (rows, LENGTH - CHECKS)).astype(np.uint8)
    right = np.hstack([data, check_symbols(data, CHECKS)])
    received, erased = right.copy(), np.zeros(right.shape, bool)
    for row in range(rows):
        places = chance.permutation(LENGTH)[: erasures + errors]
        erased[row, places[:erasures]] = True
        received[row, places[:erasures]] = chance.integers(0, 256, erasures)
        received[row, places[erasures:]] ^= chance.integers(1, 256, errors).astype(np.uint8)
    return right, received, erased
