"""Phone numbers as people write them, and what is dialled."""

from __future__ import annotations

import re

# The zero that is dialled within the country alone, as in "+49 (0)30 1234567".
DOMESTIC_ZERO = re.compile(r"^(\+|00)(.*?)\(0\)")


def dialled(number: str) -> str:
    """Return a number as RFC 3966 has it after `tel:`."""
    plain = DOMESTIC_ZERO.sub(r"\1\2", number.strip())
    return ("+" if plain.startswith("+") else "") + re.sub(r"[^0-9]", "", plain)
