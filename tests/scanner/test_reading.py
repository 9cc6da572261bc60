"""The ladder on real pictures: how many it has to read, and that it says nothing wrong."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from bench.phones import TROUBLES, frame, payload
from codes.derivation import derive_payload
from codes.symbols import code128_png, qr_png
from scanner.ladder import LADDER, Rung
from scanner.pictures import open_picture
from scanner.reading import read
from scanner.symbols import DELIVERY, LABELS, Reading, Symbology
from tests.scanner.pictures import CRASH, NONE, Known, known_pictures, plain

# For each set of pictures: how many must be read, and how many zxing-cpp or pyzbar read as they come.
# Raise a floor when more is read; never lower one.
FLOORS = {
    "bardecoder": (3, 3),
    "boofcv-blurred": (12, 10),
    "boofcv-curved": (3, 3),
    "boofcv-damaged": (5, 3),
    "boofcv-decoding": (15, 15),
    "boofcv-glare": (9, 4),
    "boofcv-high_version": (8, 8),
    "boofcv-monitor": (8, 8),
    "boofcv-nominal": (4, 4),
    "boofcv-pathological": (11, 9),
    "boofcv-perspective": (8, 6),
    "boofcv-shadows": (1, 1),
    "jsqr": (8, 8),
    "quagga-codabar": (1, 0),
    "quagga-code128": (3, 0),
    "quagga-code39": (1, 0),
    "quagga-code93": (1, 0),
    "quagga-ean13": (2, 1),
    "quagga-itf": (1, 0),
    "quagga-upca": (1, 1),
    "zxing-aztec": (5, 5),
    "zxing-code128": (16, 16),
    "zxing-code39": (1, 1),
    "zxing-code93": (1, 1),
    "zxing-datamatrix": (5, 5),
    "zxing-ean13": (12, 12),
    "zxing-ean8": (2, 2),
    "zxing-itf": (7, 7),
    "zxing-pdf417": (6, 6),
    "zxing-qrcode": (78, 77),
    "zxing-upca": (16, 13),
    "zxingcpp-aztec": (6, 6),
    "zxingcpp-codabar": (3, 3),
    "zxingcpp-code128": (6, 6),
    "zxingcpp-datamatrix": (5, 5),
    "zxingcpp-ean13": (9, 7),
    "zxingcpp-itf": (2, 2),
    "zxingcpp-pdf417": (2, 2),
    "zxingcpp-qrcode": (37, 37),
    "zxingcpp-upca": (9, 7),
}


@cache
def readings() -> list[tuple[Known, Reading]]:
    """Read every picture once."""
    known = known_pictures()
    with ThreadPoolExecutor(2) as threads:
        read_ones = threads.map(lambda each: read(open_picture(each.path).pixels, budget_ms=60_000), known)
        return list(zip(known, read_ones, strict=True))


def test_of_every_set_as_many_are_read_as_ever_before_and_no_fewer_than_peers_read() -> None:
    read_of: Counter[str] = Counter()
    for each, reading in readings():
        if any(plain(symbol.text) in each.texts for symbol in reading.symbols):
            read_of[each.set_name] += 1
    assert {name: read_of[name] for name, (floor, _) in FLOORS.items() if read_of[name] < floor} == {}
    assert all(floor >= peers for floor, peers in FLOORS.values())
    assert {each.set_name for each, _ in readings() if each.symbology != NONE} == set(FLOORS)


def test_no_text_is_wrong() -> None:
    wrong = [
        (each.path.name, symbol.symbology, symbol.text)
        for each, reading in readings()
        for symbol in reading.symbols
        if plain(symbol.text) not in each.texts
    ]
    assert wrong == []


def test_where_no_symbol_is_none_is_found() -> None:
    found = [(each.path.name, reading.symbols) for each, reading in readings() if each.symbology == NONE]
    assert [name for name, symbols in found if symbols] == []


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


@pytest.mark.parametrize("trouble", ["motion", "defocus"])
def test_what_a_lens_or_a_hand_blurred_is_restored(trouble: str) -> None:
    chance = np.random.default_rng(11)
    text = payload(chance)
    blurred = TROUBLES[trouble](text, 3, chance)
    reading = read(blurred, wanted=DELIVERY, budget_ms=60_000)
    assert [symbol.text for symbol in reading.symbols] == [text]
    assert reading.tried[-1].startswith(("unsmeared_", "focused_"))


@pytest.mark.parametrize("rung", LADDER, ids=lambda rung: rung.name)
def test_every_rung_takes_any_size_and_tells_corners_in_the_original(rung: Rung) -> None:
    shown = frame("731" + "0" * 31, np.random.default_rng(1), module_pixels=9)
    for pixels in (shown[:9, :2000, 0], shown[:40, :9, 0], shown[:, :, 0]):
        view = rung.step(np.ascontiguousarray(pixels))
        for symbol in rung.decoder(np.ascontiguousarray(view.pixels), DELIVERY):
            middle = np.mean(view.locate(symbol).polygon, axis=0)
            assert np.hypot(*(middle - (640, 360))) < 60
