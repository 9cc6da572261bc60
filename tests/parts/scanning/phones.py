"""Phone screens with delivery codes as a camera sees them, drawn: thirteen troubles in five severities, seeded."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import cv2
import numpy as np
import qrcode

from scanner.decoding.opencv import Pixels

SIZE = (720, 1280)
SEVERITIES = 5
EVERY_SEVERITY = range(1, SEVERITIES + 1)
Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Shot:
    """One drawn camera frame (720 × 1280 × 3) and the text of its symbol."""

    trouble: str
    severity: int
    text: str
    pixels: Pixels


def payload(generator: Generator) -> str:
    """Return 34 digits built as a payload: `731`, 29 digits, two check digits (ISO 7064 MOD 97-10)."""
    body = "731" + "".join(str(digit) for digit in generator.integers(0, 10, 29))
    return body + f"{98 - int(body) * 100 % 97:02d}"


def symbol(text: str, module: int = 12) -> Pixels:
    """Draw a QR symbol of version 2-H with a border of 6 modules."""
    code = qrcode.QRCode(version=2, error_correction=qrcode.constants.ERROR_CORRECT_H, border=6, box_size=1)
    code.add_data(text)
    modules = np.where(np.array(code.get_matrix()), 0, 255).astype(np.uint8)
    return np.kron(modules, np.ones((module, module), np.uint8))


def thumbed(text: str, side: int) -> Pixels:
    """Draw a sharp symbol with its border, this many pixels wide, and a thumb over its first finder pattern."""
    drawn = cv2.resize(symbol(text), (side, side), interpolation=cv2.INTER_AREA)
    finder = int(side * (6 + 3.5) / (25 + 2 * 6))
    cv2.circle(drawn, (finder, finder), side // 7, 150, -1)
    return cv2.copyMakeBorder(drawn, 50, 50, 50, 50, cv2.BORDER_CONSTANT, value=255).astype(np.uint8)


def frame(text: str, generator: Generator, *, module_pixels: float = 6.0, tilt: float = 10.0) -> Pixels:
    """Draw a phone in a room: the screen shows the symbol, slightly turned and tilted (degrees)."""
    return frame_and_place(text, generator, module_pixels=module_pixels, tilt=tilt)[0]


def frame_and_place(
    text: str, generator: Generator, *, module_pixels: float = 6.0, tilt: float = 10.0
) -> tuple[Pixels, np.ndarray]:
    """Draw a phone in a room, and return the homography from the symbol's modules to pixels, too."""
    height, width = SIZE
    rough = generator.integers(30, 150, (9, 16, 3), dtype=np.uint8)
    room = cv2.GaussianBlur(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), (0, 0), 9)
    shown = symbol(text)
    side = shown.shape[0]
    phone = np.full((side * 2, side + 40, 3), 250, np.uint8)
    phone[side // 2 : side // 2 + side, 20 : 20 + side] = shown[:, :, None]
    phone = cv2.copyMakeBorder(phone, 60, 60, 12, 12, cv2.BORDER_CONSTANT, value=(18, 18, 18))
    corners = _placed(phone.shape[:2], module_pixels / 12, tilt, generator)
    flat = np.array([(0, 0), (phone.shape[1], 0), (phone.shape[1], phone.shape[0]), (0, phone.shape[0])], np.float32)
    warp = cv2.getPerspectiveTransform(flat, corners)
    shot = cv2.warpPerspective(phone, warp, (width, height), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(phone.shape[:2], 255, np.uint8), warp, (width, height))
    # Twelve pixels a module; the symbol begins after the phone's edge, the page's margin and its own border.
    first = np.array([[12, 0, 12 + 20 + 72 - 0.5], [0, 12, 60 + side // 2 + 72 - 0.5], [0, 0, 1]])
    return np.where(mask[:, :, None] > 0, shot, room), warp @ first


def _placed(size: tuple[int, int], scale: float, tilt: float, generator: Generator) -> np.ndarray:
    height, width = size[0] * scale, size[1] * scale
    x, y = np.array([-1, 1, 1, -1]) * width / 2, np.array([-1, -1, 1, 1]) * height / 2
    angle, lean = np.radians(generator.uniform(-15, 15)), np.radians(tilt)
    depth = 1 + x / 1500 * np.sin(lean)
    x, y = x * np.cos(lean) / depth, y / depth
    centre = np.array([SIZE[1] / 2, SIZE[0] / 2]) + generator.uniform(-30, 30, 2)
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1)
    return (turned + centre).astype(np.float32)


def _tilt(text: str, level: int, generator: Generator) -> Pixels:
    return frame(text, generator, tilt=(25, 40, 50, 58, 64)[level])


def _motion(text: str, level: int, generator: Generator) -> Pixels:
    length = (5, 8, 11, 14, 17)[level]
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(generator.uniform(0, 180)), 1)
    turned = cv2.warpAffine(kernel, turn, (length, length))
    return _byte(cv2.filter2D(frame(text, generator), -1, turned / turned.sum()))


def _defocus(text: str, level: int, generator: Generator) -> Pixels:
    radius = (3, 4, 5, 6, 7)[level]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    return _byte(cv2.filter2D(frame(text, generator), -1, disc / disc.sum()))


def _dim(text: str, level: int, generator: Generator) -> Pixels:
    light = (0.3, 0.2, 0.12, 0.08, 0.06)[level]
    return _noisy(frame(text, generator) * light + 4, 3, generator)


def _glare(text: str, level: int, generator: Generator) -> Pixels:
    shot = frame(text, generator).astype(np.float32)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    place = np.array([SIZE[0] / 2, SIZE[1] / 2]) + generator.uniform(-80, 80, 2)
    radius = (30, 50, 70, 90, 110)[level]
    light = np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / (2 * radius**2))
    return _byte(shot + 320 * light[:, :, None])


def _moire(text: str, level: int, generator: Generator) -> Pixels:
    depth = (0.15, 0.3, 0.45, 0.55, 0.65)[level]
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    angle, period = generator.uniform(0, np.pi), generator.uniform(4, 14)
    wave = np.sin((columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / period)
    grid = np.sin(columns * 2 * np.pi / 3.1) * np.sin(rows * 2 * np.pi / 2.9)
    return _byte(frame(text, generator) * (1 - depth * (0.5 + 0.3 * wave + 0.2 * grid))[:, :, None])


def _cracks(text: str, level: int, generator: Generator) -> Pixels:
    shot = frame(text, generator)
    middle = np.array([SIZE[1] / 2, SIZE[0] / 2]) + generator.uniform(-60, 60, 2)
    for angle in generator.uniform(0, 2 * np.pi, (4, 8, 12, 18, 26)[level]):
        points = [middle]
        for _ in range(8):
            angle += generator.uniform(-0.3, 0.3)
            points.append(points[-1] + 25 * np.array([np.cos(angle), np.sin(angle)]))
        shade = int(generator.integers(60, 255))
        cv2.polylines(shot, [np.array(points, np.int32)], False, (shade, shade, shade), 2 + level // 2)
    return shot


def _finger(text: str, level: int, generator: Generator) -> Pixels:
    shot = frame(text, generator)
    corner = np.array([SIZE[1] / 2 + 66, SIZE[0] / 2 + 66]) + generator.uniform(-8, 8, 2)
    size = (14, 20, 26, 32, 38)[level]
    cv2.ellipse(shot, tuple(int(v) for v in corner + 20), (size, size * 2), 45, 0, 360, (110, 140, 190), -1)
    return shot


def _inverted(text: str, level: int, generator: Generator) -> Pixels:
    return _noisy(255 - frame(text, generator, module_pixels=(6, 5, 4, 3, 2.5)[level]), 6 + 3 * level, generator)


def _small(text: str, level: int, generator: Generator) -> Pixels:
    return _noisy(frame(text, generator, module_pixels=(2.6, 2.2, 2.0, 1.8, 1.6)[level]), 4, generator)


def _jpeg(text: str, level: int, generator: Generator) -> Pixels:
    shot = frame(text, generator, module_pixels=(4, 3.5, 3, 2.6, 2.4)[level])
    quality = (25, 18, 12, 8, 5)[level]
    packed = cv2.imencode(".jpg", shot, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert unpacked is not None
    return _byte(unpacked)


def _flicker(text: str, level: int, generator: Generator) -> Pixels:
    rows = np.arange(SIZE[0])[:, None, None]
    band = (np.sin(rows / SIZE[0] * 2 * np.pi * generator.uniform(2, 5) + generator.uniform(0, 6)) + 1) / 2
    return _byte(frame(text, generator) * (1 - (0.4, 0.6, 0.75, 0.85, 0.92)[level] * band))


def _noise(text: str, level: int, generator: Generator) -> Pixels:
    return _noisy(frame(text, generator, module_pixels=4), (20, 35, 50, 65, 80)[level], generator)


def _noisy(shot: np.ndarray, sigma: float, generator: Generator) -> Pixels:
    return _byte(shot + generator.normal(0, sigma, shot.shape))


def _byte(shot: np.ndarray) -> Pixels:
    clipped: Pixels = np.clip(shot, 0, 255).astype(np.uint8)
    return clipped


TROUBLES: dict[str, Callable[[str, int, Generator], Pixels]] = {
    "tilt": _tilt,
    "motion": _motion,
    "defocus": _defocus,
    "dim": _dim,
    "glare": _glare,
    "moire": _moire,
    "cracks": _cracks,
    "finger": _finger,
    "inverted": _inverted,
    "small": _small,
    "jpeg": _jpeg,
    "flicker": _flicker,
    "noise": _noise,
}


def shots(each: int = 3, seed: int = 7, severities: Collection[int] = EVERY_SEVERITY) -> list[Shot]:
    """Draw `each` frames for every trouble and severity, the same ones for the same seed."""
    drawn = []
    for number, (trouble, draw) in enumerate(TROUBLES.items()):
        for level in (severity - 1 for severity in severities):
            for turn in range(each):
                generator = np.random.default_rng((seed, number, level, turn))
                text = payload(generator)
                drawn.append(Shot(trouble, level + 1, text, draw(text, level, generator)))
    return drawn
