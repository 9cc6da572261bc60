"""Phone numbers as people write them, in one form, and as they are dialled."""

from __future__ import annotations

import pytest

from codes.values.phones import BadPhone, dialled, read_phone

WRITTEN = ("+49 170 1234567", "0170 1234567", "0170/123 45 67", "+49 (0)170 1234567", "0049 170-1234567", "1701234567")


@pytest.mark.parametrize("text", WRITTEN)
def test_however_a_number_is_written_it_is_one_number(text: str) -> None:
    assert read_phone(text, "DE") == "+491701234567"


def test_a_number_with_its_country_needs_no_house() -> None:
    assert read_phone(" +1 202 555 0143 ", None) == read_phone("+12025550143", "DE") == "+12025550143"
    assert read_phone("(202) 555-0143", "US") == "+12025550143"
    assert read_phone("07400 123456", "GB") == "+447400123456"


@pytest.mark.parametrize("text", ["0170 1234567", "112", ""])
def test_without_a_country_a_number_is_not_guessed(text: str) -> None:
    with pytest.raises(BadPhone):
        read_phone(text, None)


@pytest.mark.parametrize(
    "text",
    ["112", "+49", "0170 1234567 ext 5", "0170 1234567#5", "tel:+491701234567", "+49170123456789012345", "n/a"],
)
def test_what_nobody_could_dial_from_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(BadPhone):
        read_phone(text, "DE")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+493012345", "+493012345"),
        ("+49 30 / 123-45", "+493012345"),
        ("+49 (0)30 12345", "+493012345"),
        ("0049 (0) 30 12345", "00493012345"),
        ("0049 (0)30.12345", "00493012345"),
        ("(030) 12345", "03012345"),
        ("030 (0) 12345", "030012345"),
        ("112", "112"),
    ],
)
def test_a_zero_for_the_country_alone_is_not_dialled_from_abroad(written: str, expected: str) -> None:
    assert dialled(written) == expected
