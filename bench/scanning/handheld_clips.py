"""Clips of a phone in a hand, drawn with the symbol's true place in each frame. Seeded.

Somebody walks up, a hand trembles, the lens hunts for focus, the exposure hunts for light. What moves while the shutter
is open is smeared along its own way.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from bench.scanning.clips import FRAME_SECONDS, Clip
from scanner.decoding.opencv import Pixels
from tests.parts.scanning.phones import SEVERITIES, SIZE, Generator, frame_and_place, payload

_PARTS = 10
"""Moments of one exposure that are added up."""
_TURN = 2 * np.pi

Pose = Callable[[float], np.ndarray]
"""How the picture has moved at a time in seconds: a homography of pixels."""
Look = Callable[[np.ndarray, float], np.ndarray]
"""What lens and sensor make of a picture at a time."""
Filmed = tuple[Pose, Look, float]
"""Movement, look, and for how many seconds the shutter is open."""


def _moved(dx: float, dy: float, scale: float = 1.0, degrees: float = 0.0) -> np.ndarray:
    about = np.asarray(cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), degrees, scale), float)
    about[:, 2] += dx, dy
    return np.vstack([about, (0, 0, 1)])


def _held(chance: Generator, pixels: float = 1.5) -> Pose:
    """A hand that holds still, as far as hands do: two slow waves across each other."""
    phases, rates = chance.uniform(0, _TURN, 3), chance.uniform(0.5, 1.5, 3)

    def pose(time: float) -> np.ndarray:
        waves = np.sin(_TURN * rates * time + phases)
        return _moved(pixels * 4 * waves[0], pixels * 4 * waves[1], 1, float(waves[2]))

    return pose


def _sensor(chance: Generator) -> Look:
    return lambda shot, time: shot + chance.normal(0, 3, shot.shape)


def _walking(level: int, chance: Generator) -> Filmed:
    """Somebody comes nearer with two steps a second, and the phone bobs with each."""
    bob, sway = (12, 24, 40, 60, 80)[level], chance.uniform(0, _TURN, 2)

    def pose(time: float) -> np.ndarray:
        across = 0.6 * bob * np.sin(_TURN * time + sway[0])
        down = bob * np.sin(_TURN * 2 * time + sway[1])
        return _moved(float(across), float(down), 0.4 + 0.5 * time, float(4 * np.sin(_TURN * time + sway[1])))

    return pose, _sensor(chance), (0.01, 0.015, 0.02, 0.026, 0.033)[level]


def _tremor(level: int, chance: Generator) -> Filmed:
    """A hand trembles nine times a second beside slower waves; the dark keeps the shutter open."""
    reach, phases = (5, 9, 14, 20, 28)[level], chance.uniform(0, _TURN, 4)

    def pose(time: float) -> np.ndarray:
        quick = np.sin(_TURN * 9.3 * time + phases[:2])
        slow = 1.5 * np.sin(_TURN * 2.7 * time + phases[2:])
        dx, dy = (reach * (quick + slow)).tolist()
        return _moved(dx, dy, 1, 0.2 * dx)

    return pose, _sensor(chance), (0.01, 0.015, 0.02, 0.026, 0.033)[level]


def _focus(level: int, chance: Generator) -> Filmed:
    """The lens swings through the sharp point and back; the picture breathes with it."""
    widest, phase, held = (5, 8, 11, 14, 18)[level], chance.uniform(0, _TURN), _held(chance)

    def distance(time: float) -> float:
        return float(np.sin(_TURN * 0.8 * time + phase))

    def look(shot: np.ndarray, time: float) -> np.ndarray:
        radius = round(widest * abs(distance(time)))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
        return np.asarray(cv2.filter2D(shot, -1, disc / disc.sum()) + chance.normal(0, 3, shot.shape))

    return lambda time: _moved(0, 0, 1 + 0.02 * distance(time)) @ held(time), look, 0.01


def _exposure(level: int, chance: Generator) -> Filmed:
    """The camera swings between too dark and too light; what is too light spills over its neighbours."""
    stops, phase, held = (1.5, 2.5, 3.5, 4.5, 5.5)[level], chance.uniform(0, _TURN), _held(chance)

    def look(shot: np.ndarray, time: float) -> np.ndarray:
        lit = (shot + 6) * 2 ** (stops * np.sin(_TURN * 0.9 * time + phase))
        spilt = cv2.GaussianBlur(np.maximum(lit - 255, 0), (0, 0), 8)
        return np.asarray(lit + 0.5 * spilt + chance.normal(0, 4, shot.shape))

    return held, look, 0.01


HANDHELD: dict[str, Callable[[int, Generator], Filmed]] = {
    "walking": _walking,
    "tremor": _tremor,
    "focus": _focus,
    "exposure": _exposure,
}


def handheld_clips(each: int = 2, seed: int = 23) -> Iterator[Clip]:
    """Make `each` clips for every kind and severity, the same ones for the same seed."""
    for number, (trouble, filmed_of) in enumerate(HANDHELD.items()):
        for level in range(SEVERITIES):
            for turn in range(each):
                chance = np.random.default_rng((seed, number, level, turn))
                text = payload(chance)
                still, place = frame_and_place(text, chance, module_pixels=float(chance.uniform(3.5, 6)))
                pose, look, open_seconds = filmed_of(level, chance)
                yield Clip(
                    trouble,
                    level + 1,
                    text,
                    _filmed(still, pose, look, open_seconds),
                    _placed(place, pose, open_seconds),
                )


def _filmed(still: Pixels, pose: Pose, look: Look, open_seconds: float) -> Callable[[int], Pixels]:
    def draw(number: int) -> Pixels:
        begun = number * FRAME_SECONDS
        total = np.zeros(still.shape, np.float32)
        for time in begun + open_seconds * (np.arange(_PARTS) + 0.5) / _PARTS:
            cv2.accumulate(_warped(still, pose(float(time))), total)
        seen = look(total / _PARTS, begun + open_seconds / 2)
        return np.clip(seen, 0, 255).astype(np.uint8)

    return draw


def _warped(still: Pixels, moved: np.ndarray) -> np.ndarray:
    return cv2.warpPerspective(still, moved, SIZE[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _placed(place: np.ndarray, pose: Pose, open_seconds: float) -> Callable[[int], np.ndarray]:
    return lambda number: pose(number * FRAME_SECONDS + open_seconds / 2) @ place
