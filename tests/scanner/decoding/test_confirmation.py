"""What a reading of a weak kind is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.decoding.confirmation import Confirmation
from scanner.decoding.symbols import Symbol, Symbology, box

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "cases" / "confirmation.json").read_text())[
    "cases"
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_weak_reading_is_believed_when_others_agree_and_no_rival_comes_near(case: dict[str, Any]) -> None:
    confirmation = Confirmation()
    for attempt in case["attempts"]:
        confirmation.add(attempt["name"], [_symbol(each) for each in attempt["symbols"]])
    assert [symbol.text for symbol in confirmation.believed()] == case["believed"]


def test_two_decoders_that_tell_code_39_in_two_alphabets_agree() -> None:
    confirmation = Confirmation()
    for decoder, text in (("zxing", "Extended !?*#"), ("zbar", "E+X+T+E+N+D+E+D /A%J/J/C")):
        confirmation.add(f"as_it_is/{decoder}", [Symbol(Symbology.CODE_39, text, box([(0, 0), (100, 40)]))])
    assert [symbol.text for symbol in confirmation.believed()] == ["Extended !?*#"]


def test_a_text_seen_at_two_places_is_two_symbols() -> None:
    confirmation = Confirmation()
    places = [box([(0, 0), (100, 40)]), box([(0, 300), (100, 340)])]
    for attempt in ("as_it_is/zxing", "sharpened/zbar"):
        confirmation.add(
            attempt, [Symbol(kind, "40063813", at) for kind in (Symbology.CODE_128, Symbology.ITF) for at in places]
        )
    assert [(symbol.symbology, symbol.polygon) for symbol in confirmation.believed()] == [
        (kind, at) for kind in (Symbology.CODE_128, Symbology.ITF) for at in places
    ]


def test_of_bars_some_rows_and_an_end_are_no_symbols_of_their_own() -> None:
    confirmation = Confirmation()
    whole, rows, end = box([(0, 0), (400, 60)]), box([(0, 75), (400, 80)]), box([(390, 400), (396, 406)])
    for place in (end, rows, whole):
        confirmation.add("as_it_is/zxing", [Symbol(Symbology.CODE_128, "JJD0146000038890", place)])
    assert [symbol.polygon for symbol in confirmation.believed()] == [rows]


def _symbol(drawn: dict[str, Any]) -> Symbol:
    left, top, right, bottom = drawn["box"]
    return Symbol(Symbology(drawn["symbology"]), drawn["text"], box([(left, top), (right, bottom)]))
