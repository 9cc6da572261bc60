"""Tell a delivery code from a parcel label, and write tracking numbers in one way. No carrier is guessed."""

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from biip import ParseError
from biip.gs1_messages import GS1Message
from biip.sscc import Sscc
from stdnum.iso7064 import mod_97_10

from scanner.symbols import Symbol

_DELIVERY_CODE = re.compile(r"731[0-9]{31}", re.ASCII)
_REFERENCE = re.compile(r"[A-Z0-9._/+-]{3,50}", re.ASCII)
_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}", re.ASCII)
_SSCC_ELEMENT = re.compile(r"00([0-9]{18})", re.ASCII)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_GROUP_SEPARATOR = "\x1d"
_SPACE = re.compile(r"\s+")


@unique
class Scheme(StrEnum):
    """How the text of a symbol is built."""

    DELIVERY_CODE = "delivery_code"
    """A payload of ours: 34 digits, `731`, ISO 7064 MOD 97-10."""
    SSCC = "sscc"
    """GS1 serial shipping container code, 18 digits."""
    S10 = "s10"
    """UPU S10 item identifier: two letters, nine digits, two letters."""
    LEITCODE = "leitcode"
    """14 digits with the check of those that route parcels in Germany: if it is one, it names a place."""
    IDENTCODE = "identcode"
    """12 digits with the check of those that name parcels in Germany."""
    OTHER = "other"
    """A usable reference without a check that is known here."""
    UNUSABLE = "unusable"
    """Not the reference of a parcel: too short, too long, or other characters."""


@dataclass(frozen=True, slots=True)
class Label:
    """The text of a symbol, understood. `reference` is the parcel's in normal form, or None."""

    scheme: Scheme
    reference: str | None = None


def label_of(symbol: Symbol) -> Label:
    """Understand a symbol's text."""
    text = symbol.text.strip()
    if is_delivery_code(text):
        return Label(Scheme.DELIVERY_CODE)
    sscc = _sscc(text, gs1=symbol.gs1)
    if sscc is not None:
        return Label(Scheme.SSCC, sscc)
    reference = normalise(text.replace(_GROUP_SEPARATOR, ""))
    if not _REFERENCE.fullmatch(reference):
        return Label(Scheme.UNUSABLE)
    return Label(_scheme(reference), reference)


def is_delivery_code(text: str) -> bool:
    """Say whether a text is built as a payload of ours (34 digits, `731`, ISO 7064 MOD 97-10)."""
    return _DELIVERY_CODE.fullmatch(text) is not None and bool(mod_97_10.is_valid(text))


def normalise(reference: str) -> str:
    """Return a tracking number in upper case and without spaces."""
    return _SPACE.sub("", reference).upper()


def is_s10(reference: str) -> bool:
    """Say whether a text is a UPU S10 item identifier with its check digit (S10-12 §4)."""
    match = _S10.fullmatch(reference)
    if match is None:
        return False
    remainder = 11 - sum(int(digit) * weight for digit, weight in zip(match[1], _S10_WEIGHTS, strict=True)) % 11
    return int(match[2]) == {10: 0, 11: 5}.get(remainder, remainder)


def is_four_nine(digits: str) -> bool:
    """Say whether the last digit checks the others by weights 4, 9, 4 … (Leitcode and Identcode)."""
    weighted = sum(int(digit) * (4, 9)[place % 2] for place, digit in enumerate(digits[:-1]))
    return int(digits[-1]) == -weighted % 10


def _scheme(reference: str) -> Scheme:
    if is_s10(reference):
        return Scheme.S10
    if reference.isdecimal() and len(reference) in (12, 14) and is_four_nine(reference):
        return Scheme.LEITCODE if len(reference) == 14 else Scheme.IDENTCODE
    return Scheme.OTHER


def _sscc(text: str, *, gs1: bool) -> str | None:
    """Return the SSCC of a text: element string (00), alone or among others, with its check digit."""
    element = _SSCC_ELEMENT.fullmatch(text)
    if element is not None:
        return _checked_sscc(element[1])
    if not gs1:
        return None
    try:
        found = GS1Message.parse(text).element_strings.get(ai="00")
    except ParseError:
        return None
    return _checked_sscc(found.value) if found is not None else None


def _checked_sscc(digits: str) -> str | None:
    try:
        Sscc.parse(digits)
    except ParseError:
        return None
    return digits
