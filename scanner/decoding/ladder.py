"""The rungs: which preparation goes to which decoder, in the order of what they win per millisecond.

Measured on photographed and rendered symbols with `python -m bench.scanning.bench_scan`; the first rung reads nine
tenths of what the whole ladder reads. Still pictures have more time than camera frames: the last rungs are theirs
alone.
"""

from dataclasses import dataclass

from scanner.decoding import deconvolve, preparations
from scanner.decoding.decoders import ZBAR_READS, Decoder, zbar, zbar_library, zxing
from scanner.decoding.known.known_reader import known
from scanner.decoding.opencv import Pixels, opencv
from scanner.decoding.preparations import Step
from scanner.decoding.symbols import LINEAR, Symbology

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
        if self.step not in _PLAIN and opencv() is None:
            return False
        if self.decoder is zbar and (zbar_library() is None or not wanted & ZBAR_READS):
            return False
        return bool(wanted & self.kinds)


_PLAIN = (preparations.as_it_is, preparations.reduced)

FRAME_LADDER = (
    Rung(preparations.reduced, zxing, only_large=True),
    Rung(preparations.as_it_is, zxing),
    Rung(preparations.softened_small, zbar),
    Rung(preparations.sharpened_small, zxing),
    Rung(preparations.tiny, zbar),
    Rung(preparations.darkened, zxing),
    Rung(preparations.split_finely, zbar),
    Rung(preparations.sharpened, zxing),
    Rung(preparations.split_locally, zbar),
    Rung(preparations.turned_45, zbar),
    Rung(preparations.closed, zxing, _MATRIX),
    Rung(preparations.split_globally, zbar),
    Rung(preparations.evened, zxing),
    Rung(preparations.evened_small, zbar),
    Rung(preparations.flattened, zxing),
    Rung(deconvolve.focused_more, zxing),
    Rung(deconvolve.focused_little, zxing),
    Rung(deconvolve.focused_most, zxing),
    Rung(preparations.turned_67, zbar),
    Rung(preparations.turned_67, zxing),
    Rung(preparations.turned_22, zbar),
    Rung(preparations.turned_22, zxing),
    Rung(preparations.doubled, zxing),
    Rung(preparations.softened_much, zbar, _MATRIX),
    Rung(preparations.cleaned_lightly, zbar),
    Rung(preparations.cleaned, zxing, _MATRIX),
    Rung(preparations.sharpened_much, zxing),
    Rung(preparations.as_it_is, zbar),
    Rung(preparations.thickened, zxing, _MATRIX),
    Rung(preparations.softened, zbar, _MATRIX),
    Rung(preparations.softened, zxing, _MATRIX),
    Rung(preparations.evened_softly, zbar, _MATRIX),
)
KNOWN = Rung(preparations.of_camera_size, known, _QR)
"""Our own symbol: tried as soon as nothing was read as it is. Frames have a reader of their own for it."""
LADDER = (
    *FRAME_LADDER,
    Rung(preparations.narrowed, zxing),
    Rung(preparations.doubled_sharpened, zxing),
    Rung(preparations.turned_45, zxing),
    Rung(deconvolve.focused_far, zxing, _QR),
    *(Rung(deconvolve.unsmeared(degrees), zxing, _QR) for degrees in range(0, 180, 15)),
)
