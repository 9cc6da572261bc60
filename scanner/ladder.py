"""The rungs: which preparation goes to which decoder, in the order of what they win per millisecond.

Measured on photographed and rendered symbols with `python -m bench.bench_scan`; the first rung reads nine tenths
of what the whole ladder reads. Still pictures have more time than camera frames: the last rungs are theirs alone.
"""

from dataclasses import dataclass

from scanner import restoring, steps
from scanner.bending import unbent
from scanner.decoders import ZBAR_READS, Decoder, zbar, zbar_library, zxing
from scanner.steps import Step
from scanner.symbols import LINEAR, Symbology
from scanner.vision import Pixels, opencv

_ALL = frozenset(Symbology)
_MATRIX = _ALL - LINEAR
_QR = frozenset({Symbology.QR_CODE})
_LARGE_SIDE = 1600


@dataclass(frozen=True, slots=True)
class Rung:
    """One attempt: a preparation, a decoder, and the kinds of symbols it is good for."""

    step: Step
    decoder: Decoder
    kinds: frozenset[Symbology] = _ALL
    only_large: bool = False

    @property
    def name(self) -> str:
        """Return `preparation/decoder`."""
        return f"{self.step.__name__}/{self.decoder.__name__}"

    def suits(self, pixels: Pixels, wanted: frozenset[Symbology]) -> bool:
        """Say whether this attempt can win anything on such a picture, with the libraries at hand."""
        if self.only_large and max(pixels.shape) <= _LARGE_SIDE:
            return False
        if (self.step not in _PLAIN or self.decoder is unbent) and opencv() is None:
            return False
        if self.decoder is zbar and (zbar_library() is None or not wanted & ZBAR_READS):
            return False
        return bool(wanted & self.kinds)


_PLAIN = (steps.as_it_is, steps.reduced)

FRAME_LADDER = (
    Rung(steps.reduced, zxing, only_large=True),
    Rung(steps.as_it_is, zxing),
    Rung(steps.softened_small, zbar),
    Rung(steps.sharpened_small, zxing),
    Rung(steps.tiny, zbar),
    Rung(steps.darkened, zxing),
    Rung(steps.split_finely, zbar),
    Rung(steps.sharpened, zxing),
    Rung(steps.split_locally, zbar),
    Rung(steps.turned_45, zbar),
    Rung(steps.closed, zxing, _MATRIX),
    Rung(steps.split_globally, zbar),
    Rung(steps.evened, zxing),
    Rung(steps.evened_small, zbar),
    Rung(steps.flattened, zxing),
    Rung(restoring.focused_more, zxing),
    Rung(restoring.focused_little, zxing),
    Rung(restoring.focused_most, zxing),
    Rung(steps.turned_67, zbar),
    Rung(steps.turned_67, zxing),
    Rung(steps.turned_22, zbar),
    Rung(steps.turned_22, zxing),
    Rung(steps.doubled, zxing),
    Rung(steps.softened_much, zbar, _MATRIX),
    Rung(steps.cleaned_lightly, zbar),
    Rung(steps.cleaned, zxing, _MATRIX),
    Rung(steps.sharpened_much, zxing),
    Rung(steps.as_it_is, zbar),
    Rung(steps.thickened, zxing, _MATRIX),
    Rung(steps.softened, zbar, _MATRIX),
    Rung(steps.softened, zxing, _MATRIX),
    Rung(steps.evened_softly, zbar, _MATRIX),
)
LADDER = (
    *FRAME_LADDER,
    Rung(steps.narrowed, zxing),
    Rung(steps.doubled_sharpened, zxing),
    Rung(steps.turned_45, zxing),
    Rung(steps.reduced, unbent, _QR),
    Rung(restoring.focused_far, zxing, _QR),
    *(Rung(restoring.unsmeared(degrees), zxing, _QR) for degrees in range(0, 180, 15)),
)
