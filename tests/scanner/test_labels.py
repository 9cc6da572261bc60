"""Telling a delivery code from a label, and writing tracking numbers in one way."""

from __future__ import annotations

import pytest

from scanner.labels import Label, Scheme, label_of
from scanner.symbols import Symbol, Symbology, box

CODE = "7310000000000000000000000000000033"


@pytest.mark.parametrize(
    ("text", "gs1", "label"),
    [
        (CODE, False, Label(Scheme.DELIVERY_CODE)),
        (CODE[:-1] + "4", False, Label(Scheme.OTHER, CODE[:-1] + "4")),
        ("00340434161094042557", False, Label(Scheme.SSCC, "340434161094042557")),
        ("00340434161094042557", True, Label(Scheme.SSCC, "340434161094042557")),
        ("0034043416109404255710ABC", True, Label(Scheme.SSCC, "340434161094042557")),
        ("00340434161094042558", False, Label(Scheme.OTHER, "00340434161094042558")),
        ("RR473124829GB", False, Label(Scheme.S10, "RR473124829GB")),
        (" rr 473 124 829 gb ", False, Label(Scheme.S10, "RR473124829GB")),
        ("RR473124828GB", False, Label(Scheme.OTHER, "RR473124828GB")),
        ("SAMPLE0001", False, Label(Scheme.OTHER, "SAMPLE0001")),
        ("12", False, Label(Scheme.UNUSABLE)),
        ("https://example.org/parcel?id=1", False, Label(Scheme.UNUSABLE)),
        ("<script>", False, Label(Scheme.UNUSABLE)),
        ("A" * 51, False, Label(Scheme.UNUSABLE)),
    ],
)
def test_a_text_is_understood_and_no_carrier_is_guessed(text: str, gs1: bool, label: Label) -> None:
    assert label_of(Symbol(Symbology.CODE_128, text, box([(0, 0), (9, 9)]), gs1)) == label
