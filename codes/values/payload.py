"""The 34 decimal digits that stand in the symbol, and the six digits that are typed.

Layout: ``731`` (scheme 73, version 1) · 29 digits of token · 2 check digits by ISO/IEC 7064 MOD 97-10.
The scanner (`scanner/decoding/delivery_codes.py`) and the pages (`web/static/js/lib/handing/payload.js`) know it too;
all three are tried on the cases of ``tests/cases/payload.json``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

SCHEME = "731"
TOKEN_DIGITS = 29
PAYLOAD_DIGITS = 34
TOKEN_BITS = 96
DIGITS = 6
_WITHIN = re.compile(rf"(?=({SCHEME}[0-9]{{{PAYLOAD_DIGITS - len(SCHEME)}}}))")
_SKIPPED = {"Zs", "Cc", "Cf", "Pd"}  # spaces, control and direction marks, dashes: what keyboards and pasting add


class PayloadError(ValueError):
    """The scanned text is not a payload of ours."""


class ForeignText(PayloadError):
    """The text is not 34 ASCII digits that begin with our scheme."""


class WrongCheckDigits(PayloadError):
    """The 34 digits do not satisfy ISO/IEC 7064 MOD 97-10."""


class NotSixDigits(ValueError):
    """The typed text is not six decimal digits."""


def format_payload(token: int) -> str:
    """Write a token of at most 96 bits as a payload of 34 digits."""
    if not 0 <= token < 1 << TOKEN_BITS:
        raise ValueError("a token has at most 96 bits")
    body = f"{SCHEME}{token:0{TOKEN_DIGITS}d}"
    return f"{body}{98 - int(body) * 100 % 97:02d}"


def parse_payload(text: str) -> str:
    """Return the payload if the text is one, exactly as received.

    Raises ForeignText for anything that is none of ours, WrongCheckDigits for one with a digit off.
    """
    if len(text) != PAYLOAD_DIGITS or not text.isascii() or not text.isdigit() or not text.startswith(SCHEME):
        raise ForeignText("this symbol is not a delivery code")
    if int(text) % 97 != 1:
        raise WrongCheckDigits("this delivery code was not read correctly")
    return text


def holds_payload(text: str) -> bool:
    """Tell whether a payload stands in the text, whatever stands around it or between its digits."""
    plain = "".join(sign for sign in text if sign.isascii() and sign.isalnum())
    return any(int(found) % 97 == 1 for found in _WITHIN.findall(plain))


def parse_digits(text: str) -> str:
    """Return six ASCII digits from what a person typed: any script's digits; spaces, hyphens and marks ignored.

    ``٤٨٣٩٢٠`` is ``483920``. Raises NotSixDigits.
    """
    typed = [character for character in text if unicodedata.category(character) not in _SKIPPED]
    values = [unicodedata.decimal(character, None) for character in typed]
    if len(values) != DIGITS or None in values:
        raise NotSixDigits("a delivery code has six digits")
    return "".join(str(value) for value in values)


def digest_of(payload: str) -> bytes:
    """Return the 32 bytes by which a payload is found: SHA-256 of its text."""
    return hashlib.sha256(payload.encode()).digest()
