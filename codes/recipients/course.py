"""What has happened to a parcel so far, as its holders are told: tries, visits, a driver nearby, the handover."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import AttemptReason, EventKind, HolderKind, Means, Outcome

TOLD = (
    EventKind.OUT_FOR_DELIVERY,
    EventKind.DRIVER_NEAR,
    EventKind.PRESENTED,
    EventKind.NOT_HANDED_OVER,
    EventKind.HANDED_OVER,
    EventKind.SUPERVISED_HANDOVER,
)
LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """A presentation, and what came of it."""

    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class EndedVisit:
    """A visit that ended without a handover."""

    reason: AttemptReason
    at: datetime


@dataclass(frozen=True, slots=True)
class Reception:
    """How the parcel was received. ``means`` is None where two people answered for it without a code."""

    at: datetime
    match_number: str
    means: Means | None
    by_holder: HolderKind | None
    by_name: str | None


@dataclass(frozen=True, slots=True)
class Course:
    """The newest of each kind of thing that happened; a driver nearby and a visit since the parcel last left."""

    tried: Tried | None = None
    near_at: datetime | None = None
    visit: EndedVisit | None = None
    reception: Reception | None = None


def course_of(connection: sa.Connection, parcel_id: UUID) -> Course:
    """Return what has happened to a parcel so far."""
    events = tables.events
    rows = connection.execute(
        sa.select(events.c.kind, events.c.facts, events.c.at, events.c.position)
        .where(events.c.parcel_id == parcel_id, events.c.kind.in_([kind.value for kind in TOLD]))
        .order_by(events.c.position.desc())
        .limit(LOOKED_AT)
    ).all()
    newest = {EventKind(row.kind): row for row in reversed(rows)}
    tried, left = newest.get(EventKind.PRESENTED), newest.get(EventKind.OUT_FOR_DELIVERY)
    near, visit = (
        row if (row := newest.get(kind)) and (left is None or row.position > left.position) else None
        for kind in (EventKind.DRIVER_NEAR, EventKind.NOT_HANDED_OVER)
    )
    return Course(
        tried=Tried(Outcome(json.loads(tried.facts)["outcome"]), tried.at) if tried else None,
        near_at=near.at if near else None,
        visit=EndedVisit(AttemptReason(json.loads(visit.facts)["reason"]), visit.at) if visit else None,
        reception=_reception(connection, parcel_id, newest.get(EventKind.HANDED_OVER)),
    )


def _reception(
    connection: sa.Connection, parcel_id: UUID, event: sa.Row[tuple[str, str, datetime, int]] | None
) -> Reception | None:
    handovers, codes, holders = tables.handovers, tables.codes, tables.holders
    row = connection.execute(
        sa.select(handovers.c.handed_over_at, handovers.c.match_number)
        .add_columns(holders.c.kind, holders.c.name)
        .outerjoin(codes, codes.c.id == handovers.c.code_id)
        .outerjoin(holders, holders.c.id == codes.c.holder_id)
        .where(handovers.c.parcel_id == parcel_id)
    ).one_or_none()
    if row is None:
        return None
    return Reception(
        at=row.handed_over_at,
        match_number=row.match_number,
        means=Means(json.loads(event.facts)["means"]) if event else None,
        by_holder=HolderKind(row.kind) if row.kind else None,
        by_name=row.name,
    )
