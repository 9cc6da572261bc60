"""What happened, over all parcels, in the order of the sealed log: a place in it never moves, so it is a cursor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind, Realm
from codes.store.clauses import in_realm
from codes.store.transaction import Transaction
from codes.values.tracking_numbers import TEST_PARCELS

UNTOLD = frozenset(
    {"token", "key", "epoch", "recipient", "terms", "signature", "commitment", "salt", "ticket"}
    | {"sender_sealed", "reason_sealed"}
)
"""Facts that only a proof needs."""


@dataclass(frozen=True, slots=True)
class FedEvent:
    """An event as it is told outside: ids and facts, never a code, never a person."""

    event_id: str
    kind: EventKind
    at: datetime
    parcel_id: UUID
    position: int
    reference: str
    facts: Mapping[str, Any]


def events_from(t: Transaction, place: int, most: int, realm: Realm) -> tuple[list[FedEvent], int]:
    """Return what was sealed at a place of the log and after it, of the parcels of one realm.

    Also returns the place to go on from. A leaf seals all events of its parcel since the parcel's leaf before.
    """
    events, parcels = tables.events, tables.parcels
    leaves, older = tables.log_leaves, tables.log_leaves.alias("older")
    before = sa.select(sa.func.max(older.c.position)).where(
        older.c.parcel_id == leaves.c.parcel_id, older.c.place < leaves.c.place
    )
    some = sa.select(leaves.c.place).where(leaves.c.place >= place).order_by(leaves.c.place).limit(most).subquery()
    newest = t.connection.execute(sa.select(sa.func.max(some.c.place))).scalar()
    if newest is None:
        return [], place
    new = sa.and_(
        events.c.parcel_id == leaves.c.parcel_id,
        events.c.position <= leaves.c.position,
        events.c.position > sa.func.coalesce(before.scalar_subquery(), 0),
    )
    rows = t.connection.execute(
        sa.select(events, parcels.c.reference)
        .select_from(sa.join(leaves, events, new).join(parcels, parcels.c.id == events.c.parcel_id))
        .where(leaves.c.place >= place, leaves.c.place <= newest, in_realm(realm))
        .order_by(leaves.c.place, events.c.position)
    )
    return [fed_event(row) for row in rows], newest + 1


def fed_event(row: Any) -> FedEvent:
    """Read an event from a row of ``events`` with its parcel's reference."""
    return FedEvent(
        event_id=f"{row.parcel_id}.{row.position}",
        kind=EventKind(row.kind),
        at=row.at,
        parcel_id=row.parcel_id,
        position=row.position,
        reference=row.reference.removeprefix(TEST_PARCELS),
        facts={name: value for name, value in json.loads(row.facts).items() if name not in UNTOLD},
    )
