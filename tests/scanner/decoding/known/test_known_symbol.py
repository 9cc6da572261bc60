"""The symbol as it is known beforehand is the one that is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import qrcode
from qrcode.constants import ERROR_CORRECT_H

from scanner.decoding.known.known_symbol import MASKS, bits_of, drawn, encoded, known_modules, text_of
from tests.parts.scanning.phones import payload

CHANCE = np.random.default_rng(4)
TEXT = payload(CHANCE)


@pytest.mark.parametrize("mask", range(MASKS))
def test_a_redrawn_symbol_is_what_another_program_draws(mask: int) -> None:
    symbol = qrcode.QRCode(version=2, error_correction=ERROR_CORRECT_H, border=0, mask_pattern=mask)
    symbol.add_data(TEXT)
    modules = np.where(np.array(symbol.get_matrix()), 1, -1)
    assert (drawn(encoded(bits_of(TEXT)[None])[0], mask) == modules).all()
    known = known_modules(mask)
    assert (known[known != 0] == modules[known != 0]).all()


def test_the_text_comes_back_from_its_bits() -> None:
    assert text_of(bits_of(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("place", "what"),
    [(0, "another mode"), (13, "another count"), (14, "another scheme"), (60, "a digit off"), (127, "the last bit")],
)
def test_bits_that_are_no_payload_have_no_text(place: int, what: str) -> None:
    bits = bits_of(TEXT)
    bits[place] ^= 1
    assert text_of(bits) is None, what


def test_a_group_of_a_thousand_and_a_last_digit_of_ten_have_no_text() -> None:
    bits = bits_of(TEXT)
    for first, last in ((24, 34), (124, 128)):
        changed = bits.copy()
        changed[first:last] = 1
        assert text_of(changed) is None
