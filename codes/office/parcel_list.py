"""The office's list of parcels: filters that narrow each other, an order, a page of it, and how many there are.

Each filter is a set of ids that an index gives, so that 100,000 parcels are listed at once; `tests/codes/store/
test_plans.py` reads the plans. Parts of names and numbers are sought in an index of their own, never in the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.parcel_records import ParcelRecord, parcels_with_ids, sought
from codes.model import Ending
from codes.store.clauses import Clause, is_handed_over, is_open, is_recipient, paged, recipient_of_parcel, waits, within
from codes.store.transaction import Transaction
from codes.values.folding import fold

CONFLICT_SHOWN = timedelta(days=7)
"""A conflict stands for good; so long after it was recorded the office is reminded of it."""


class State(StrEnum):
    """How far a parcel is."""

    ANNOUNCED = "announced"
    OUT = "out"
    HANDED_OVER = "handed_over"
    ENDED = "ended"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"


class Matter(StrEnum):
    """Why somebody of the house has to look at a parcel.

    It was reported, a visit failed and nothing was decided since, its digits are locked, the house blocked it, its
    recipient has no mail, nothing may arrive at the address, or it was handed over offline although it should not.
    """

    REPORTED = "reported"
    VISIT_FAILED = "visit_failed"
    LOCKED = "locked"
    BLOCKED = "blocked"
    MAIL_FAILED = "mail_failed"
    ADDRESS = "address"
    CONFLICT = "conflict"


class Order(StrEnum):
    """What the list is sorted by."""

    ANNOUNCED = "announced"
    REFERENCE = "reference"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the listed parcels have in common; what is empty narrows nothing. The day is that of the announcement."""

    search: str = ""
    state: State | None = None
    day: date | None = None
    tour: UUID | None = None
    sender: str = ""
    point: UUID | None = None
    matters: frozenset[Matter] = frozenset()
    imported: UUID | None = None


def list_page(
    t: Transaction,
    filters: Filters,
    *,
    order: Order = Order.ANNOUNCED,
    descending: bool = True,
    limit: int,
    offset: int = 0,
) -> list[ParcelRecord]:
    """Return some of the parcels that fit, in this order."""
    parcels, holders = tables.parcels, tables.holders
    query = sa.select(parcels.c.id)
    columns: list[sa.ColumnElement[Any]] = [parcels.c.announced_at, parcels.c.id]
    if order is Order.REFERENCE:
        columns = [parcels.c.reference]
    elif order is Order.RECIPIENT:
        query = query.join(holders, recipient_of_parcel())
        columns = [holders.c.name_folded, holders.c.consignment_id, parcels.c.id]
    page = paged(query.where(*_fitting(t, filters)), columns, descending, limit, offset)
    return parcels_with_ids(t, list(t.connection.execute(page).scalars()))


def count_parcels(t: Transaction, filters: Filters) -> int:
    """Return how many parcels fit."""
    query = sa.select(sa.func.count()).select_from(tables.parcels).where(*_fitting(t, filters))
    return int(t.connection.execute(query).scalar_one())


def count_matters(t: Transaction) -> Mapping[Matter, int]:
    """Return for each matter how many parcels somebody has to look at."""
    return {each: count_parcels(t, Filters(matters=frozenset({each}))) for each in Matter}


def matters_of(t: Transaction, parcel_ids: Collection[UUID]) -> Mapping[UUID, frozenset[Matter]]:
    """Return why somebody has to look at each of these parcels."""
    parcels, found = tables.parcels, {each: set[Matter]() for each in parcel_ids}
    for matter in Matter:
        query = sa.select(parcels.c.id).where(parcels.c.id.in_(parcel_ids), *_of_matter(t, matter))
        for parcel_id in t.connection.execute(query).scalars():
            found[parcel_id].add(matter)
    return {parcel_id: frozenset(matters) for parcel_id, matters in found.items()}


def _fitting(t: Transaction, filters: Filters) -> list[Clause]:
    parcels, of, assignments = tables.parcels, tables.consignments, tables.assignments
    stays, wishes = tables.stays, tables.wishes
    clauses: list[Clause] = [clause for matter in filters.matters for clause in _of_matter(t, matter)]
    if filters.search:
        clauses.append(sought(filters.search))
    if filters.state is State.HANDED_OVER:
        clauses.append(is_handed_over(parcels.c.id))
    elif filters.state in (State.ENDED, State.DELIVERED_ELSEWHERE):
        elsewhere = parcels.c.ended_as == Ending.DELIVERED_ELSEWHERE.value
        # Few have ended, and an index names them.
        clauses += [parcels.c.ended_at.is_not(None), ~elsewhere if filters.state is State.ENDED else elsewhere]
    elif filters.state is not None:
        left = parcels.c.out_for_delivery_at
        clauses += [left.is_(None) if filters.state is State.ANNOUNCED else left.is_not(None), _is_to_come()]
    if filters.day is not None:
        clauses.append(within(parcels.c.announced_at, t.house.days.borders(filters.day)))
    if filters.imported is not None:
        announced = tables.import_parcels.c
        of_file = sa.select(announced.parcel_id).where(announced.import_id == filters.imported)
        clauses.append(parcels.c.id.in_(of_file))
    if filters.tour is not None:
        clauses.append(
            parcels.c.id.in_(sa.select(assignments.c.parcel_id).where(assignments.c.device_id == filters.tour))
        )
    if filters.sender:
        named = of.c.sender_folded.contains(fold(filters.sender), autoescape=True)
        clauses.append(parcels.c.consignment_id.in_(sa.select(of.c.id).where(named)))
    if filters.point is not None:
        lying = sa.select(stays.c.parcel_id).where(stays.c.point_id == filters.point, waits())
        wished = sa.select(wishes.c.parcel_id).where(
            wishes.c.point_id == filters.point, wishes.c.withdrawn_at.is_(None)
        )
        clauses.append(parcels.c.id.in_(sa.union(lying, wished)))
    return clauses


def _of_matter(t: Transaction, matter: Matter) -> list[Clause]:
    """Say of a parcel that this is why somebody has to look at it. Few are, so each query begins with those."""
    parcels, of, reports, checks = tables.parcels, tables.consignments, tables.reports, tables.address_checks
    handovers, holders = tables.handovers, tables.holders
    ids: sa.Select[Any]
    if matter is Matter.REPORTED:
        return [parcels.c.id.in_(sa.select(reports.c.parcel_id).where(is_open()))]
    if matter is Matter.CONFLICT:
        lately = handovers.c.recorded_at > t.now - CONFLICT_SHOWN
        ids = sa.select(handovers.c.parcel_id).where(handovers.c.conflict.is_not(None), lately)
        return [parcels.c.id.in_(ids)]
    if matter is Matter.BLOCKED:
        return [parcels.c.blocked_at.is_not(None), _is_to_come()]
    if matter is Matter.LOCKED:
        # The first term is that of the index, which holds only consignments of which somebody guessed.
        locked = of.c.wrong_digits >= t.settings.wrong_digits_per_parcel
        ids = sa.select(of.c.id).where(of.c.wrong_digits > sa.text("0"), locked)
        return [parcels.c.consignment_id.in_(ids), _is_to_come()]
    if matter is Matter.ADDRESS:
        warned = sa.select(checks.c.holder_id).where(checks.c.warning.is_not(None))
        ids = sa.select(holders.c.consignment_id).where(is_recipient(), holders.c.id.in_(warned))
        return [parcels.c.consignment_id.in_(ids), _is_to_come()]
    return [parcels.c.id.in_(_mails_failed() if matter is Matter.MAIL_FAILED else _visits_failed()), _is_to_come()]


def _mails_failed() -> sa.Select[Any]:
    """Select parcels of which a message came to nobody, and none went to the same person since."""
    messages, later = tables.messages, tables.messages.alias("later")
    since = sa.exists().where(
        later.c.parcel_id == messages.c.parcel_id,
        later.c.holder_id == messages.c.holder_id,
        later.c.failed_at.is_(None),
        later.c.queued_at > messages.c.queued_at,
    )
    return sa.select(messages.c.parcel_id).where(messages.c.failed_at.is_not(None), ~since.correlate(messages))


def _visits_failed() -> sa.Select[Any]:
    """Select parcels of which a visit failed, nothing was wished since, and that lie at no pickup point."""
    attempts, wishes, stays = tables.delivery_attempts, tables.wishes, tables.stays
    visited = sa.select(attempts.c.parcel_id)
    # What was wished before a visit failed says nothing of what comes after it.
    wished = sa.exists().where(
        wishes.c.parcel_id == attempts.c.parcel_id,
        wishes.c.withdrawn_at.is_(None),
        wishes.c.wished_at >= attempts.c.recorded_at,
    )
    lies = sa.exists().where(stays.c.parcel_id == attempts.c.parcel_id, waits())
    return visited.where(~wished.correlate(attempts), ~lies.correlate(attempts))


def _is_to_come() -> Clause:
    parcels, ended = tables.parcels, tables.parcels.alias("ended")
    # Few have ended, and an index names them; asked of each row, its column would be read from the table.
    gone = sa.select(ended.c.id).where(ended.c.ended_at.is_not(None))
    return sa.and_(~is_handed_over(parcels.c.id), parcels.c.id.not_in(gone))
