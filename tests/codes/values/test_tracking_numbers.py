"""Tracking numbers: how one is written, by what two are the same, and which one stands within a longer text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codes.values.tracking_numbers import (
    BadReference,
    contained_numbers,
    normalise_reference,
    number_of,
    numbers_in,
    reference_in,
)

CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases" / "tracking-numbers.json").read_text())


@pytest.mark.parametrize("case", CASES["written"], ids=lambda case: ascii(case["text"]))
def test_a_number_is_kept_and_compared_in_one_form(case: dict[str, str]) -> None:
    assert normalise_reference(case["text"]) == reference_in(case["text"]) == case["reference"]
    assert number_of(case["text"]) == number_of(case["reference"]) == case["number"]
    assert numbers_in([case["text"]]) == {case["text"]: case["number"]}


@pytest.mark.parametrize("text", CASES["none"], ids=ascii)
def test_what_can_be_no_number_is_none(text: str) -> None:
    with pytest.raises(BadReference):
        normalise_reference(text)
    assert reference_in(text) is None
    assert numbers_in([text]) == {}


@pytest.mark.parametrize(("one", "other"), CASES["same"])
def test_two_writings_of_a_number_are_the_same(one: str, other: str) -> None:
    assert number_of(one) == number_of(other)


@pytest.mark.parametrize(("one", "other"), CASES["different"])
def test_two_numbers_that_look_alike_are_not_the_same(one: str, other: str) -> None:
    assert number_of(one) != number_of(other)


@pytest.mark.parametrize("case", CASES["contained"], ids=lambda case: case["why"])
def test_a_number_within_a_longer_text_is_found_if_it_is_the_only_one(case: dict[str, Any]) -> None:
    contained = [number for number in contained_numbers(case["text"]) if number in case["known"]]
    assert (contained[0] if len(contained) == 1 else None) == case["found"]


def test_what_is_looked_up_for_the_longest_text_has_a_bound() -> None:
    letters = "".join(chr(65 + place * 7 % 26) for place in range(1000))
    assert 0 < len(contained_numbers(letters)) < 5000
