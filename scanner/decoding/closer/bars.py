"""How bars lie: rows that cross them at a slant leave a symbol before its end, and may take what they crossed for all.

ITF, Code 39 and Codabar say nothing of their length, and some of their characters look like an end: two decoders agree
on such a part, for both see the same rows. So one reading of these kinds has to be of rows that cross the bars
squarely, or of rows far apart that tell the same: where a row leaves a symbol moves with each row, and what was cut
short with it.
"""

import math

import numpy as np

from scanner.decoding.opencv import Pixels, opencv
from scanner.decoding.symbols import Polygon, Symbol, Symbology

_CUT_SHORT = frozenset({Symbology.ITF, Symbology.CODE_39, Symbology.CODABAR})
_SQUARE_DEGREES = 5.0
"""Up to this slant some rows cross all bars that are a tenth as high as they are wide together."""
_APART = 0.1
"""Share of their length over which rows were read that tell no part: rows of one part span three modules at most."""
_LEAST_PIXELS = 4
"""Pixels that a character takes at least; what is shorter was told of an end alone."""
_AROUND = 4


def is_whole(pixels: Pixels, symbol: Symbol) -> bool:
    """Say whether a symbol that was read along rows or columns of these pixels cannot have been cut short so."""
    if symbol.symbology not in _CUT_SHORT:
        return True
    xs, ys = zip(*symbol.polygon, strict=True)
    short, long = sorted((max(xs) - min(xs), max(ys) - min(ys)))
    is_long = long >= _LEAST_PIXELS * len(symbol.text)
    return (is_long and short >= _APART * long) or abs(slant_degrees(pixels, symbol.polygon)) <= _SQUARE_DEGREES


def slant_degrees(pixels: Pixels, polygon: Polygon) -> float:
    """Return how far bars are from upright or level, -45 to 45: brightness changes across them alone."""
    cv2 = opencv()
    xs, ys = zip(*polygon, strict=True)
    rows = slice(max(0, min(ys) - _AROUND), max(0, max(ys) + _AROUND))
    cut = pixels[rows, max(0, min(xs) - _AROUND) : max(0, max(xs) + _AROUND)]
    if cv2 is None or not cut.size:
        return 0.0
    across, down = (np.asarray(cv2.Sobel(cut, cv2.CV_32F, *way)) for way in ((1, 0), (0, 1)))
    angle = math.atan2(2 * float((across * down).sum()), float((across * across).sum() - (down * down).sum())) / 2
    return (math.degrees(angle) + 45) % 90 - 45
