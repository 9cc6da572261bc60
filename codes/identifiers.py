"""Time-ordered identifiers, so that new rows stand together in every index."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID


def uuid7(now: datetime, randomness: Callable[[int], int] = secrets.randbits) -> UUID:
    """Make a UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, 74 of randomness.

    ``randomness`` takes a number of bits and gives an integer of at most so many.
    """
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | randomness(12) << 64 | 0b10 << 62 | randomness(62)
    return UUID(int=value)
