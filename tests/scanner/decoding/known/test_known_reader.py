"""Our own symbol where no general reader can: covered, smeared, in glare, and over the frames of a moving phone."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from scanner.decoding.decoders import zxing
from scanner.decoding.known.known_reader import KnownReader, known
from scanner.decoding.opencv import Pixels, grey
from scanner.decoding.reading import read
from scanner.decoding.symbols import DELIVERY, LINEAR
from tests.parts.scanning.phones import SIZE, frame, payload, thumbed

CHANCE = np.random.default_rng(6)
TEXT = payload(CHANCE)
SHOWN: Pixels = grey(frame(TEXT, CHANCE))


def the_text(pixels: Pixels) -> list[str]:
    return [symbol.text for symbol in known(pixels, DELIVERY)]


@pytest.mark.parametrize("corner", range(4))
def test_a_thumb_over_any_corner_is_read_past(corner: int) -> None:
    covered = SHOWN.copy()
    x, y = known(SHOWN, DELIVERY)[0].polygon[corner]
    cv2.ellipse(covered, (x, y), (36, 50), 45, 0, 360, 140, -1)
    assert the_text(covered) == [TEXT]


@pytest.mark.parametrize("side", [*range(150, 650, 26), 950, 1250])
def test_a_sharp_symbol_of_any_size_is_read_past_a_thumb(side: int) -> None:
    assert the_text(thumbed(TEXT, side)) == [TEXT]


def test_as_a_screen_in_its_dark_mode_shows_it_it_is_read_past_a_thumb_too() -> None:
    shown = 255 - thumbed(TEXT, 400)
    assert the_text(shown) == [TEXT]
    assert [symbol.text for symbol in read(shown, wanted=DELIVERY).symbols] == [TEXT]


def test_frames_are_searched_for_dark_and_for_light_modules_by_turns() -> None:
    for shown in (thumbed(TEXT, 400), 255 - thumbed(TEXT, 400)):
        reader = KnownReader()
        assert TEXT in [symbol.text for _ in range(2) if (symbol := reader.read(shown)) is not None]


@pytest.mark.parametrize("turns", range(4))
def test_it_is_read_whichever_way_round(turns: int) -> None:
    assert the_text(np.ascontiguousarray(np.rot90(SHOWN, turns))) == [TEXT]


def smeared(pixels: Pixels) -> Pixels:
    return cv2.blur(pixels, (15, 1)).astype(np.uint8)


def defocused(pixels: Pixels) -> Pixels:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)).astype(np.float32)
    return cv2.filter2D(pixels, -1, disc / disc.sum()).astype(np.uint8)


def cracked(pixels: Pixels) -> Pixels:
    broken = pixels.copy()
    for angle in np.linspace(0, np.pi, 12, endpoint=False):
        way = 300 * np.array([np.cos(angle), np.sin(angle)])
        middle = np.array(SIZE[::-1]) / 2
        ends = [tuple(int(value) for value in point) for point in (middle - way, middle + way)]
        cv2.line(broken, ends[0], ends[1], 200, 4)
    return broken


@pytest.mark.parametrize("trouble", [smeared, defocused, cracked])
def test_what_zxing_cannot_read_is_read(trouble: Callable[[Pixels], Pixels]) -> None:
    troubled = trouble(SHOWN)
    assert not zxing(troubled, DELIVERY)
    assert the_text(troubled) == [TEXT]
    assert [symbol.text for symbol in read(troubled, wanted=DELIVERY).symbols] == [TEXT]


def test_its_corners_are_told() -> None:
    (ours,), (theirs,) = known(SHOWN, DELIVERY), zxing(SHOWN, DELIVERY)
    assert np.abs(np.subtract(ours.polygon, theirs.polygon)).max() <= 6


def in_the_dark(number: int) -> Pixels:
    """A moving phone before a sensor whose noise is stronger than what the symbol shows."""
    seen = SHOWN * 0.2 + 40 + np.random.default_rng(number).normal(0, 46, SIZE)
    return np.clip(np.roll(seen, (2 * number, -3 * number), (0, 1)), 0, 255).astype(np.uint8)


def test_what_no_frame_shows_alone_is_read_from_several() -> None:
    frames = [in_the_dark(number) for number in range(20)]
    frames = [each for each in frames if KnownReader().read(each) is None]
    reader = KnownReader()
    assert len(frames) >= 10
    assert TEXT in [symbol.text for each in frames if (symbol := reader.read(each)) is not None]


def test_another_phone_after_the_first_is_not_added_to_it() -> None:
    reader, chance = KnownReader(), np.random.default_rng(8)
    told = set()
    for number in range(40):
        generator = np.random.default_rng(20 + number // 10)
        text = payload(generator)
        shown = frame(text, generator)[:, :, 0] + chance.normal(0, 90, SIZE)
        symbol = reader.read(np.clip(shown, 0, 255).astype(np.uint8))
        told |= {symbol.text} - {text} if symbol else set()
    assert not told


def test_nothing_is_found_where_nothing_is() -> None:
    assert not known(np.full(SIZE, 128, np.uint8), DELIVERY)
    assert not known(CHANCE.integers(0, 256, SIZE).astype(np.uint8), DELIVERY)
    assert not known(np.zeros((9, 9), np.uint8), DELIVERY)
    assert not known(SHOWN, LINEAR)
