"""Time-ordered identifiers, so that new rows stand together in every index."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9._/+-]{2,49}", re.ASCII)

TEST_PARCELS = "TEST/"
"""Parcels of test keys stand apart from all others by how their references begin; no mail of theirs leaves."""


class BadReference(ValueError):
    """The text cannot be a tracking number."""


def uuid7(now: datetime, randomness: Callable[[int], int] = secrets.randbits) -> UUID:
    """Make a UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, 74 of randomness.

    ``randomness`` takes a number of bits and gives an integer of at most so many.
    """
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | randomness(12) << 64 | 0b10 << 62 | randomness(62)
    return UUID(int=value)


def normalise_reference(text: str) -> str:
    """Write a tracking number as it is compared: upper case, no spaces.

    Raises BadReference unless 3 to 50 of ``A-Z 0-9 . _ / + -`` are left.
    """
    reference = "".join(text.split()).upper()
    if not _REFERENCE.fullmatch(reference):
        raise BadReference("a tracking number has 3 to 50 letters, digits or . _ / + -")
    return reference


def reference_in(text: str) -> str | None:
    """Return the tracking number that a text writes, as it is compared; None if it can be none."""
    try:
        return normalise_reference(text)
    except BadReference:
        return None
