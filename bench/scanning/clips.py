"""Short clips of a phone before a camera, drawn: what troubles one frame passes or wanders. Seeded.

A frame is drawn when it is asked for, so that a clip read early costs little.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from scanner.decoding.opencv import Pixels
from tests.parts.scanning.phones import SEVERITIES, SIZE, Generator, frame, payload

FRAMES = 25
FRAME_SECONDS = 0.04


@dataclass(frozen=True, slots=True)
class Clip:
    """One second of a camera, and the text of the symbol in it."""

    trouble: str
    severity: int
    text: str
    draw: Callable[[int], Pixels]
    place: Callable[[int], np.ndarray] | None = None
    """The homography from modules to pixels in each frame, where it is known."""


def _glare(level: int, chance: Generator) -> Callable[[Pixels, int], np.ndarray]:
    """A lamp's reflection wanders over the symbol and never leaves it whole."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    radius, start, way = (25, 32, 40, 50, 60)[level], chance.uniform(-60, 60, 2), chance.uniform(3, 7, 2)

    def altered(shot: Pixels, number: int) -> np.ndarray:
        shift = np.abs((start + way * number + 90) % 360 - 180) - 90
        middle = np.array(SIZE) / 2 + shift
        light = np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / (2 * radius**2))
        lit: np.ndarray = shot + 320 * light[:, :, None]
        return lit

    return altered


def _blur(level: int, chance: Generator) -> Callable[[Pixels, int], np.ndarray]:
    """The lens hunts: sharp for a few frames only."""
    sharp_at, steepness = chance.integers(5, 20), (0.5, 0.8, 1.2, 1.8, 2.6)[level]

    def altered(shot: Pixels, number: int) -> np.ndarray:
        sigma = 0.6 + steepness * abs(number - sharp_at)
        return cv2.GaussianBlur(shot, (0, 0), min(sigma, 9.0))

    return altered


def _shake(level: int, chance: Generator) -> Callable[[Pixels, int], np.ndarray]:
    """A hand trembles: each frame is moved and smeared along its own way."""
    most = (8, 14, 20, 28, 36)[level]

    def altered(shot: Pixels, number: int) -> np.ndarray:
        angle, length = chance.uniform(0, 180), max(1, int(abs(most * np.sin(number * 0.7))))
        line = np.zeros((length, length), np.float32)
        line[length // 2] = 1
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), angle, 1)
        turned = np.asarray(cv2.warpAffine(line, turn, (length, length)), np.float32)
        shaken = cv2.filter2D(shot, -1, turned / np.float32(max(float(turned.sum()), 1e-3)))
        return np.roll(shaken, chance.integers(-most, most + 1), 1)

    return altered


def _noise(level: int, chance: Generator) -> Callable[[Pixels, int], np.ndarray]:
    """A poor sensor in the dark."""
    light, sigma = (0.35, 0.3, 0.25, 0.2, 0.15)[level], (14, 18, 22, 24, 26)[level]
    return lambda shot, number: shot * light + 8 + chance.normal(0, sigma, shot.shape)


def _flicker(level: int, chance: Generator) -> Callable[[Pixels, int], np.ndarray]:
    """Dark bands of a dimmed screen roll through the picture."""
    depth, phase, rows = (0.6, 0.75, 0.85, 0.92, 0.97)[level], chance.uniform(0, 6), np.arange(SIZE[0])[:, None, None]

    def altered(shot: Pixels, number: int) -> np.ndarray:
        band = (np.sin(rows / SIZE[0] * 2 * np.pi * 3 + phase + number * 0.8) + 1) / 2
        return shot * (1 - depth * band)

    return altered


def _moire(level: int, chance: Generator) -> Callable[[Pixels, int], np.ndarray]:
    """The screen's own pixels beat with the sensor's, in another place each frame."""
    depth, angle, period = (0.5, 0.6, 0.7, 0.78, 0.85)[level], chance.uniform(0, np.pi), chance.uniform(5, 14)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    along = (columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / period

    def altered(shot: Pixels, number: int) -> np.ndarray:
        striped: np.ndarray = shot * (1 - depth * (0.5 + 0.5 * np.sin(along + number * 1.9)))[:, :, None]
        return striped

    return altered


TROUBLES = {"glare": _glare, "blur": _blur, "shake": _shake, "noise": _noise, "flicker": _flicker, "moire": _moire}


def clips(each: int = 2, seed: int = 7) -> Iterator[Clip]:
    """Make `each` clips for every trouble and severity, the same ones for the same seed."""
    for number, (trouble, trouble_of) in enumerate(TROUBLES.items()):
        for level in range(SEVERITIES):
            for turn in range(each):
                chance = np.random.default_rng((seed, 100 + number, level, turn))
                text = payload(chance)
                still = frame(text, chance, module_pixels=float(chance.uniform(3.5, 6)))
                altered = trouble_of(level, chance)
                yield Clip(trouble, level + 1, text, _drawn(still, altered))


def _drawn(still: Pixels, altered: Callable[[Pixels, int], np.ndarray]) -> Callable[[int], Pixels]:
    return lambda number: np.clip(altered(still, number), 0, 255).astype(np.uint8)
