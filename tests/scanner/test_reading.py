"""The ladder on real pictures: how many it has to read, and that it says nothing wrong."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from codes.derivation import derive_payload
from codes.symbols import code128_png, qr_png
from scanner.ladder import LADDER
from scanner.pictures import open_picture
from scanner.reading import read
from scanner.symbols import DELIVERY, LABELS, Reading, Symbology
from tests.scanner.pictures import CRASH, NONE, known_pictures, plain

# What must be read of each kind. Raise a floor when more is read; never lower one.
FLOORS = {
    "QRCode": 206,
    "Code128": 25,
    "DataMatrix": 10,
    "Aztec": 11,
    "PDF417": 8,
    "ITF": 10,
    "EAN13": 23,
    "EAN8": 2,
    "UPCA": 25,
    "Codabar": 4,
    "Code39": 2,
    "Code93": 2,
}
ALMOST_NEVER_WRONG = {"QRCode", "DataMatrix", "Aztec", "Code128"}


@cache
def readings() -> list[tuple[str, str, frozenset[str], Reading]]:
    """Read every picture once: its name, the kind of its symbol, the right texts, and the reading."""
    return [
        (known.path.name, known.symbology, known.texts, read(open_picture(known.path).pixels, budget_ms=60_000))
        for known in known_pictures()
    ]


def test_of_every_kind_as_many_are_read_as_ever_before() -> None:
    read_of: Counter[str] = Counter()
    for _, kind, texts, reading in readings():
        if any(plain(symbol.text) in texts for symbol in reading.symbols):
            read_of[kind] += 1
    assert {kind: read_of[kind] for kind in FLOORS if read_of[kind] < FLOORS[kind]} == {}


def test_no_text_of_a_kind_with_real_error_detection_is_wrong() -> None:
    wrong = [
        (name, symbol.symbology, symbol.text)
        for name, kind, texts, reading in readings()
        for symbol in reading.symbols
        if symbol.symbology in ALMOST_NEVER_WRONG and (kind == NONE or symbol.symbology == kind)
        if plain(symbol.text) not in texts
    ]
    assert wrong == []


def test_where_no_symbol_is_none_is_found() -> None:
    found = [(name, reading.symbols) for name, kind, _, reading in readings() if kind == NONE and reading.symbols]
    assert found == []


def test_our_own_symbols_are_read_by_the_first_rung() -> None:
    from io import BytesIO
    from uuid import UUID

    from PIL import Image

    payload = derive_payload(b"k" * 32, UUID(int=1))
    for png, kind in ((qr_png(payload), Symbology.QR_CODE), (code128_png(payload), Symbology.CODE_128)):
        pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB"))
        reading = read(pixels, wanted=DELIVERY)
        assert [(symbol.symbology, symbol.text) for symbol in reading.symbols] == [(kind, payload)]
        assert reading.tried == (LADDER[1].name,)
        (left, top), _, (right, bottom), _ = reading.symbols[0].polygon
        assert 0 < left < right < pixels.shape[1]
        assert 0 < top < bottom < pixels.shape[0]


def test_the_picture_that_ends_other_readers_is_simply_read_or_not() -> None:
    assert isinstance(read(open_picture(CRASH).pixels), Reading)


def test_when_the_time_is_spent_no_further_rung_is_climbed() -> None:
    ticks = iter(range(1000))
    reading = read(np.full((200, 200), 128, np.uint8), budget_ms=1500, clock=lambda: float(next(ticks)))
    assert 1 <= len(reading.tried) <= 2


@pytest.mark.parametrize("shape", [(0, 0, 3), (1, 1, 3), (7, 500, 3), (500, 7), (8, 8)])
def test_a_picture_too_small_for_any_symbol_holds_none(shape: tuple[int, ...]) -> None:
    assert read(np.zeros(shape, np.uint8)).symbols == ()


def test_what_is_not_wanted_is_not_read() -> None:
    known = next(each for each in known_pictures() if each.symbology == "Code128")
    pixels = open_picture(known.path).pixels
    assert read(pixels, wanted=frozenset({Symbology.QR_CODE})).symbols == ()
    assert read(pixels, wanted=frozenset()) == Reading((), ())
    assert Symbology.MICRO_QR_CODE not in LABELS
