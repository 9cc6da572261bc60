"""Bars that no row crosses squarely: what rows take for all of them is not told, and they are read turned upright."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from scanner.decoding.closer.bars import slant_degrees
from scanner.decoding.closer.close_up import closer_attempts
from scanner.decoding.opencv import Pixels
from scanner.decoding.preparations import turned
from scanner.decoding.reading import read
from scanner.decoding.symbols import Symbology, box

ITF = frozenset({Symbology.ITF})


def bars(text: str, degrees: float, share: float = 1.0) -> Pixels:
    """Draw an ITF symbol of some share of the usual height, and turn it."""
    drawn = np.array(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.ITF).to_image(scale=4))
    drawn = np.pad(drawn[: int(len(drawn) * share)], 150, constant_values=255)
    return turned(drawn, degrees, 2000).pixels


@pytest.mark.parametrize(
    ("text", "degrees", "share"),
    [
        ("32411725805672", -29, 1.0),
        ("32411725805672", 29, 0.5),
        ("55428552939147", -12, 0.4),
        ("28823190848658", -30, 0.7),
        ("28823190848658", 35, 1.0),
    ],
)
def test_of_slanted_bars_all_is_told_and_never_a_part(text: str, degrees: float, share: float) -> None:
    told = read(bars(text, degrees, share), wanted=ITF, budget_ms=60_000, enough=lambda symbol: True).symbols
    assert [symbol.text for symbol in told] == [text]


@pytest.mark.parametrize("degrees", [-40, -20, 0, 3, 10, 30])
def test_the_slant_of_bars_is_seen(degrees: float) -> None:
    shown = bars("32411725805672", degrees)
    height, width = shown.shape
    place = box([(0.4 * width, 0.45 * height), (0.6 * width, 0.55 * height)])
    assert abs(slant_degrees(shown, place) + degrees) < 2


def test_what_was_told_beside_the_picture_is_looked_at_no_closer() -> None:
    shown = np.full((50, 200), 255, np.uint8)
    for place in (box([(150, -30), (390, -20)]), box([(250, 20), (300, 30)]), box([(20, 60), (180, 90)])):
        assert all(pixels.size for _, pixels, _ in closer_attempts(shown, place))
