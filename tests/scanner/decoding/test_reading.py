"""The ladder on real pictures: how many it has to read, and that it says nothing wrong."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import cv2
import numpy as np
import pytest

from codes.keys.derivation import derive_payload
from codes.values.symbols import code128_png, qr_png
from scanner.decoding.ladder import LADDER, Rung
from scanner.decoding.opencv import Pixels
from scanner.decoding.reading import read
from scanner.decoding.symbols import DELIVERY, LABELS, Reading, Symbology
from scanner.pictures.opening import open_picture
from tests.parts.scanning.phones import TROUBLES, frame, payload, symbol
from tests.parts.scanning.pictures import CRASH, NONE, Known, known_pictures, plain

pytestmark = pytest.mark.slow

# For each set of pictures: how many must be read, and how many zxing-cpp or pyzbar read as they come.
# Raise a floor when more is read; never lower one.
FLOORS = {
    "bardecoder": (3, 3),
    "boofcv-blurred": (12, 10),
    "boofcv-curved": (5, 5),
    "boofcv-damaged": (9, 4),
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
    "zxing-qrcode": (81, 77),
    "zxing-upca": (16, 13),
    "zxingcpp-aztec": (6, 6),
    "zxingcpp-codabar": (3, 3),
    "zxingcpp-code128": (6, 6),
    "zxingcpp-datamatrix": (5, 5),
    "zxingcpp-ean13": (9, 7),
    "zxingcpp-itf": (2, 2),
    "zxingcpp-pdf417": (2, 2),
    "zxingcpp-qrcode": (38, 37),
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


@pytest.mark.parametrize("name", ["damaged_image002", "curved_image019", "curved_image020"])
def test_where_several_symbols_are_in_a_photograph_all_are_told(name: str) -> None:
    known = next(each for each in known_pictures() if each.path.stem.endswith(name))
    told = read(open_picture(known.path).pixels, budget_ms=60_000).symbols
    assert {plain(symbol.text) for symbol in told} == known.texts


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


def test_equal_symbols_and_small_and_turned_ones_are_all_told_where_they_are() -> None:
    text = payload(np.random.default_rng(3))
    large, small = symbol(text, 12), symbol(text, 3)
    page = np.full((1400, 2000), 255, np.uint8)
    places = [(60, 60, large), (60, 700, large), (900, 100, small), (900, 1500, np.rot90(small))]
    for top, left, shown in places:
        page[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    page[60:420, 1400:1760] = symbol("another", 10)[:360, :360]
    found = read(page, wanted=LABELS).symbols
    assert sorted(symbol.text for symbol in found) == sorted([text] * 4 + ["another"])
    for top, left, shown in places:
        middle = np.array([left + shown.shape[1] / 2, top + shown.shape[0] / 2])
        assert sum(np.hypot(*(np.mean(each.polygon, axis=0) - middle)) < 20 for each in found) == 1


def test_the_climb_goes_on_until_what_was_found_is_enough() -> None:
    text = payload(np.random.default_rng(4))
    page = np.full((700, 1400), 255, np.uint8)
    foreign, mine = symbol("foreign", 12), cv2.GaussianBlur(symbol(text, 12), (0, 0), 8)
    page[50 : 50 + foreign.shape[0], 50 : 50 + foreign.shape[1]] = foreign
    page[50 : 50 + mine.shape[0], 700 : 700 + mine.shape[1]] = mine
    first = read(page, wanted=DELIVERY, enough=lambda symbol: True)
    assert [symbol.text for symbol in first.symbols] == ["foreign"]
    assert first.tried == (LADDER[1].name,)
    waited = read(page, wanted=DELIVERY, enough=lambda symbol: symbol.text == text, budget_ms=60_000)
    assert {symbol.text for symbol in waited.symbols} == {"foreign", text}


def test_a_symbol_on_a_curled_sheet_is_read() -> None:
    text = payload(np.random.default_rng(5))
    shown = np.pad(symbol(text, 10), 60, constant_values=255)
    rows, columns = np.mgrid[: shown.shape[0], : shown.shape[1]].astype(np.float32)
    across, down = (20 * np.sin(1.5 + 6 * each / len(shown)) for each in (rows, columns))
    curled: Pixels = cv2.remap(shown, columns + across, rows + down, cv2.INTER_LINEAR, borderValue=255).astype(np.uint8)
    assert [each.text for each in read(curled, wanted=DELIVERY, budget_ms=60_000).symbols] == [text]


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
    assert [each.text for each in reading.symbols] == [text]
    assert len(reading.tried) > 1


@pytest.mark.parametrize("rung", LADDER, ids=lambda rung: rung.name)
def test_every_rung_takes_any_size_and_tells_corners_in_the_original(rung: Rung) -> None:
    shown = frame("731" + "0" * 31, np.random.default_rng(1), module_pixels=9)
    for pixels in (shown[:9, :2000, 0], shown[:40, :9, 0], shown[:, :, 0]):
        view = rung.step(np.ascontiguousarray(pixels))
        for found in rung.decoder(np.ascontiguousarray(view.pixels), DELIVERY):
            middle = np.mean(view.locate(found).polygon, axis=0)
            assert np.hypot(*(middle - (640, 360))) < 60
