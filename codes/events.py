"""What happened to a parcel, in order. Written in the same transaction as the fact itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind

Fact = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``facts`` name no person and hold no code."""

    parcel_id: UUID
    kind: EventKind
    at: datetime
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its place in its parcel's order, counted from 1."""

    position: int
    kind: EventKind
    at: datetime
    facts: Mapping[str, Fact]


def canonical(facts: Mapping[str, Fact]) -> str:
    """Write facts in one way only (RFC 8785 for text, whole numbers, booleans and null)."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def number(events: Iterable[Event], counts: dict[UUID, int]) -> list[dict[str, Any]]:
    """Return rows with positions that follow ``counts`` (events so far, by parcel), and raise the counts."""
    rows = []
    for event in events:
        counts[event.parcel_id] = counts.get(event.parcel_id, 0) + 1
        rows.append(
            {
                "parcel_id": event.parcel_id,
                "position": counts[event.parcel_id],
                "kind": event.kind.value,
                "at": event.at,
                "facts": canonical(event.facts),
            }
        )
    return rows


def record(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Append events of parcels that exist, holding each parcel's row."""
    parcel_ids = sorted({event.parcel_id for event in events})
    counted = connection.execute(
        sa.select(tables.parcels.c.id, tables.parcels.c.events)
        .where(tables.parcels.c.id.in_(parcel_ids))
        .order_by(tables.parcels.c.id)
        .with_for_update()
    )
    counts = {row.id: row.events for row in counted}
    connection.execute(sa.insert(tables.events), number(events, counts))
    for parcel_id in parcel_ids:
        connection.execute(
            sa.update(tables.parcels).where(tables.parcels.c.id == parcel_id).values(events=counts[parcel_id])
        )


def events_of(connection: sa.Connection, parcel_id: UUID) -> list[RecordedEvent]:
    """Return everything that happened to a parcel, in order."""
    rows = connection.execute(
        sa.select(tables.events).where(tables.events.c.parcel_id == parcel_id).order_by(tables.events.c.position)
    )
    return [RecordedEvent(row.position, EventKind(row.kind), row.at, json.loads(row.facts)) for row in rows]
