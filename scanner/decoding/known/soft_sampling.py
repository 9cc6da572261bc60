"""From a picture and a symbol's place to soft modules: how dark each of 25 × 25 looks, and how sure that is.

A place is a homography from modules (0 to 25, right and down) to pixels. The picture is laid flat with a border of
white beside it. Black and white are local, for a lamp or a shadow changes both; what differs inside a module (a crack,
an edge) or has no contrast (glare) counts for little. A lens or a hand that smeared the picture is undone by filters
that are learnt from the modules that are known (least squares, as an equaliser learns from a training sequence).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from scanner.decoding.known.known_symbol import FUNCTION, SIDE
from scanner.decoding.opencv import Pixels, need_opencv

Floats = npt.NDArray[np.float64]
Flat = npt.NDArray[np.float32]

QUIET = 3
"""Modules of white that are looked at around the symbol; ISO/IEC 18004 §6.3.8 asks for four."""
COUNT = SIDE + 2 * QUIET
_SAMPLES = 6
_NOISE = 2.0
"""Grey values by which a sensor's pixel differs from what it saw, at least."""
_CONTRAST_NOISE = 0.25
_FAINT = 6.0
"""Half a contrast, in grey values, below which a module counts for less."""
_REACHES = (2, 3)
_RIDGE = 0.5
_MOST = 1.5
_NEIGHBOURHOOD = 7


def laid_flat(pixels: Pixels, place: Floats, samples: int) -> Flat:
    """Return the symbol with its border, so many samples a module across and down."""
    cv2 = need_opencv()
    # Sample s lies in module (s + 1/2) / samples - 3.
    step, start = 1 / samples, 0.5 / samples - QUIET
    to_modules = np.array([[step, 0, start], [0, step, start], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (COUNT * samples, COUNT * samples)
    flat = cv2.warpPerspective(pixels, place @ to_modules, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.float32)


def local_levels(levels: Flat, samples: int) -> tuple[Flat, Flat]:
    """Return the grey between black and white around each sample, and half their difference."""
    cv2 = need_opencv()
    shape = np.ones((_NEIGHBOURHOOD * samples, _NEIGHBOURHOOD * samples), np.uint8)
    smooth = (5 * samples, 5 * samples)
    white = cv2.blur(cv2.dilate(levels, shape), smooth)
    black = cv2.blur(cv2.erode(levels, shape), smooth)
    return (white + black) / 2, np.maximum((white - black) / 2, 1.0)


def soft_grids(pixels: Pixels, place: Floats) -> Iterator[Floats]:
    """Return soft grids of 25 × 25: as it looks, then unsmeared within two modules and within three."""
    flat = laid_flat(pixels, place, _SAMPLES)
    inside = flat.reshape(COUNT, _SAMPLES, COUNT, _SAMPLES)[:, 1:-1, :, 1:-1]
    mean = inside.mean(axis=(1, 3))
    middle, half = local_levels(mean, 1)
    dark = (middle - mean) / half
    variance = (_NOISE**2 + inside.var(axis=(1, 3))) / half**2 + _CONTRAST_NOISE**2
    yield _inner(np.clip(dark, -1, 1) / variance)
    weight = np.minimum(half / _FAINT, 1) ** 2
    for reach in _REACHES:
        yield _inner(np.clip(_unsmeared(dark, weight, reach), -_MOST, _MOST) * weight)


def _inner(values: Flat) -> Floats:
    return values[QUIET:-QUIET, QUIET:-QUIET].astype(np.float64)


def _unsmeared(dark: Flat, weight: Flat, reach: int) -> Flat:
    """Return what a linear filter makes of each module's neighbourhood that brings the known ones nearest to ±1."""
    cv2 = need_opencv()
    width = 2 * reach + 1
    around = sliding_window_view(np.pad(dark, reach, mode="edge"), (width, width)).reshape(COUNT * COUNT, width * width)
    around = np.hstack([around, np.ones((COUNT * COUNT, 1), np.float32)])
    wanted = np.full((COUNT, COUNT), -1, np.float32)
    wanted[_INSIDE] = FUNCTION
    wanted[0], wanted[-1], wanted[:, 0], wanted[:, -1] = 0, 0, 0, 0
    known = np.flatnonzero(wanted)
    root = np.sqrt(weight.ravel()[known, None])
    samples = around[known] * root
    # Not by numpy's own product: its threads cost more than they win on so little.
    squares = cv2.mulTransposed(samples, True) + _RIDGE * np.eye(samples.shape[1], dtype=np.float32)
    aims = np.einsum("ij,i->j", samples, wanted.ravel()[known] * root[:, 0])
    taps = cv2.solve(squares, aims.reshape(-1, 1).astype(np.float32), flags=cv2.DECOMP_CHOLESKY)[1]
    filtered: Flat = np.einsum("ij,j->i", around, taps[:, 0]).reshape(COUNT, COUNT)
    return filtered


_INSIDE = (slice(QUIET, -QUIET), slice(QUIET, -QUIET))
