"""From soft modules to a text: nothing is told that the redrawn symbol does not prove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scanner.decoding.known.known_symbol import MASKS, SIDE
from scanner.decoding.known.soft_decoding import decode
from tests.parts.scanning.damaged_grids import damaged_grids, nothing, symbol
from tests.parts.scanning.phones import payload


@pytest.mark.parametrize("mask", range(MASKS))
def test_every_mask_is_read(mask: int) -> None:
    text = payload(np.random.default_rng(mask))
    assert decode(symbol(text, mask)) == text


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize(("looks", "side"), [(0, 14), (-1, 10), (1, 10)])
def test_a_corner_may_be_unseen_and_a_smaller_one_look_all_light_or_dark(
    corner: tuple[int, int], looks: int, side: int
) -> None:
    text = payload(np.random.default_rng(1))
    grid = symbol(text, 3)
    top, left = (SIDE - side) * corner[0], (SIDE - side) * corner[1]
    grid[top : top + side, left : left + side] = looks
    assert decode(grid) == text


def test_noise_that_turns_a_tenth_of_the_modules_round_is_undone() -> None:
    chance, read = np.random.default_rng(2), 0
    for _ in range(20):
        text = payload(chance)
        read += decode(symbol(text, 5) + chance.normal(0, 0.78, (SIDE, SIDE))) == text
    assert read == 20


def test_what_shows_too_little_is_not_told_however_right_it_looks() -> None:
    text = payload(np.random.default_rng(3))
    grid = symbol(text, 0)
    grid[:, :16] = 0
    assert decode(grid) is None


@pytest.mark.parametrize("grid", [np.zeros((SIDE, SIDE)), np.ones((SIDE, SIDE)), np.full((SIDE, SIDE), 1e-300)])
def test_an_empty_grid_holds_nothing(grid: np.ndarray) -> None:
    assert decode(grid) is None


def test_another_text_in_the_same_kind_of_symbol_is_none_of_ours() -> None:
    chance = np.random.default_rng(4)
    for _ in range(20):
        digits = "".join(map(str, chance.integers(0, 10, 34)))
        assert decode(symbol(digits, int(chance.integers(MASKS)))) is None


def test_damaged_grids_tell_the_right_text_or_none() -> None:
    told = [(decode(grid), texts) for grid, texts in damaged_grids(400)]
    assert all(text is None or text in texts for text, texts in told)
    assert sum(text is not None for text, _ in told) > 120


def test_noise_beside_the_known_modules_tells_nothing() -> None:
    assert not any(decode(nothing(np.random.default_rng(seed))) for seed in range(200))


CASES = json.loads((Path(__file__).parents[3] / "cases" / "soft-grids.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_python_and_the_page_tell_the_same_of_a_soft_grid(case: dict[str, Any]) -> None:
    grid = np.array([[ord(sign) - ord("m") for sign in row] for row in case["rows"]], float)
    assert decode(grid) == case["text"]
