"""What the scanner finds: a symbol, its kind, its text and its place in the picture."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TypeAlias

Point: TypeAlias = tuple[int, int]
Polygon: TypeAlias = tuple[Point, Point, Point, Point]


@unique
class Symbology(StrEnum):
    """Kinds of symbols, by the names that `app.py scan --json` prints."""

    QR_CODE = "QRCode"
    MICRO_QR_CODE = "MicroQRCode"
    RMQR_CODE = "RMQRCode"
    DATA_MATRIX = "DataMatrix"
    AZTEC = "Aztec"
    PDF417 = "PDF417"
    CODE_128 = "Code128"
    CODE_93 = "Code93"
    CODE_39 = "Code39"
    CODABAR = "Codabar"
    ITF = "ITF"
    EAN_13 = "EAN13"
    EAN_8 = "EAN8"
    UPC_A = "UPCA"
    UPC_E = "UPCE"

    @property
    def is_weak(self) -> bool:
        """Say whether a single reading of this kind proves too little to be believed.

        Code 39, Codabar and ITF need no check character (ISO/IEC 16388, EN 798, ISO/IEC 16390);
        one digit modulo 10 lets every tenth misreading of EAN/UPC pass (ISO/IEC 15420).
        Micro QR at version M1 only detects errors (ISO/IEC 18004 §5.3).
        """
        return self in WEAK


LINEAR = frozenset(
    {
        Symbology.CODE_128,
        Symbology.CODE_93,
        Symbology.CODE_39,
        Symbology.CODABAR,
        Symbology.ITF,
        Symbology.EAN_13,
        Symbology.EAN_8,
        Symbology.UPC_A,
        Symbology.UPC_E,
    }
)
WEAK = frozenset(LINEAR - {Symbology.CODE_128, Symbology.CODE_93} | {Symbology.MICRO_QR_CODE})

DELIVERY = frozenset({Symbology.QR_CODE, Symbology.CODE_128})
"""The two kinds that carry a delivery code."""

LABELS = frozenset(Symbology) - {Symbology.MICRO_QR_CODE, Symbology.RMQR_CODE}
"""Every kind met on parcels. Micro QR has almost no error detection and is read on request only."""


def kinds_named(text: str) -> frozenset[Symbology]:
    """Return the kinds named in a list such as `qrcode,Code128`; ValueError names one that is unknown."""
    by_name = {kind.value.lower(): kind for kind in Symbology}
    names = [name.strip() for name in text.split(",")]
    unknown = next((name for name in names if name.lower() not in by_name), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is none of {', '.join(Symbology)}")
    return frozenset(by_name[name.lower()] for name in names)


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol found in a picture.

    `polygon` holds its four corners in pixels of the picture that was read, x to the right and y down,
    in order around the symbol. `gs1` is true where the symbol says that its text is GS1 element strings
    (a leading FNC1); group separators stand in the text as U+001D.
    """

    symbology: Symbology
    text: str
    polygon: Polygon
    gs1: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one picture held.

    `tried` names each attempt as `preparation/decoder`, in order. `doubtful` are symbols of a weak kind
    that were seen, but not confirmed: they may be joined with those of later frames, never believed alone.
    """

    symbols: tuple[Symbol, ...]
    tried: tuple[str, ...]
    doubtful: tuple[Symbol, ...] = ()


def box(points: Iterable[tuple[float, float]]) -> Polygon:
    """Return the upright rectangle around any number of points (at least one)."""
    xs, ys = zip(*points, strict=True)
    left, right, top, bottom = round(min(xs)), round(max(xs)), round(min(ys)), round(max(ys))
    return (left, top), (right, top), (right, bottom), (left, bottom)
