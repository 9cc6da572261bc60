"""Find where a delivery code's symbol may be: two or three finder patterns, of any size and turn, sharp or blurred.

Sums over nested squares tell the rings of a finder pattern (7, 5 and 3 modules, in 9 of white) where runs of 1:1:3:1:1
cannot be measured any more. Three such places that stand as corners do, or two and the square that they imply, are a
hypothesis; it is kept when function patterns and quiet zone agree.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.decoding.known.known_symbol import FUNCTION, SIDE
from scanner.decoding.opencv import Pixels, need_opencv

Floats = npt.NDArray[np.float64]

_MODULES = (1.0, 1.25, 1.5, 1.75, 2.1, 2.5)
"""Sizes of a module that are looked for, in pixels; the last four again in each picture halved once more.

A fifth apart and no more: the rings of a perfectly sharp pattern stand out only where their boxes fit.
"""
_AGAIN = 2
_LEVELS = 4
"""Times that a picture is halved: a symbol that fills it is found as well as one of two pixels a module."""
_SMALLEST_LEVEL = 40
_FAINTEST = 4
"""Grey values between black and white rings, below which there is nothing."""
_MOST_PEAKS = 40
_FEWEST_AGREEING = 0.4
_FINDERS = 14
_PLACES = 4
_AGREES = 0.3
_APART = 2
"""Modules by which places differ that are worth a refinement each."""
_SPAN = SIDE - 7
"""Modules from the middle of one finder pattern to that of the next."""


class FinderSearch:
    """Looks for finder patterns, in memory of its own: to allocate it anew for each picture costs more than the search.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._scratch: dict[tuple[int, ...], list[npt.NDArray[np.float32]]] = {}

    def finders(self, pixels: Pixels) -> Floats:
        """Return rows of x, y, module and correlation of places that look like finder patterns, the best first."""
        cv2 = need_opencv()
        found = [np.empty((0, 4))]
        level, scale, used = pixels, 1.0, set()
        for number in range(_LEVELS):
            if min(level.shape) < 2 * _SMALLEST_LEVEL:
                break
            level, scale = cv2.resize(level, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), scale * 2
            used.add(level.shape)
            scratch = self._scratch.setdefault(level.shape, [np.empty(level.shape, np.float32) for _ in range(5)])
            found += [_scaled(_peaks(level, module, scratch), scale) for module in _MODULES[_AGAIN if number else 0 :]]
        for shape in self._scratch.keys() - used:
            del self._scratch[shape]
        return _strongest(np.concatenate(found))


def _strongest(rows: Floats) -> Floats:
    """Return the most correlated rows of which no two are one place and size."""
    kept: list[Floats] = []
    while len(rows) and len(kept) < _FINDERS:
        best = rows[np.argmax(rows[:, 3])]
        kept.append(best)
        apart = np.hypot(rows[:, 0] - best[0], rows[:, 1] - best[1])
        smaller, larger = np.minimum(rows[:, 2], best[2]), np.maximum(rows[:, 2], best[2])
        rows = rows[(apart > 2 * smaller) | (larger > 2 * smaller)]
    return np.array(kept).reshape(-1, 4)


def _scaled(rows: Floats, scale: float) -> Floats:
    scaled: Floats = rows * np.array([scale, scale, scale, 1])
    scaled[:, :2] += (scale - 1) / 2
    return scaled


def _peaks(pixels: Pixels, module: float, scratch: list[npt.NDArray[np.float32]]) -> Floats:
    """Return the places of one picture where rings of one size stand out most."""
    cv2 = need_opencv()
    sides = [2 * round((count * module - 1) / 2) + 1 for count in (3, 5, 7, 9)]
    areas = [side * side for side in sides]
    three, five, seven, nine, highest = scratch
    for side, mean in zip(sides, scratch[:4], strict=True):
        cv2.boxFilter(pixels, cv2.CV_32F, (side, side), dst=mean)
    dark = areas[0] + areas[2] - areas[1]
    light = areas[3] - dark
    # The mean of the white rings less that of the dark ones.
    both = 1 / light + 1 / dark
    cv2.addWeighted(three, -areas[0] * both, five, areas[1] * both, 0, dst=three)
    cv2.addWeighted(seven, -areas[2] * both, nine, areas[3] / light, 0, dst=seven)
    contrast = cv2.add(three, seven, dst=five)
    reach = int(4 * module) | 1
    cv2.dilate(contrast, np.ones((reach, reach), np.uint8), dst=highest)
    peaks = cv2.bitwise_and(cv2.compare(contrast, highest, cv2.CMP_EQ), cv2.compare(contrast, _FAINTEST, cv2.CMP_GT))
    # What lies nearer to the edge is no pattern but its reflection.
    inside = np.s_[sides[1] // 2 : -(sides[1] // 2)]
    at = cv2.findNonZero(peaks[inside, inside])
    if at is None:
        return np.empty((0, 4))
    xs, ys = at.reshape(-1, 2).T + sides[1] // 2
    values = contrast[ys, xs]
    if len(values) > _MOST_PEAKS * 4:
        best = np.argpartition(-values, _MOST_PEAKS * 4)[: _MOST_PEAKS * 4]
        xs, ys, values = xs[best], ys[best], values[best]
    correlation = values / (2 * _deviation(pixels, xs, ys, sides[3] // 2))
    good = np.flatnonzero(correlation > _FEWEST_AGREEING)
    good = good[np.argsort(-correlation[good])][:_MOST_PEAKS]
    return np.stack([xs[good], ys[good], np.full(len(good), module), correlation[good]], axis=1).astype(float)


def _deviation(pixels: Pixels, xs: npt.NDArray[np.int64], ys: npt.NDArray[np.int64], reach: int) -> Floats:
    offsets = np.linspace(-reach, reach, 9).round().astype(int)
    rows = np.clip(ys[:, None, None] + offsets[None, :, None], 0, pixels.shape[0] - 1)
    columns = np.clip(xs[:, None, None] + offsets[None, None, :], 0, pixels.shape[1] - 1)
    deviation: Floats = np.maximum(pixels[rows, columns].reshape(len(xs), 81).std(axis=1), 1.0)
    return deviation


def places(pixels: Pixels, rows: Floats) -> list[Floats]:
    """Return the places that finder patterns imply, the best agreeing first."""
    hypotheses = np.concatenate([_of_three(rows), _of_two(rows)])
    agreement = _agreement(pixels, hypotheses)
    # Upper left and lower right corner, in modules of each hypothesis.
    corners = np.concatenate([hypotheses[:, :2] @ (0, 0, 1), hypotheses[:, :2] @ (SIDE, SIDE, 1)], axis=1)
    modules = np.hypot(hypotheses[:, 0, 0], hypotheses[:, 1, 0])
    kept: list[int] = []
    for at in np.argsort(-agreement):
        if agreement[at] < _AGREES or len(kept) == _PLACES:
            break
        if all(np.abs(corners[at] - corners[other]).max() > _APART * modules[at] for other in kept):
            kept.append(int(at))
    return [hypotheses[at] for at in kept]


def _of_three(rows: Floats) -> Floats:
    """Return a place for each three rows that stand as upper left, upper right and lower left."""
    count = len(rows)
    a, b, c = np.meshgrid(*[np.arange(count)] * 3, indexing="ij")
    points, sizes = rows[:, :2], np.log(rows[:, 2] + 1e-9)
    right, down = points[b] - points[a], points[c] - points[a]
    across, along = np.hypot(*np.moveaxis(right, -1, 0)), np.hypot(*np.moveaxis(down, -1, 0))
    turn = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    module = np.exp((sizes[a] + sizes[b] + sizes[c]) / 3) * _SPAN
    good = (a != b) & (b != c) & (a != c) & (turn > 0.6 * across * along)
    good &= (np.abs(sizes[a] - sizes[b]) < 0.6) & (np.abs(sizes[a] - sizes[c]) < 0.6)
    for length in (across, along):
        good &= (length > 0.55 * module) & (length < 1.5 * module)
    a, b, c = a[good], b[good], c[good]
    return _affine(points[a], (points[b] - points[a]) / _SPAN, (points[c] - points[a]) / _SPAN, 3.5, 3.5)


def _of_two(rows: Floats) -> Floats:
    """Return the squares that two rows imply as neighbours or as opposite corners."""
    count = len(rows)
    a, b = np.meshgrid(*[np.arange(count)] * 2, indexing="ij")
    points, sizes = rows[:, :2], np.log(rows[:, 2] + 1e-9)
    way = points[b] - points[a]
    ratio = np.hypot(way[..., 0], way[..., 1]) / (np.exp((sizes[a] + sizes[b]) / 2) * _SPAN)
    near = (a != b) & (np.abs(sizes[a] - sizes[b]) < 0.4)
    found = []
    side = near & (ratio > 0.75) & (ratio < 1.3)
    one, two = points[a[side]], (points[b[side]] - points[a[side]]) / _SPAN
    turned = np.stack([-two[:, 1], two[:, 0]], axis=1)
    found.append(_affine(one, two, turned, 3.5, 3.5))  # upper left and upper right
    found.append(_affine(one, -turned, two, 3.5, 3.5))  # upper left and lower left
    across = near & (ratio > 0.75 * 2**0.5) & (ratio < 1.3 * 2**0.5)
    one, two = points[a[across]], (points[b[across]] - points[a[across]]) / _SPAN
    # From lower left to upper right: right and up by one span each.
    right = np.stack([two[:, 0] - two[:, 1], two[:, 1] + two[:, 0]], axis=1) / 2
    down = np.stack([-right[:, 1], right[:, 0]], axis=1)
    found.append(_affine(one, right, down, 3.5, SIDE - 3.5))
    return np.concatenate(found)


def _affine(at: Floats, right: Floats, down: Floats, column: float, row: float) -> Floats:
    """Return homographies that bring one module's place to a point, with the given ways for a module."""
    made = np.zeros((len(at), 3, 3))
    made[:, :2, 0], made[:, :2, 1], made[:, 2, 2] = right, down, 1
    made[:, :2, 2] = at - column * right - row * down
    return made


@cache
def _known_points() -> tuple[Floats, Floats]:
    modules = np.full((SIDE + 2, SIDE + 2), -1.0)
    modules[1:-1, 1:-1] = FUNCTION
    rows, columns = np.nonzero(modules)
    return np.stack([columns - 0.5, rows - 0.5, np.ones(len(rows))]), -modules[rows, columns]


def _agreement(pixels: Pixels, hypotheses: Floats) -> Floats:
    """Return the correlation of function patterns and quiet zone with the pixels at their middles."""
    points, known = _known_points()
    at = hypotheses @ points
    columns = np.clip((at[:, 0] / at[:, 2]).round().astype(int), 0, pixels.shape[1] - 1)
    rows = np.clip((at[:, 1] / at[:, 2]).round().astype(int), 0, pixels.shape[0] - 1)
    seen = pixels[rows, columns].astype(np.float64)
    seen -= seen.mean(axis=1, keepdims=True)
    wanted = known - known.mean()
    agreement: Floats = np.einsum("ij,j->i", seen, wanted) / (np.sqrt((seen**2).sum(axis=1) * (wanted**2).sum()) + 1e-9)
    return agreement
