"""Names and addresses are compared by one folding, whoever wrote them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.values.folding import FOLDED_LENGTH, fold, fold_address

CASES = json.loads(Path("tests/cases/folding.json").read_text(encoding="utf-8"))
ANY_TEXT = st.text(st.characters(), max_size=60)
FOLDINGS = pytest.mark.parametrize("folding", [fold, fold_address])


@pytest.mark.parametrize("spellings", CASES["same_name"], ids=ascii)
def test_spellings_of_one_name_fold_to_one_text(spellings: list[str]) -> None:
    assert len({fold(each) for each in spellings}) == 1


@pytest.mark.parametrize("names", CASES["other_name"], ids=ascii)
def test_other_names_stay_apart(names: list[str]) -> None:
    assert all(fold(one) != fold(other) for one, other in combinations(names, 2))


@pytest.mark.parametrize("spellings", CASES["same_address"], ids=ascii)
def test_spellings_of_one_address_fold_to_one_text(spellings: list[str]) -> None:
    assert len({fold_address(each) for each in spellings}) == 1


@pytest.mark.parametrize("addresses", CASES["other_address"], ids=ascii)
def test_other_addresses_stay_apart(addresses: list[str]) -> None:
    assert all(fold_address(one) != fold_address(other) for one, other in combinations(addresses, 2))


@pytest.mark.parametrize(("folding", "after"), [(fold, ""), (fold_address, "@example.org")])
def test_every_sign_that_has_a_case_folds_as_its_other_cases_do(folding: Callable[[str], str], after: str) -> None:
    for sign in map(chr, range(sys.maxunicode + 1)):
        cases = {sign, sign.lower(), sign.casefold()}
        if len(cases) > 1:
            assert len({folding(f"a{each}b{after}") for each in cases}) == 1, ascii(sign)


@FOLDINGS
@given(text=ANY_TEXT)
def test_what_is_folded_is_folded_and_can_be_stored(folding: Callable[[str], str], text: str) -> None:
    once = folding(text)
    assert folding(once) == once
    assert "\0" not in once
    once.encode()


@FOLDINGS
@given(text=ANY_TEXT)
def test_case_makes_no_difference_to_what_is_folded(folding: Callable[[str], str], text: str) -> None:
    assert folding(folding(text).upper()) == folding(folding(text).upper().lower())


@FOLDINGS
def test_a_folded_text_ends_where_an_index_ends(folding: Callable[[str], str]) -> None:
    folded = folding("\ufdfa" * 5000)
    assert len(folded) <= FOLDED_LENGTH
    assert folding(folded) == folded
