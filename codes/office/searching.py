"""Finding parcels for an audit: by tracking number, recipient, device and day, each narrowing the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.office.names import ids_of_devices
from codes.store.clauses import Clause, is_delegate, is_recipient, paged, within
from codes.store.transaction import Transaction
from codes.values.folding import fold, fold_address
from codes.values.tracking_numbers import part_of_number


class FoundOrder(StrEnum):
    """What the list of found parcels is sorted by."""

    ANNOUNCED = "announced"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty counts not."""

    reference: str = ""
    recipient: str = ""
    device: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class FoundParcel:
    """A parcel that was found."""

    parcel_id: UUID
    reference: str
    announced_at: datetime


def find_parcels(
    t: Transaction,
    wanted: Wanted,
    *,
    order: FoundOrder = FoundOrder.ANNOUNCED,
    descending: bool = True,
    limit: int = 200,
    offset: int = 0,
) -> list[FoundParcel]:
    """Return some of the parcels that fit, in this order. A recipient is a name's part or an address."""
    parcels = tables.parcels
    by_number = order is FoundOrder.REFERENCE
    columns: list[sa.ColumnElement[Any]] = (
        [parcels.c.reference] if by_number else [parcels.c.announced_at, parcels.c.id]
    )
    query = sa.select(parcels.c.id, parcels.c.reference, parcels.c.announced_at).where(*_fitting(t, wanted))
    rows = t.connection.execute(paged(query, columns, descending, limit, offset))
    return [FoundParcel(*row) for row in rows]


def count_found(t: Transaction, wanted: Wanted) -> int:
    """Return how many parcels fit."""
    query = sa.select(sa.func.count()).select_from(tables.parcels).where(*_fitting(t, wanted))
    return int(t.connection.execute(query).scalar_one())


def _fitting(t: Transaction, wanted: Wanted) -> list[Clause]:
    parcels, events, clauses = tables.parcels, tables.events, list[Clause]()
    if wanted.reference:
        part = part_of_number(wanted.reference)
        clauses.append(parcels.c.number.startswith(part) if part else sa.false())
    if wanted.recipient:
        clauses.append(parcels.c.id.in_(_received_by(wanted.recipient)))
    if wanted.device:
        clauses.append(parcels.c.id.in_(_presented_by(ids_of_devices(t, wanted.device))))
    if wanted.day:
        clauses.append(
            parcels.c.id.in_(sa.select(events.c.parcel_id).where(within(events.c.at, t.house.days.borders(wanted.day))))
        )
    return clauses


def _received_by(asked: str) -> sa.CompoundSelect[Any]:
    """Select the parcels that somebody of this name or address may receive, as recipient or as delegate."""
    parcels, holders, named = tables.parcels, tables.holders, tables.delegate_parcels
    fits = [holders.c.email_folded == fold_address(asked)]
    if folded := fold(asked):
        fits.append(holders.c.name_folded.contains(folded, autoescape=True))
    theirs = sa.union(*(sa.select(holders.c.consignment_id).where(is_recipient(), each) for each in fits))
    delegates = sa.union(*(sa.select(holders.c.id).where(is_delegate(), each) for each in fits))
    return sa.union(
        sa.select(parcels.c.id).where(parcels.c.consignment_id.in_(theirs)),
        sa.select(named.c.parcel_id).where(named.c.holder_id.in_(delegates)),
    )


def _presented_by(named: Sequence[UUID]) -> sa.Select[tuple[UUID]]:
    """Select parcels handed over by these devices, or visited by them."""
    handovers, visits = tables.handovers, tables.delivery_attempts
    handed_over = sa.select(handovers.c.parcel_id).where(handovers.c.device_id.in_(named))
    visited = sa.select(visits.c.parcel_id).where(visits.c.device_id.in_(named))
    both = sa.union_all(handed_over, visited).subquery()
    return sa.select(both.c.parcel_id)
