"""Lay the grid exactly on a symbol whose place is roughly known: everything that is known of it must agree.

Inverse compositional Gauss-Newton (Baker and Matthews 2004, §3.2) over the eight numbers of a homography: the known
modules, drawn and blurred, are compared with the picture laid flat; unknown modules count for nothing.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.decoding.known.known_symbol import FUNCTION, SIDE, known_modules
from scanner.decoding.known.soft_sampling import COUNT, QUIET, Flat, laid_flat, local_levels
from scanner.decoding.opencv import Pixels, need_opencv

Floats = npt.NDArray[np.float64]

_SAMPLES = 3
_FAINTEST = 4.0
_STEPS = 8
_STILL = 0.05
"""Modules by which no corner moves any more."""
_OUTLIER = 1.6
_STRIDE = 1.6


@dataclass(frozen=True, slots=True)
class _Template:
    values: Flat
    weights: Flat
    descent: Flat
    """Eight rows: how each number of the homography changes each sample, times its weight."""
    solver: Floats


def refined(pixels: Pixels, place: Floats, *, mask: int | None = None, blur: float = 0.5) -> tuple[Floats, float]:
    """Return a place nearby where the known modules agree best, and how well: 1 is wholly."""
    cv2, template = need_opencv(), _template(mask, blur)
    corners = np.array([(0, 0, 1), (SIDE, 0, 1), (SIDE, SIDE, 1), (0, SIDE, 1)], float).T
    best, agreement = place, -1.0
    for _ in range(_STEPS):
        levels = laid_flat(pixels, place, _SAMPLES)
        middle, half = local_levels(cv2.blur(levels, (_SAMPLES, _SAMPLES)), _SAMPLES)
        flat = np.asarray((middle - levels) / np.maximum(half, _FAINTEST), np.float32)
        now = _agreement(flat, template)
        if now > agreement:
            best, agreement = place, now
        error = flat - template.values
        # Tukey's weight: what lies over the symbol, a thumb or a lamp, pulls at nothing.
        error *= np.maximum(0, 1 - (error / _OUTLIER) ** 2) ** 2
        change = _STRIDE * template.solver @ np.einsum("ij,j->i", template.descent, error.ravel()).astype(float)
        step = np.eye(3) + np.append(change, 0).reshape(3, 3)
        if abs(np.linalg.det(step)) < 1e-3:
            break
        place = place @ np.linalg.inv(step)
        place = place / place[2, 2]
        moved = step @ corners
        if not np.isfinite(place).all() or (np.abs(moved[:2] / moved[2] - corners[:2]) < _STILL).all():
            break
    return best, agreement


def _agreement(flat: Flat, template: _Template) -> float:
    """Return the weighted correlation of what is seen, within -1 and 1, with what is known."""
    seen = np.clip(flat, -1, 1)
    both = float((template.weights * seen * template.values).sum())
    return both / float(
        np.sqrt((template.weights * seen**2).sum() * (template.weights * template.values**2).sum()) + 1e-9
    )


@cache
def _template(mask: int | None, blur: float) -> _Template:
    cv2 = need_opencv()
    known = FUNCTION if mask is None else known_modules(mask)
    modules = np.full((COUNT, COUNT), -1, np.float32)
    modules[QUIET:-QUIET, QUIET:-QUIET] = known
    weights = (modules != 0).astype(np.float32)
    weights[:1], weights[-1:], weights[:, :1], weights[:, -1:] = 0, 0, 0, 0
    cells = np.ones((_SAMPLES, _SAMPLES), np.float32)
    sigma = blur * _SAMPLES
    drawn = cv2.GaussianBlur(np.kron(modules, cells), (0, 0), sigma)
    weighed = np.kron(weights, cells)
    # Near unknown modules the drawn value is half a guess.
    weighed = weighed * cv2.GaussianBlur(weighed, (0, 0), sigma) ** 2
    across = cv2.Sobel(drawn, cv2.CV_32F, 1, 0, ksize=3) / 8 * _SAMPLES
    down = cv2.Sobel(drawn, cv2.CV_32F, 0, 1, ksize=3) / 8 * _SAMPLES
    v, u = (np.mgrid[: COUNT * _SAMPLES, : COUNT * _SAMPLES].astype(np.float32) + 0.5) / _SAMPLES - QUIET
    along = u * across + v * down
    rows = np.stack([u * across, v * across, across, u * down, v * down, down, -u * along, -v * along])
    rows = rows.reshape(8, -1)
    descent = rows * weighed.ravel()
    hessian = (descent @ rows.T).astype(float)
    return _Template(drawn, weighed, descent, np.linalg.inv(hessian + 1e-6 * np.diag(np.diag(hessian))))
