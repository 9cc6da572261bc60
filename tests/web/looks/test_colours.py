"""Whatever colour a sender chooses, words can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.looks.colours import GROUNDS, INK, READABLE, SOFT, contrast, ink_on, style_sheet, writing

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
VARIABLES = (Path(__file__).parents[3] / "web/static/css/base/variables.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#45d483", "#000000", 11.0),
        ("#0b5563", "#0b5563", 1.0),
    ],
)
def test_contrast_is_counted_as_the_guidelines_do(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("ground", "ink"), [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#ffd400", "#000000")])
def test_black_or_white_stands_on_a_colour(ground: str, ink: str) -> None:
    assert ink_on(ground) == ink


@given(COLOURS)
def test_one_of_them_can_be_read_on_every_colour(colour: str) -> None:
    assert contrast(colour, ink_on(colour)) >= READABLE


@given(COLOURS)
def test_the_page_writes_in_no_colour_that_cannot_be_read_on_its_grounds(colour: str) -> None:
    style = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", style_sheet(colour, ink_on(colour))))
    assert min(contrast(style["--accent"], ground) for ground in GROUNDS) >= READABLE
    assert contrast(style["--on-accent"], style["--accent"]) >= READABLE
    assert contrast(style["--on-accent"], style["--accent-deep"]) >= READABLE
    assert contrast(style["--on-brand"], style["--brand"]) >= READABLE
    assert contrast(INK, style["--accent-soft"]) >= READABLE


def test_the_grounds_and_the_ink_are_those_of_the_page() -> None:
    ours = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", VARIABLES))
    assert (ours["--paper"], ours["--ground"], SOFT) == GROUNDS
    assert ours["--ink"] == INK == writing("#ffd400")
    assert writing("#0b5563") == "#0b5563"
