"""Telling a delivery code from whatever else a picture shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.decoding.delivery_codes import is_delivery_code

CASES: dict[str, list[str]] = json.loads((Path(__file__).parents[2] / "cases" / "payload.json").read_text())


@pytest.mark.parametrize("text", CASES["payloads"])
def test_a_payload_is_one(text: str) -> None:
    assert is_delivery_code(text)


@pytest.mark.parametrize("text", CASES["misread"] + CASES["foreign"], ids=ascii)
def test_what_was_misread_or_is_foreign_is_none(text: str) -> None:
    assert not is_delivery_code(text)
