"""The short name of a proof, for the symbol on its sheet of paper: which parcel's, up to which event, with which link.

Whoever knows a link of a chain has held its proof, so the name opens the proof for whoever holds the paper.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

LINK_BYTES = 16
"""So much of a link cannot be guessed, and no other chain begins so."""
_LONGEST_POSITION = 6


@dataclass(frozen=True, slots=True)
class ProofName:
    """A parcel's proof as it stood after one of its events."""

    parcel_id: UUID
    position: int
    link: bytes


def name_of(proof: Mapping[str, Any]) -> str:
    """Return the name of a proof."""
    last = proof["events"][-1]
    named = UUID(proof["parcel"]["id"]).bytes + bytes.fromhex(last["link"])[:LINK_BYTES]
    return f"{base64.urlsafe_b64encode(named).decode().rstrip('=')}.{last['position']}"


def parse_name(text: str) -> ProofName | None:
    """Return what a name says; None if it is none."""
    written, _, position = text.partition(".")
    try:
        named = base64.b64decode(f"{written}=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    is_number = position.isascii() and position.isdigit() and len(position) <= _LONGEST_POSITION
    if len(named) != 16 + LINK_BYTES or not is_number:
        return None
    return ProofName(UUID(bytes=named[:16]), int(position), named[16:])
