"""Where QR symbols stand, read or not: three finder patterns at the corners of a square, likeliest first.

A finder pattern shows dark, light, dark, light, dark as 1:1:3:1:1 along every line through its middle
(ISO/IEC 18004 §6.3.3). All rows and all columns are searched at once for five runs of that ratio; where the two
meet, rings of dark and light around the middle say how good a pattern it is.
"""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt

from scanner.decoding.opencv import Pixels, need_opencv

Floats = npt.NDArray[np.float32]

_RATIO = np.array([1, 1, 3, 1, 1], np.float32)
_TOLERANCE = np.array([0.75, 0.75, 1.2, 0.75, 0.75], np.float32)
"""Modules by which a run may be longer or shorter: blur and glare widen one colour."""
_RINGS = ((0.0, 1), (1.1, 1), (2.3, 0), (3.3, 1))
"""Distances from the middle in modules at which everything is dark (1) or light (0), however the pattern is turned."""
_DIRECTIONS = np.linspace(0, 2 * math.pi, 16, endpoint=False)
_BEST_RINGS = 0.6
_MOST_PATTERNS = 240
_NEIGHBOURS = 8
_UNLIKE = 1.7
_WINDOWS = (12, 40)
"""Parts of the picture's side whose mean parts dark from light: one for large symbols, one for small."""


def symbols_located(pixels: Pixels, told: list[Floats], is_late: Callable[[], bool]) -> list[Floats]:
    """Return the outer corners of what may be QR symbols, four points around each, the likeliest first.

    What lies within one that was told counts for no other.
    """
    cv2 = need_opencv()
    soft = cv2.GaussianBlur(pixels, (0, 0), 1.0)
    found: list[tuple[float, Floats]] = []
    for part in _WINDOWS:
        if is_late():
            break
        width = max(3, max(pixels.shape) // part) | 1
        dark = cv2.adaptiveThreshold(soft, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, width, 5)
        patterns = _patterns(dark)
        outside = [
            not any(cv2.pointPolygonTest(each, (x, y), False) >= 0 for each in told) for x, y, *_ in patterns.tolist()
        ]
        found += _triples(patterns[outside])
    found.sort(key=lambda each: each[0])
    return [corners for _, corners in found]


def _patterns(dark: Pixels) -> Floats:
    """Return middle, module width and module height of the finder patterns in a picture of 0 and 1."""
    cv2 = need_opencv()
    across, down = _hits(dark), _hits(np.ascontiguousarray(dark.T))[:, [1, 0, 2]]
    kernel = np.ones((3, 3), np.uint8)
    widths, heights = (np.zeros(dark.shape, np.float32) for _ in range(2))
    for sizes, hits in ((widths, across), (heights, down)):
        sizes[hits[:, 1].astype(int), hits[:, 0].astype(int)] = hits[:, 2]
    widths, heights = cv2.dilate(widths, kernel), cv2.dilate(heights, kernel)
    both = ((widths > 0) & (heights > 0)).astype(np.uint8)
    _, _, _, middles = cv2.connectedComponentsWithStats(both, connectivity=8)
    at = np.rint(middles[1:]).astype(int)
    found = np.column_stack([middles[1:], widths[at[:, 1], at[:, 0]], heights[at[:, 1], at[:, 0]]]).astype(np.float32)
    found = found[(found[:, 2] > 0) & (found[:, 3] > 0)]
    rings = _rings(dark, found)
    best = np.argsort(-rings, kind="stable")[: 4 * _MOST_PATTERNS]
    return _apart(found[best[rings[best] >= _BEST_RINGS]])


def _hits(dark: Pixels) -> Floats:
    """Return middle, row and module width of each five runs in the ratio of a finder pattern."""
    rows, columns = dark.shape
    framed = np.zeros((rows, columns + 2), np.int8)
    framed[:, 1:-1] = dark
    # Every row begins and ends light, so that changes at even places begin what is dark.
    changes = np.flatnonzero(np.diff(framed.ravel()))
    edges = np.stack([changes[index : max(0, len(changes) - 5) + index] for index in range(6)], axis=1)[::2]
    row = edges[:, 0] // (columns + 2)
    within = row == edges[:, 5] // (columns + 2)
    edges, row = edges[within], row[within]
    lengths = np.diff(edges, axis=1).astype(np.float32)
    module = lengths.sum(axis=1) / 7
    fits = (np.abs(lengths - _RATIO * module[:, None]) <= _TOLERANCE * module[:, None]).all(axis=1)
    middle = (edges[:, 2] + edges[:, 3]) / 2 - row * (columns + 2)
    hits: Floats = np.stack([np.minimum(middle, columns - 1), row, module], axis=1).astype(np.float32)[fits]
    return hits


def _rings(dark: Pixels, found: Floats) -> Floats:
    """Return which share of the rings around each middle has the right colour."""
    rows, columns = dark.shape
    right = np.zeros(len(found), np.float32)
    for radius, colour in _RINGS:
        x = np.rint(found[:, :1] + radius * found[:, 2:3] * np.cos(_DIRECTIONS)).astype(int).clip(0, columns - 1)
        y = np.rint(found[:, 1:2] + radius * found[:, 3:4] * np.sin(_DIRECTIONS)).astype(int).clip(0, rows - 1)
        right += (dark[y, x] == colour).mean(axis=1) / len(_RINGS)
    return right


def _apart(found: Floats) -> Floats:
    """Return the patterns, best first, without those that lie within a better one."""
    kept: list[int] = []
    for index, each in enumerate(found):
        gaps = np.abs(found[kept, :2] - each[:2]) / (3 * np.maximum(found[kept, 2:], each[2:]))
        if not (gaps < 1).all(axis=1).any():
            kept.append(index)
        if len(kept) == _MOST_PATTERNS:
            break
    return found[kept]


def _triples(patterns: Floats) -> list[tuple[float, Floats]]:
    """Return possible symbols as badness and corners: every pattern belongs to two of them at most."""
    middles, modules = patterns[:, :2], np.sqrt(patterns[:, 2] * patterns[:, 3])
    scored: list[tuple[float, int, int, int]] = []
    for corner in range(len(patterns)):
        gaps = np.hypot(*(middles - middles[corner]).T) / modules[corner]
        alike = np.abs(np.log(modules / modules[corner])) < math.log(_UNLIKE)
        near = [int(one) for one in np.argsort(gaps) if alike[one] and 9 < gaps[one] < 190]
        for first, second in combinations(near[:_NEIGHBOURS], 2):
            badness = _badness(middles[[corner, first, second]], modules[[corner, first, second]])
            if badness is not None:
                scored.append((badness, corner, first, second))
    taken = np.zeros(len(patterns), int)
    chosen: list[tuple[float, Floats]] = []
    for badness, *three in sorted(scored):
        if (taken[three] < 4).all():
            taken[three] += 1
            chosen.append((badness, _corners(middles[three], float(modules[three].mean()))))
    return chosen


def _badness(middles: Floats, modules: Floats) -> float | None:
    """Say how far three patterns are from the corners of a square; None where perspective does not explain it."""
    one, other = middles[1:] - middles[0]
    short, long = sorted((math.hypot(*one), math.hypot(*other)))
    cosine = abs(float(one @ other)) / (long * short)
    if long > 2.2 * short or cosine > 0.6:
        return None
    unlike = math.log(float(modules.max() / modules.min()))
    return cosine + math.log(long / short) + unlike + 0.004 * long / float(modules.mean())


def _corners(middles: Floats, module: float) -> Floats:
    """Return the outer corners: a finder's middle lies three modules and a half within the symbol."""
    corner, first, second = middles
    across, down = first - corner, second - corner
    if across[0] * down[1] - across[1] * down[0] < 0:
        across, down = down, across
    right, below = (way / np.hypot(*way) * module * 3.5 for way in (across, down))
    outer = np.array([-right - below, across + right - below, across + down + right + below, down + below - right])
    corners: Floats = (corner + outer).astype(np.float32)
    return corners
