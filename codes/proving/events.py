"""What happened to a parcel, in order. Written in the same transaction as the fact itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind
from codes.proving.canonical import canonical_facts
from codes.proving.chain import BEGINNING, next_link

Fact = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``facts`` name no person and hold no code."""

    parcel_id: UUID
    kind: StrEnum
    at: datetime
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a parcel's chain: how many events there are, and the newest one's link."""

    position: int
    link: bytes


NO_EVENTS = Head(0, BEGINNING)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its place in its parcel's order, counted from 1, and its link in the chain."""

    position: int
    kind: EventKind
    at: datetime
    facts: Mapping[str, Fact]
    link: bytes


def number(events: Iterable[Event], heads: dict[UUID, Head]) -> list[dict[str, Any]]:
    """Return rows that follow the heads of their parcels' chains, and move the heads on."""
    rows = []
    for event in events:
        head = heads.get(event.parcel_id, NO_EVENTS)
        position, kind, facts = head.position + 1, event.kind.value, canonical_facts(event.facts)
        link = next_link(event.parcel_id, position, kind, event.at, facts, head.link)
        heads[event.parcel_id] = Head(position, link)
        rows.append(
            {
                "parcel_id": event.parcel_id,
                "position": position,
                "kind": kind,
                "at": event.at,
                "facts": facts,
                "link": link,
            }
        )
    return rows


def record(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Append events of parcels that exist, holding each parcel's row."""
    parcels = tables.parcels
    parcel_ids = sorted({event.parcel_id for event in events})
    standing = connection.execute(
        sa.select(parcels.c.id, parcels.c.events, parcels.c.head)
        .where(parcels.c.id.in_(parcel_ids))
        .order_by(parcels.c.id)
        .with_for_update()
    )
    heads = {row.id: Head(row.events, row.head) for row in standing}
    connection.execute(sa.insert(tables.events), number(events, heads))
    for parcel_id in parcel_ids:
        head = heads[parcel_id]
        connection.execute(
            sa.update(parcels).where(parcels.c.id == parcel_id).values(events=head.position, head=head.link)
        )


def events_of(connection: sa.Connection, parcel_id: UUID) -> list[RecordedEvent]:
    """Return everything that happened to a parcel, in order."""
    rows = connection.execute(
        sa.select(tables.events).where(tables.events.c.parcel_id == parcel_id).order_by(tables.events.c.position)
    )
    return [RecordedEvent(row.position, EventKind(row.kind), row.at, json.loads(row.facts), row.link) for row in rows]
