"""The house's own chain: who and what may act here, and presentations of parcels that nobody announced.

It is a chain like that of a parcel, under an id that no parcel has, and its head is sealed in the same log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.proving.commitment import text_commitment
from codes.proving.events import Event, Fact, Head, number

HOUSE = UUID(int=0)
"""The nil UUID (RFC 9562 §5.9); parcels have version 7."""


class HouseEventKind(StrEnum):
    """What happens to the house and not to one parcel."""

    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_REVOKED = "device_revoked"
    STAFF_ADDED = "staff_added"
    STAFF_BLOCKED = "staff_blocked"
    STAFF_LET_IN = "staff_let_in"
    PASSWORD_SET = "password_set"
    TASKS_GRANTED = "tasks_granted"
    ROLE_SET = "role_set"
    PRESENTED = "presented"


def note(connection: sa.Connection, kind: HouseEventKind, at: datetime, facts: Mapping[str, Fact]) -> None:
    """Append one event, holding the chain's row until the transaction ends."""
    append(connection, [Event(HOUSE, kind, at, facts)])


def append(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Append events, holding the chain's row until the transaction ends."""
    house, heads = tables.house, {HOUSE: hold(connection)}
    connection.execute(sa.insert(tables.house_events), number(events, heads))
    moved_on = {"events": heads[HOUSE].position, "head": heads[HOUSE].link}
    connection.execute(sa.update(house).where(house.c.id == HOUSE).values(moved_on))


def hold(connection: sa.Connection) -> Head:
    """Lock the chain as the last of all rows, and return its head."""
    house = tables.house.c
    row = connection.execute(sa.select(house.events, house.head).where(house.id == HOUSE).with_for_update()).one()
    return Head(row.events, row.head)


def device_facts(row: Mapping[str, Any]) -> dict[str, Fact]:
    """Return what the chain fixes of a device; its name stands behind a salt, for it may be a person's."""
    return {
        "device": str(row["id"]),
        "kind": row["kind"],
        "language": row["language"],
        "name": text_commitment(row["salt"], row["name"]),
        "key": row["public_key"].hex(),
        "session": row["session_digest"].hex(),
    }


def staff_facts(row: Mapping[str, Any]) -> dict[str, Fact]:
    """Return what the chain fixes of a member of staff."""
    return {
        "staff": str(row["id"]),
        "role": row["role"],
        "name": text_commitment(row["salt"], row["name"]),
        "password": password_digest(row["password_hash"]),
    }


def password_digest(password_hash: str) -> str:
    """Return what shows that a stored hash is the one that was set."""
    return hashlib.sha256(password_hash.encode()).hexdigest()
