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
from codes.store.prepared import Among, PreparedRead, insert_into, update_of
from codes.store.runner import run
from codes.store.trips import Reads, Steps

HOUSE = UUID(int=0)
"""The nil UUID (RFC 9562 §5.9); parcels have version 7."""


class HouseEventKind(StrEnum):
    """What happens to the house and not to one parcel."""

    BEGUN = "begun"
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_REVOKED = "device_revoked"
    STAFF_ADDED = "staff_added"
    STAFF_BLOCKED = "staff_blocked"
    STAFF_LET_IN = "staff_let_in"
    PASSWORD_SET = "password_set"
    TASKS_GRANTED = "tasks_granted"
    PRESENTED = "presented"


def note(connection: sa.Connection, kind: HouseEventKind, at: datetime, facts: Mapping[str, Fact]) -> None:
    """Append one event, holding the chain's row until the transaction ends."""
    house = tables.house
    rows, head = continued(hold(connection), [Event(HOUSE, kind, at, facts)])
    connection.execute(sa.insert(tables.house_events), rows)
    connection.execute(sa.update(house).where(house.c.id == HOUSE).values(events=head.position, head=head.link))


def hold(connection: sa.Connection) -> Head:
    """Lock the chain as the last of all rows, and return its head."""
    return run(connection, holding())


def holding() -> Steps[Head]:
    """Lock the chain, and return its head."""
    ((row,),) = yield Reads([(HOLD_HOUSE, {"ids": [HOUSE]})])
    return Head(row.events, row.head)


def continued(head: Head, events: Sequence[Event]) -> tuple[list[dict[str, Any]], Head]:
    """Return the rows that follow a head, and the new head."""
    heads = {HOUSE: head}
    rows = number(events, heads)
    return rows, heads[HOUSE]


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


def _hold(among: Among) -> sa.Select[Any]:
    house = tables.house.c
    return sa.select(house.id, house.events, house.head).where(among(house.id, "ids")).with_for_update()


HOLD_HOUSE = PreparedRead(_hold)
INSERT_HOUSE_EVENTS = insert_into(tables.house_events)
MOVE_HOUSE_ON = update_of(tables.house, "events", "head")
