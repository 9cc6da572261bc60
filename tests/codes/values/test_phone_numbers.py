"""What is dialled is the number that was written."""

from __future__ import annotations

import pytest

from codes.values.phone_numbers import dialled


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
