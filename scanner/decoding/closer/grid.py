"""A QR symbol's modules found one by one: a grid that is moved and bent until what is known of a symbol fits.

Finder, timing and alignment patterns of each version are known (ISO/IEC 18004 §6.3), and everywhere a module's middle
is darker or lighter than an edge between two: the grid on which both show most is the symbol's, on paper that is
curled and cloth that is creased as well. What is read there is drawn anew, flat and clean, and decoded.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.decoding.decoders import zxing
from scanner.decoding.opencv import Pixels, need_opencv, wide_blur
from scanner.decoding.symbols import Polygon, Symbol, Symbology

Floats = npt.NDArray[np.float32]

_QR = frozenset({Symbology.QR_CODE})
_SIDES = range(21, 58, 4)
_FINISHED = 2
"""Versions, of those that fit best at first, whose grid is bent."""
_WEIGHT_OF_KNOWN = 3.0
_LEAST_KNOWN = 0.6
_WAYS = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
_STRAIGHT_WAYS = [(1, 0), (-1, 0), (0, 1), (0, -1)]
_ROUNDS = 3
_DRAWN = 4


def read_on_grid(flat: Pixels, corners: Floats) -> list[Symbol]:
    """Read the symbol whose outer corners are about there in a picture of it alone."""
    grids = [_Grid(flat, corners, side) for side in _SIDES]
    for grid in grids:
        grid.look_for_far_corner()
    grids.sort(key=lambda grid: -grid.score)
    for grid in grids[:_FINISHED]:
        grid.fit_corners()
        grid.bend()
        values = grid.values()
        if grid.likeness_to_known(values) >= _LEAST_KNOWN:
            found = zxing(_drawn(values), _QR)
            if found:
                return [Symbol(Symbology.QR_CODE, found[0].text, grid.polygon(), found[0].gs1)]
    return []


class _Grid:
    """The grid of one version on one picture: four corners, and how far its inside is bent. Holds what fits best."""

    def __init__(self, flat: Pixels, corners: Floats, side: int) -> None:
        self._module = float(np.ptp(corners[:, 0])) / side
        self._picture = _evened(flat, 3 * self._module)
        self._known = _known_modules(side)
        self._is_known = self._known != 0
        self._is_unknown = ~self._is_known
        self._weight = float(_WEIGHT_OF_KNOWN * self._is_known.sum() + self._is_unknown.sum())
        middles = (np.arange(side, dtype=np.float32) + 0.5) / side
        across, down = (each.ravel() for each in np.meshgrid(middles, middles))
        self._middles = np.stack([across, down, np.ones_like(across)])
        self._corners = corners
        self._bends = np.zeros((2, 1, 1), np.float32)
        self._spread = np.zeros((side, 1), np.float32)
        self.score = self._score_of(self._corners, self._bends)

    def look_for_far_corner(self) -> None:
        """Move the corner without a finder pattern over a wide field: perspective shows there."""
        steps = np.arange(-6, 7, 1.5)
        self._best_of_corners([self._moved(2, dx, dy) for dx in steps for dy in steps])

    def fit_corners(self) -> None:
        """Move each corner in turn by less and less."""
        for step in (1.0, 0.5, 0.25):
            for _ in range(_ROUNDS):
                before = self.score
                for corner in (2, 1, 3, 0):
                    self._best_of_corners([self._moved(corner, dx * step, dy * step) for dx, dy in _WAYS])
                if self.score == before:
                    break

    def bend(self) -> None:
        """Move the knots of a net over the symbol by less and less: three by three, then five by five."""
        cv2 = need_opencv()
        for knots in (3, 5):
            self._bends = np.stack(
                [cv2.resize(each, (knots, knots), interpolation=cv2.INTER_CUBIC) for each in self._bends]
            )
            unit, size = np.eye(knots, dtype=np.float32), (knots, len(self._spread))
            self._spread = cv2.resize(unit, size, interpolation=cv2.INTER_CUBIC)
            self.score = self._score_of(self._corners, self._bends)
            for step in (0.8, 0.4, 0.2):
                for _ in range(_ROUNDS):
                    before = self.score
                    for row, column in np.ndindex(knots, knots):
                        self._move_knot(row, column, step * self._module)
                    if self.score == before:
                        break

    def values(self) -> Floats:
        """Return how light (above 0) or dark each module is."""
        return self._sampled(self._corners, self._bends)

    def likeness_to_known(self, values: Floats) -> float:
        """Return how well the values fit what is known of every symbol of this version."""
        return float((values * self._known)[self._is_known].mean())

    def polygon(self) -> Polygon:
        """Return the outer corners in the picture."""
        first, second, third, fourth = ((round(x), round(y)) for x, y in self._corners.tolist())
        return first, second, third, fourth

    def _moved(self, corner: int, dx: float, dy: float) -> Floats:
        corners = self._corners.copy()
        corners[corner] += np.array([dx, dy], np.float32) * self._module
        return corners

    def _best_of_corners(self, those: list[Floats]) -> None:
        for corners in those:
            score = self._score_of(corners, self._bends)
            if score > self.score:
                self._corners, self.score = corners, score

    def _move_knot(self, row: int, column: int, way: float) -> None:
        for dx, dy in _STRAIGHT_WAYS:
            bends = self._bends.copy()
            bends[:, row, column] += np.array([dx, dy], np.float32) * way
            score = self._score_of(self._corners, bends)
            if score > self.score:
                self._bends, self.score = bends, score

    def _score_of(self, corners: Floats, bends: Floats) -> float:
        values = self._sampled(corners, bends)
        known = float(np.vdot(values, self._known)) * _WEIGHT_OF_KNOWN
        return (known + float(np.abs(values[self._is_unknown]).sum())) / self._weight

    def _sampled(self, corners: Floats, bends: Floats) -> Floats:
        cv2 = need_opencv()
        x, y, depth = cv2.getPerspectiveTransform(_UNIT, corners) @ self._middles
        straight = np.stack([x, y]).reshape(2, *self._known.shape) / depth.reshape(self._known.shape)
        x, y = (straight + self._spread @ bends @ self._spread.T).astype(np.float32)
        sampled: Floats = cv2.remap(self._picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return sampled


_UNIT = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)


def _evened(flat: Pixels, sigma: float) -> Floats:
    """Return how far each place is above the mean around it, in that of their usual distances from it."""
    cv2 = need_opencv()
    soft = cv2.GaussianBlur(flat, (0, 0), 1.2).astype(np.float32)
    above = soft - wide_blur(soft, sigma)
    spread = np.sqrt(np.maximum(wide_blur(above * above, sigma), 9))
    evened: Floats = np.clip(above / spread, -1.5, 1.5)
    return evened


@cache
def _known_modules(side: int) -> Floats:
    """Return 1 for modules that are light in every symbol of a size, -1 for dark ones, 0 for all others."""
    known = np.zeros((side, side), np.float32)
    finder = np.ones((8, 8), np.float32)
    finder[:7, :7] = -1
    finder[1:6, 1:6] = 1
    finder[2:5, 2:5] = -1
    known[:8, :8], known[:8, -8:], known[-8:, :8] = finder, finder[:, ::-1], finder[::-1]
    known[6, 8:-8] = known[8:-8, 6] = np.where(np.arange(8, side - 8) % 2, 1, -1)
    alignment = -np.ones((5, 5), np.float32)
    alignment[1:4, 1:4] = 1
    alignment[2, 2] = -1
    for row, column in _alignment_middles(side):
        known[row - 2 : row + 3, column - 2 : column + 3] = alignment
    return known


def _alignment_middles(side: int) -> Iterator[tuple[int, int]]:
    """Yield rows and columns of the alignment patterns' middles (ISO/IEC 18004 annex E), for versions up to 10."""
    version = (side - 17) // 4
    places = [] if version == 1 else [6, side - 7] if version < 7 else [6, side // 2, side - 7]
    for row in places:
        for column in places:
            if (row, column) not in {(6, 6), (6, side - 7), (side - 7, 6)}:
                yield row, column


def _drawn(values: Floats) -> Pixels:
    """Return the modules drawn flat, with their quiet zone."""
    modules = np.where(values < 0, 0, 255).astype(np.uint8)
    return np.pad(np.kron(modules, np.ones((_DRAWN, _DRAWN), np.uint8)), 4 * _DRAWN, constant_values=255)
