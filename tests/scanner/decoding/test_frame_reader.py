"""A row of frames: many poor pictures of one symbol are worth more than one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from scanner.decoding import preparations
from scanner.decoding.frame_reader import FrameReader, average, darkest, sharpest
from scanner.decoding.ladder import FRAME_LADDER
from scanner.decoding.opencv import Pixels
from tests.parts.benches import told_by
from tests.parts.scanning.phones import frame, payload

pytestmark = pytest.mark.slow

CHANCE = np.random.default_rng(3)
TEXT = payload(CHANCE)
SHOWN: Pixels = frame(TEXT, CHANCE, module_pixels=4)
DEAR = (
    preparations.doubled,
    preparations.cleaned,
    preparations.turned_22,
    preparations.turned_45,
    preparations.turned_67,
)
RUNGS = {
    f"sharpest/{rung.step.__name__}{'_middle' if rung.step in DEAR else ''}/{rung.decoder.__name__}"
    for rung in FRAME_LADDER
    if rung.step not in (preparations.as_it_is, preparations.reduced)
}
EMPTY: Pixels = np.full((720, 1280, 3), 128, np.uint8)


def test_a_clear_frame_is_read_by_the_first_rung() -> None:
    reading = FrameReader().read(SHOWN)
    assert [symbol.text for symbol in reading.symbols] == [TEXT]
    assert reading.tried == ("as_it_is/zxing",)


def test_noise_that_no_frame_survives_alone_is_averaged_away() -> None:
    reader = FrameReader(budget_ms=10_000)
    assert any(TEXT in [symbol.text for symbol in reader.read(each).symbols] for each in noisy(SHOWN, 12, 60))


def seen(reader: FrameReader, frames: Iterable[Pixels]) -> list[tuple[str, ...]]:
    return [reader.read(each).tried for each in frames]


def noisy(shown: Pixels, count: int, sigma: float = 12.0) -> Iterator[Pixels]:
    for _ in range(count):
        yield np.clip(shown + CHANCE.normal(0, sigma, shown.shape), 0, 255).astype(np.uint8)


def test_a_scene_that_stands_still_is_climbed_to_the_top_and_then_looked_at_now_and_then() -> None:
    reader = FrameReader(budget_ms=10_000)
    tried = seen(reader, noisy(EMPTY, 24))
    names = {name for each in tried for name in each}
    assert names >= RUNGS
    assert any(name.startswith("average/") for name in names)
    assert sorted(tried[-4:]) == [(), (), (), ("as_it_is/zxing",)]


def test_a_still_scene_in_which_something_shows_is_looked_at_in_every_frame() -> None:
    reader = FrameReader(budget_ms=10_000, enough=lambda symbol: False)
    assert all(reader.read(SHOWN).symbols for _ in range(40))


def test_when_a_small_phone_comes_into_a_still_scene_the_ladder_is_climbed_anew() -> None:
    reader = FrameReader(budget_ms=10_000)
    seen(reader, noisy(EMPTY, 24))
    with_phone = EMPTY.copy()
    with_phone[300:400, 600:700] = 255
    assert len(reader.read(with_phone).tried) > 10


def test_the_dearest_rungs_have_their_turn_even_where_the_first_one_spends_the_budget() -> None:
    ticks = iter(range(1_000_000))
    reader = FrameReader(budget_ms=500, clock=lambda: float(next(ticks)))
    names = {name for each in seen(reader, [EMPTY[::2, ::2]] * 400) for name in each}
    assert names >= RUNGS


def test_a_glare_that_wanders_over_a_phone_held_still_is_taken_away() -> None:
    rows, columns = np.mgrid[:720, :1280]
    reader = FrameReader(budget_ms=10_000)

    def with_glare(number: int) -> Pixels:
        middle = 300 + 9 * number, 700 - 12 * number
        light = 320 * np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / (2 * 40**2))
        lit: Pixels = np.clip(SHOWN + light[:, :, None], 0, 255).astype(np.uint8)
        return lit

    assert any(TEXT in [symbol.text for symbol in reader.read(with_glare(each)).symbols] for each in range(25))


def test_stripes_that_wander_over_a_phone_held_still_are_averaged_away() -> None:
    rows, columns = np.mgrid[:720, :1280]
    along = (columns + 0.4 * rows) * 2 * np.pi / 13
    reader = FrameReader(budget_ms=10_000)

    def striped(number: int) -> Pixels:
        shade = 1 - 0.95 * (0.5 + 0.5 * np.sin(along + number * 1.9))
        shown: Pixels = (SHOWN * shade[:, :, None]).astype(np.uint8)
        return shown

    told = [reader.read(striped(each)) for each in range(20)]
    assert any(TEXT in [symbol.text for symbol in each.symbols] for each in told)


def test_when_the_time_is_spent_only_the_first_rung_is_climbed() -> None:
    ticks = iter(range(1000))
    assert FrameReader(budget_ms=500, clock=lambda: float(next(ticks))).read(EMPTY).tried == ("as_it_is/zxing",)


def test_frames_are_joined_pixel_by_pixel() -> None:
    dark, light = np.full((8, 8), 10, np.uint8), np.full((8, 8), 250, np.uint8)
    edge = np.repeat([[0, 255] * 4], 8, axis=0).astype(np.uint8)
    assert average([dark, light]).max() == 130
    assert darkest([light, dark]).max() == 10
    assert sharpest([dark, edge, light]) is edge


def test_over_many_frames_the_memory_stays_what_it_was() -> None:
    told = told_by("bench.scanning.soak_frames", "--frames", "1200", "--early", "400")
    assert told["read"] > 100
    assert told["ratio"] < 1.1
