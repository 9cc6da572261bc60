"""Finding parcels for an audit: by tracking number, recipient, device and day, each narrowing the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.clauses import may_receive
from codes.store.transaction import Transaction
from codes.values.folding import fold, fold_address
from codes.values.tracking_numbers import part_of_number


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


def find_parcels(t: Transaction, wanted: Wanted, limit: int = 200) -> list[FoundParcel]:
    """Return the newest parcels that fit. A recipient is a name's part or an address; a day is one of the house."""
    parcels, holders, events = tables.parcels, tables.holders, tables.events
    query = sa.select(parcels.c.id, parcels.c.reference, parcels.c.announced_at)
    if wanted.reference:
        part = part_of_number(wanted.reference)
        query = query.where(parcels.c.number.startswith(part) if part else sa.false())
    if wanted.recipient:
        folded = fold(wanted.recipient)
        name = holders.c.name_folded.contains(folded, autoescape=True) if folded else sa.false()
        address = holders.c.email_folded == fold_address(wanted.recipient)
        of_parcel = sa.and_(holders.c.consignment_id == parcels.c.consignment_id, may_receive())
        query = query.where(sa.exists().where(of_parcel, sa.or_(name, address)).correlate(parcels))
    if wanted.device:
        query = query.where(parcels.c.id.in_(_presented_by(_devices_named(t, wanted.device))))
    if wanted.day:
        begin, end = t.house.days.borders(wanted.day)
        on_day = sa.and_(events.c.at >= begin, events.c.at < end)
        query = query.where(parcels.c.id.in_(sa.select(events.c.parcel_id).where(on_day)))
    rows = t.connection.execute(query.order_by(parcels.c.announced_at.desc(), parcels.c.id.desc()).limit(limit))
    return [FoundParcel(*row) for row in rows]


def _devices_named(t: Transaction, name: str) -> list[UUID]:
    """Return the devices in whose name this stands; a house has few enough to look at each."""
    known = t.connection.execute(sa.select(tables.devices.c.id, tables.devices.c.name)).all()
    return [device.id for device in known if fold(name) in fold(device.name)]


def _presented_by(named: Sequence[UUID]) -> sa.Select[tuple[UUID]]:
    """Select parcels handed over by these devices, or visited by them."""
    handovers, visits = tables.handovers, tables.delivery_attempts
    handed_over = sa.select(handovers.c.parcel_id).where(handovers.c.device_id.in_(named))
    visited = sa.select(visits.c.parcel_id).where(visits.c.device_id.in_(named))
    both = sa.union_all(handed_over, visited).subquery()
    return sa.select(both.c.parcel_id)
