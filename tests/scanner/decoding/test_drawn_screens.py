"""Drawn phone screens under what happens at doors: how many of each trouble have to be read, and nothing wrong."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from scanner.decoding.opencv import Pixels
from scanner.decoding.reading import read
from scanner.decoding.symbols import DELIVERY
from tests.parts.scanning.harder_phones import harder_shots
from tests.parts.scanning.phones import shots

pytestmark = pytest.mark.slow

# Of five drawn screens for each trouble. Raise a floor when more is read; never lower one.
FLOORS = {
    "tilt": 5,
    "motion": 5,
    "defocus": 5,
    "dim": 5,
    "glare": 3,
    "moire": 5,
    "cracks": 5,
    "finger": 5,
    "inverted": 5,
    "small": 5,
    "jpeg": 5,
    "flicker": 5,
    "noise": 5,
    "thumb": 5,
    "sun": 2,
    "shards": 4,
    "protector": 4,
    "rolling": 1,
    "curved": 5,
    "dirty": 4,
    "shadow": 5,
}


@cache
def readings() -> list[tuple[str, str, list[str]]]:
    """Read every screen once: its trouble, its text, and what is told."""
    known = [(shot.trouble, shot.text, texts_in(shot.pixels)) for shot in shots(1)]
    return known + [(shot.trouble, shot.text, texts_in(shot.pixels)) for shot in harder_shots(1)]


def texts_in(pixels: Pixels) -> list[str]:
    told = read(pixels, wanted=DELIVERY, budget_ms=60_000, enough=lambda symbol: True).symbols
    return [symbol.text for symbol in told]


def test_of_every_trouble_as_many_are_read_as_ever_before() -> None:
    read_of = Counter(trouble for trouble, text, told in readings() if text in told)
    assert {trouble: read_of[trouble] for trouble, floor in FLOORS.items() if read_of[trouble] < floor} == {}
    assert {trouble for trouble, _, _ in readings()} == set(FLOORS)


def test_no_other_text_is_told() -> None:
    assert [told for _, text, told in readings() if set(told) - {text}] == []
