"""What senders are told of parcels: how each stands, how sure a handover is, whether it is contested; and their list.

The list has the newest first; the id of its last parcel is the cursor to go on with.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.contests import BY_HOLDER
from codes.life.parcel_records import ParcelRecord, parcels_with_ids
from codes.model import EventKind, Realm
from codes.proving.proof import Grade, grade_of
from codes.store.clauses import Clause, came_back, in_realm, is_handed_over, waits
from codes.store.transaction import Transaction
from codes.values.folding import fold


class ParcelState(StrEnum):
    """How a parcel stands, in one word. ``not_handed_over``: a visit failed since it last left."""

    ANNOUNCED = "announced"
    OUT_FOR_DELIVERY = "out_for_delivery"
    NOT_HANDED_OVER = "not_handed_over"
    READY_TO_COLLECT = "ready_to_collect"
    BLOCKED = "blocked"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"


class Contested(StrEnum):
    """Whether a holder's word stands against a handover."""

    OPEN = "open"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is derived of a parcel. ``evidence`` is None before the handover."""

    state: ParcelState
    evidence: Grade | None = None
    contested: Contested | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the listed parcels have in common; what is None narrows nothing."""

    state: ParcelState | None = None
    contested: bool | None = None
    sender: str | None = None
    consignment: str | None = None
    announced_from: datetime | None = None
    announced_before: datetime | None = None


def list_by_cursor(
    t: Transaction, realm: Realm, asked: Asked, *, after: UUID | None, limit: int
) -> tuple[list[ParcelRecord], UUID | None]:
    """Return the parcels of a realm that come after one, and the cursor to go on with; None where that is all."""
    parcels = tables.parcels
    query = sa.select(parcels.c.id).where(in_realm(realm), *_fitting(asked))
    if after is not None:
        last = sa.select(parcels.c.announced_at).where(parcels.c.id == after).scalar_subquery()
        same_time = sa.and_(parcels.c.announced_at == last, parcels.c.id < after)
        query = query.where(sa.or_(parcels.c.announced_at < last, same_time))
    ordered = query.order_by(parcels.c.announced_at.desc(), parcels.c.id.desc()).limit(limit + 1)
    ids = list(t.connection.execute(ordered).scalars())
    return parcels_with_ids(t, ids[:limit]), ids[limit - 1] if len(ids) > limit else None


def standings_of(t: Transaction, parcel_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
    """Return what is derived of each of these parcels."""
    query = sa.select(tables.parcels.c.id, _state().label("state")).where(tables.parcels.c.id.in_(parcel_ids))
    rows = t.connection.execute(query).all()
    grades, contests = _grades(t, parcel_ids), _contests(t, parcel_ids)
    return {row.id: Standing(ParcelState(row.state), grades.get(row.id), contests.get(row.id)) for row in rows}


def _fitting(asked: Asked) -> list[Clause]:
    parcels, of = tables.parcels, tables.consignments
    clauses: list[Clause] = []
    if asked.state is not None:
        clauses.append(_state() == asked.state.value)
    if asked.state in (ParcelState.CANCELLED, ParcelState.RETURNED, ParcelState.DELIVERED_ELSEWHERE):
        clauses.append(parcels.c.ended_at.is_not(None))  # few are, and an index names them
    if asked.contested is not None:
        contested = parcels.c.id.in_(sa.select(tables.reports.c.parcel_id).where(_stands_against()))
        clauses.append(contested if asked.contested else ~contested)
    if asked.sender is not None:
        theirs = sa.select(of.c.id).where(of.c.sender_folded == fold(asked.sender))
        clauses.append(parcels.c.consignment_id.in_(theirs))
    if asked.consignment is not None:
        numbered = sa.select(of.c.id).where(of.c.number == asked.consignment)
        clauses.append(parcels.c.consignment_id.in_(numbered))
    if asked.announced_from is not None:
        clauses.append(parcels.c.announced_at >= asked.announced_from)
    if asked.announced_before is not None:
        clauses.append(parcels.c.announced_at < asked.announced_before)
    return clauses


def _state() -> sa.ColumnElement[str]:
    """Say of a parcel how it stands; what ended it comes before where it was."""
    parcels, stays = tables.parcels, tables.stays
    lies = sa.exists().where(stays.c.parcel_id == parcels.c.id, waits()).correlate_except(stays)
    left = parcels.c.out_for_delivery_at.is_not(None)
    return sa.case(
        (is_handed_over(parcels.c.id), ParcelState.HANDED_OVER.value),
        (parcels.c.ended_as.is_not(None), parcels.c.ended_as),
        (parcels.c.blocked_at.is_not(None), ParcelState.BLOCKED.value),
        (lies, ParcelState.READY_TO_COLLECT.value),
        (sa.and_(left, came_back()), ParcelState.NOT_HANDED_OVER.value),
        (left, ParcelState.OUT_FOR_DELIVERY.value),
        else_=ParcelState.ANNOUNCED.value,
    )


def _grades(t: Transaction, parcel_ids: Sequence[UUID]) -> dict[UUID, Grade]:
    """Return the evidence of the handovers, as their proofs say it."""
    events = tables.events
    kinds = (EventKind.HANDED_OVER.value, EventKind.SUPERVISED_HANDOVER.value)
    query = sa.select(events.c.parcel_id, events.c.kind, events.c.facts).order_by(events.c.position)
    told: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in t.connection.execute(query.where(events.c.parcel_id.in_(parcel_ids), events.c.kind.in_(kinds))):
        told[row.parcel_id].append({"kind": row.kind, "facts": json.loads(row.facts)})
    return {parcel_id: grade_of(each) for parcel_id, each in told.items()}


def _contests(t: Transaction, parcel_ids: Sequence[UUID]) -> dict[UUID, Contested]:
    """Return for each contested parcel whether every report of it was answered."""
    reports = tables.reports
    query = sa.select(reports.c.parcel_id, sa.func.count(), sa.func.count(reports.c.answered_at))
    rows = t.connection.execute(
        query.where(reports.c.parcel_id.in_(parcel_ids), _stands_against()).group_by(reports.c.parcel_id)
    )
    return {row[0]: Contested.ANSWERED if row[1] == row[2] else Contested.OPEN for row in rows}


def _stands_against() -> Clause:
    """Say of a report that it is a holder's word against a handover, answered or not."""
    return sa.and_(tables.reports.c.by == BY_HOLDER, tables.reports.c.withdrawn_at.is_(None))
