"""Phone screens under what happens at doors: eight troubles in five severities, each with the symbol's true place."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from scanner.decoding.opencv import Pixels
from tests.parts.scanning.phones import EVERY_SEVERITY, SIZE, Generator, frame_and_place, payload

ROWS, COLUMNS = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)


@dataclass(frozen=True, slots=True)
class HarderShot:
    """One drawn camera frame, the text of its symbol, and the homography from modules to pixels."""

    trouble: str
    severity: int
    text: str
    pixels: Pixels
    place: np.ndarray


def _point(place: np.ndarray, u: float, v: float) -> tuple[float, float]:
    x, y, depth = place @ (u, v, 1)
    return float(x / depth), float(y / depth)


def _thumb(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """A thumb over any of the four corners."""
    covered = shot.copy()
    x, y = _point(place, *((0, 0), (25, 0), (25, 25), (0, 25))[generator.integers(4)])
    size = (26, 32, 38, 44, 50)[level]
    angle = float(generator.uniform(0, 180))
    cv2.ellipse(covered, (int(x), int(y)), (size, size * 3 // 2), angle, 0, 360, (110, 140, 190), -1, cv2.LINE_AA)
    return covered


def _sun(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """Sun on the glass: a veil over everything and a streak in which nothing is left."""
    x, y = _point(place, *generator.uniform(4, 21, 2))
    angle, width = generator.uniform(0, np.pi), (8, 13, 18, 24, 30)[level]
    across = (COLUMNS - x) * np.cos(angle) + (ROWS - y) * np.sin(angle)
    veil = (60, 90, 120, 140, 160)[level]
    streak = 250 * np.exp(-(across**2) / (2 * width**2))[:, :, None]
    return np.asarray(shot * (1 - veil / 255) + veil + streak)


def _shards(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """Cracked glass: each shard shows what lies a little beside, and the cracks are light or dark."""
    x, y = _point(place, 12.5, 12.5)
    seeds = np.add(generator.uniform(-150, 150, ((6, 9, 13, 18, 24)[level], 2)), (x, y))
    away = np.stack([(COLUMNS - sx) ** 2 + (ROWS - sy) ** 2 for sx, sy in seeds])
    nearest = np.argmin(away, axis=0)
    moves = generator.normal(0, (1, 1.5, 2, 2.5, 3)[level], (len(seeds), 2)).astype(np.float32)
    moved = cv2.remap(shot, COLUMNS + moves[nearest, 0], ROWS + moves[nearest, 1], cv2.INTER_LINEAR)
    edges = cv2.morphologyEx(nearest.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    near = np.hypot(COLUMNS - x, ROWS - y) < 160
    return np.where((edges & near)[:, :, None], float(generator.integers(20, 255)), moved)


def _protector(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """A screen protector's pattern beats with the sensor's: two waves across each other."""
    shown = shot.astype(np.float32)
    depth = (0.35, 0.5, 0.6, 0.7, 0.78)[level]
    for _ in range(2):
        angle, period = generator.uniform(0, np.pi), generator.uniform(7, 16)
        wave = np.sin((COLUMNS * np.cos(angle) + ROWS * np.sin(angle)) * 2 * np.pi / period)
        shown *= (1 - depth * (0.5 + 0.5 * wave))[:, :, None]
    return shown * 1.5


def _rolling(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """A dimmed screen before a rolling shutter: dark bands with steep edges."""
    phase, period = generator.uniform(0, 100), generator.uniform(40, 90)
    on = np.clip(4 * np.sin(2 * np.pi * (np.arange(SIZE[0]) + phase) / period) + 2, 0, 1)
    light = 1 - (0.8, 0.88, 0.93, 0.95, 0.97)[level] * (1 - on)
    return np.asarray(shot * light[:, None, None] + generator.normal(0, 2, shot.shape))


def _curved(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """A curved edge: the further to one side, the more is pressed together."""
    x, _ = _point(place, 12.5, 12.5)
    reach, bend = 90, (0.06, 0.1, 0.14, 0.18, 0.22)[level]
    across = (COLUMNS - x) / reach * float(generator.choice((-1, 1)))
    pressed = (COLUMNS + reach * bend * across * np.abs(across)).astype(np.float32)
    return cv2.remap(shot, pressed, ROWS, cv2.INTER_LINEAR)


def _dirty(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """Grease on the lens: haze, and a smear that differs from place to place."""
    smear = cv2.GaussianBlur(shot, (0, 0), (3, 4, 5, 6, 7)[level])
    rough = generator.uniform(0, 1, (5, 8)).astype(np.float32)
    share = np.clip(cv2.resize(rough, SIZE[::-1], interpolation=cv2.INTER_CUBIC) + 0.25, 0, 1)[:, :, None]
    haze = cv2.GaussianBlur(shot, (0, 0), 60)
    return np.asarray(0.6 * (shot * (1 - share) + smear * share) + 0.4 * haze + generator.normal(0, 3, shot.shape))


def _shadow(shot: Pixels, place: np.ndarray, level: int, generator: Generator) -> np.ndarray:
    """Half of the symbol lies in shadow."""
    x, y = _point(place, *generator.uniform(8, 17, 2))
    angle, dark = generator.uniform(0, 2 * np.pi), (0.3, 0.2, 0.12, 0.08, 0.05)[level]
    lit = ((COLUMNS - x) * np.cos(angle) + (ROWS - y) * np.sin(angle)) > 0
    return shot * np.where(lit, 1.0, dark)[:, :, None] + generator.normal(0, 2, shot.shape)


HARDER: dict[str, Callable[[Pixels, np.ndarray, int, Generator], np.ndarray]] = {
    "thumb": _thumb,
    "sun": _sun,
    "shards": _shards,
    "protector": _protector,
    "rolling": _rolling,
    "curved": _curved,
    "dirty": _dirty,
    "shadow": _shadow,
}


def harder_shots(each: int = 2, seed: int = 17, severities: Collection[int] = EVERY_SEVERITY) -> Iterator[HarderShot]:
    """Draw `each` frames for every trouble and severity, the same ones for the same seed."""
    for number, (trouble, alter) in enumerate(HARDER.items()):
        for level in (severity - 1 for severity in severities):
            for turn in range(each):
                generator = np.random.default_rng((seed, number, level, turn))
                text = payload(generator)
                shot, place = frame_and_place(text, generator)
                pixels = np.clip(alter(shot, place, level, generator), 0, 255).astype(np.uint8)
                yield HarderShot(trouble, level + 1, text, pixels, place)
