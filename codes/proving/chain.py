"""The hash chain of a parcel's events. Pure: each link fixes its event and, through the one before, all others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from codes.proving.canonical import canonical_bytes

LINK_BYTES = 32
BEGINNING = bytes(LINK_BYTES)
"""What stands before the first event."""


class BrokenChain(Exception):
    """A link does not follow from its event and the link before; the message says which."""


@dataclass(frozen=True, slots=True)
class ChainedEvent:
    """One event with its link. ``facts`` name no person and hold no code."""

    parcel_id: UUID
    position: int
    kind: str
    at: datetime
    facts: Mapping[str, Any]
    link: bytes

    def document(self, previous: bytes) -> dict[str, Any]:
        """Return what is hashed."""
        return event_document(self.parcel_id, self.position, self.kind, self.at, self.facts, previous)


def event_document(
    parcel_id: UUID, position: int, kind: str, at: datetime, facts: Mapping[str, Any], previous: bytes
) -> dict[str, Any]:
    """Return one event as the JSON value whose canonical bytes are hashed."""
    return {
        "parcel": str(parcel_id),
        "position": position,
        "kind": kind,
        "at": write_moment(at),
        "facts": dict(facts),
        "previous": previous.hex(),
    }


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


def check_chain(events: Sequence[ChainedEvent]) -> bytes:
    """Return the head of a whole chain. Raises BrokenChain at the first link that is wrong."""
    previous = BEGINNING
    for expected, event in enumerate(events, start=1):
        if event.position != expected:
            raise BrokenChain(f"event {expected} is missing; event {event.position} stands in its place")
        if link_of(event.document(previous)) != event.link:
            raise BrokenChain(f"event {expected} ({event.kind}) or the one before it was altered")
        previous = event.link
    return previous


@lru_cache(256)
def write_moment(moment: datetime) -> str:
    """Write a moment in its one form: UTC, microseconds, ``Z`` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
