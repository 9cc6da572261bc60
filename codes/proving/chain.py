"""The hash chain of a parcel's events. Pure: each link fixes its event and, through the one before, all others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from codes.proving.canonical import canonical_bytes

LINK_BYTES = 32
BEGINNING = bytes(LINK_BYTES)
"""What stands before the first event."""


@dataclass(frozen=True, slots=True)
class ChainedEvent:
    """One event with its link. ``facts`` name no person and hold no code."""

    parcel_id: UUID
    position: int
    kind: str
    at: datetime
    facts: Mapping[str, Any]
    link: bytes


def link_of(document: Mapping[str, Any]) -> bytes:
    """Return an event's link: SHA-256 (FIPS 180-4) of its canonical bytes."""
    return hashlib.sha256(canonical_bytes(document)).digest()


def next_link(parcel_id: UUID, position: int, kind: str, at: datetime, facts: str, previous: bytes) -> bytes:
    """Return the link of a new event whose facts are in canonical form already; the same as ``link_of``."""
    return link_as_written(str(parcel_id), position, kind, write_moment(at), facts, previous)


def link_as_written(parcel_id: str, position: int, kind: str, at: str, facts: str, previous: bytes) -> bytes:
    """Return the link of an event of which all is written as it is hashed."""
    document = (
        f'{{"at":"{at}","facts":{facts},"kind":"{kind}","parcel":"{parcel_id}",'
        f'"position":{position},"previous":"{previous.hex()}"}}'
    )
    return hashlib.sha256(document.encode()).digest()


@lru_cache(256)
def write_moment(moment: datetime) -> str:
    """Write a moment in its one form: UTC, microseconds, ``Z`` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
