"""A row of frames: many poor pictures of one symbol are worth more than one."""

from __future__ import annotations

import numpy as np

from bench.phones import frame, payload
from scanner.frames import FrameReader, average, darkest, sharpest
from scanner.ladder import LADDER
from scanner.vision import Pixels

CHANCE = np.random.default_rng(3)
TEXT = payload(CHANCE)
SHOWN: Pixels = frame(TEXT, CHANCE, module_pixels=4)
EMPTY: Pixels = np.full((720, 1280, 3), 128, np.uint8)


def test_a_clear_frame_is_read_by_the_first_rung() -> None:
    reading = FrameReader().read(SHOWN)
    assert [symbol.text for symbol in reading.symbols] == [TEXT]
    assert reading.tried == ("as_it_is/zxing",)


def test_noise_that_no_frame_survives_alone_is_averaged_away() -> None:
    reader = FrameReader(budget_ms=10_000)
    noisy = [np.clip(SHOWN + CHANCE.normal(0, 60, SHOWN.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    assert any(TEXT in [symbol.text for symbol in reader.read(each).symbols] for each in noisy)


def test_a_scene_that_stands_still_is_climbed_once_and_then_left_alone() -> None:
    reader = FrameReader(budget_ms=10_000)
    first, second, third = (reader.read(EMPTY).tried for _ in range(3))
    assert len(first) + len(second) >= len(LADDER) - 2
    assert third == ("as_it_is/zxing",)


def test_when_the_time_is_spent_only_the_first_rung_is_climbed() -> None:
    ticks = iter(range(1000))
    assert FrameReader(budget_ms=500, clock=lambda: float(next(ticks))).read(EMPTY).tried == ("as_it_is/zxing",)


def test_frames_are_joined_pixel_by_pixel() -> None:
    dark, light = np.full((8, 8), 10, np.uint8), np.full((8, 8), 250, np.uint8)
    edge = np.repeat([[0, 255] * 4], 8, axis=0).astype(np.uint8)
    assert average([dark, light]).max() == 130
    assert darkest([light, dark]).max() == 10
    assert sharpest([dark, edge, light]) is edge
