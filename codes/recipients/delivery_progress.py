"""How far a delivery is, as its holders are told: presentations, visits, a driver nearby, the handover."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import AttemptReason, Conflict, EventKind, HolderKind, Means, Outcome
from codes.store.transaction import Transaction

TOLD = (
    EventKind.OUT_FOR_DELIVERY,
    EventKind.DRIVER_NEAR,
    EventKind.NOT_HANDED_OVER,
    EventKind.HANDED_OVER,
    EventKind.SUPERVISED_HANDOVER,
)
LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class LastPresentation:
    """The newest presentation for any of a ticket's parcels; a match number if it was handed over then."""

    outcome: Outcome
    at: datetime
    match_number: str | None


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
class DeliveryProgress:
    """The newest of each kind of thing that happened; a driver nearby and a visit since the parcel last left."""

    near_at: datetime | None = None
    visit: EndedVisit | None = None
    reception: Reception | None = None


def progress_of(t: Transaction, parcel_id: UUID) -> DeliveryProgress:
    """Return what has happened to a parcel so far."""
    events = tables.events
    rows = t.connection.execute(
        sa.select(events.c.kind, events.c.facts, events.c.at, events.c.position)
        .where(events.c.parcel_id == parcel_id, events.c.kind.in_([kind.value for kind in TOLD]))
        .order_by(events.c.position.desc())
        .limit(LOOKED_AT)
    ).all()
    newest = {EventKind(row.kind): row for row in reversed(rows)}
    left = newest.get(EventKind.OUT_FOR_DELIVERY)
    near, visit = (
        row if (row := newest.get(kind)) and (left is None or row.position > left.position) else None
        for kind in (EventKind.DRIVER_NEAR, EventKind.NOT_HANDED_OVER)
    )
    return DeliveryProgress(
        near_at=near.at if near else None,
        visit=EndedVisit(AttemptReason(json.loads(visit.facts)["reason"]), visit.at) if visit else None,
        reception=_reception(t, parcel_id, newest.get(EventKind.HANDED_OVER)),
    )


def conflicts_of(t: Transaction, parcel_ids: Collection[UUID]) -> dict[UUID, Conflict]:
    """Return why handovers of these parcels would not have been green, where that is so: what was found first."""
    events = tables.events
    found = sa.and_(events.c.parcel_id.in_(parcel_ids), events.c.kind == EventKind.HANDOVER_CONFLICT.value)
    query = sa.select(events.c.parcel_id, events.c.facts).where(found).order_by(events.c.position.desc())
    return {row.parcel_id: Conflict(json.loads(row.facts)["conflict"]) for row in t.connection.execute(query)}


def last_presentation_of(t: Transaction, match_numbers: Mapping[UUID, str | None]) -> LastPresentation | None:
    """Return the newest presentation for any of these parcels, given by their ids with their match numbers."""
    events = tables.events
    newest = t.connection.execute(
        sa.select(events.c.parcel_id, events.c.facts, events.c.at)
        .where(events.c.parcel_id.in_(match_numbers), events.c.kind == EventKind.PRESENTED.value)
        .order_by(events.c.at.desc(), events.c.parcel_id)
        .limit(1)
    ).one_or_none()
    if newest is None:
        return None
    outcome = Outcome(json.loads(newest.facts)["outcome"])
    number = match_numbers[newest.parcel_id] if outcome in (Outcome.ACCEPTED, Outcome.CONFLICT) else None
    return LastPresentation(outcome, newest.at, number)


def _reception(
    t: Transaction, parcel_id: UUID, event: sa.Row[tuple[str, str, datetime, int]] | None
) -> Reception | None:
    handovers, codes, holders = tables.handovers, tables.codes, tables.holders
    row = t.connection.execute(
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
