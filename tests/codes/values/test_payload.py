"""The 34 digits in the symbol and the six that are typed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.values.payload import (
    PAYLOAD_DIGITS,
    ForeignText,
    NotSixDigits,
    WrongCheckDigits,
    digest_of,
    format_payload,
    parse_digits,
    parse_payload,
)

CASES: dict[str, list[str]] = json.loads((Path(__file__).parents[2] / "cases" / "payload.json").read_text())
TOKENS = st.integers(0, (1 << 96) - 1)


@given(TOKENS)
def test_every_token_gives_34_digits_that_read_back(token: int) -> None:
    payload = format_payload(token)
    assert len(payload) == PAYLOAD_DIGITS
    assert parse_payload(payload) == payload
    assert int(payload[3:32]) == token


def test_the_check_digits_are_those_of_iso_7064() -> None:
    # ISO/IEC 7064 MOD 97-10: the whole number leaves 1, as in an IBAN (ISO 13616).
    assert format_payload(0) == "7310000000000000000000000000000033"
    assert int("7310000000000000000000000000000033") % 97 == 1


@pytest.mark.parametrize("token", [-1, 1 << 96])
def test_a_token_out_of_range_is_a_mistake_of_ours(token: int) -> None:
    with pytest.raises(ValueError, match="96 bits"):
        format_payload(token)


@given(TOKENS, st.integers(0, 33), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(token: int, place: int, step: int) -> None:
    payload = format_payload(token)
    altered = payload[:place] + str((int(payload[place]) + step) % 10) + payload[place + 1 :]
    with pytest.raises((ForeignText, WrongCheckDigits)):
        parse_payload(altered)


@given(TOKENS, st.integers(3, 32))
def test_two_digits_that_changed_places_are_always_noticed(token: int, place: int) -> None:
    payload = format_payload(token)
    swapped = payload[:place] + payload[place + 1] + payload[place] + payload[place + 2 :]
    if swapped != payload:
        with pytest.raises(WrongCheckDigits):
            parse_payload(swapped)


@given(st.text())
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    with suppress(ForeignText, WrongCheckDigits):
        assert parse_payload(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7310000000000000000000000000000033 ",
        "731000000000000000000000000000003",
        "73100000000000000000000000000000330",
        "+310000000000000000000000000000033",
        "٧٣١٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٣١",
        "731000000000000000000000000000003²",
        "https://example.org/7310000000000000",
    ],
)
def test_what_is_not_exactly_a_payload_is_foreign(text: str) -> None:
    with pytest.raises(ForeignText):
        parse_payload(text)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("483920", "483920"),
        ("004217", "004217"),
        (" 483 920 ", "483920"),
        ("483-920", "483920"),
        ("٤٨٣٩٢٠", "483920"),
        ("۴۸۳۹۲۰", "483920"),
        ("४८३९२०", "483920"),
        ("４８３９２０", "483920"),
        ("\u200f٤٨٣٩٢٠\u200e", "483920"),
        ("483\u00a0920\n", "483920"),
    ],
)
def test_digits_of_every_script_are_the_same_digits(typed: str, digits: str) -> None:
    assert parse_digits(typed) == digits


@pytest.mark.parametrize("typed", ["", "48392", "4839201", "48392O", "4839.20", "¹²³⁴⁵⁶", "ⅠⅡⅢⅣⅤⅥ", "+48392"])
def test_what_is_not_six_digits_is_refused(typed: str) -> None:
    with pytest.raises(NotSixDigits):
        parse_digits(typed)


@given(st.text())
def test_no_typed_text_makes_the_parser_fail_otherwise(text: str) -> None:
    try:
        digits = parse_digits(text)
    except NotSixDigits:
        return
    assert len(digits) == 6
    assert digits.isascii()
    assert digits.isdigit()


def test_a_digest_has_32_bytes() -> None:
    assert len(digest_of(format_payload(1))) == 32


@pytest.mark.parametrize("text", CASES["payloads"])
def test_a_payload_is_read_as_received(text: str) -> None:
    assert parse_payload(text) == text


@pytest.mark.parametrize("text", CASES["misread"])
def test_a_payload_that_was_misread_is_named_as_such(text: str) -> None:
    with pytest.raises(WrongCheckDigits):
        parse_payload(text)


@pytest.mark.parametrize("text", CASES["foreign"], ids=ascii)
def test_a_text_that_is_none_of_ours_is_foreign(text: str) -> None:
    with pytest.raises(ForeignText):
        parse_payload(text)
