"""Finding parcels for an audit: by tracking number, recipient, device and day, each narrowing the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.database import Database


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


def find_parcels(database: Database, wanted: Wanted, limit: int = 200) -> list[FoundParcel]:
    """Return the newest parcels that fit. A recipient is a name's part or an address; a day begins in local time."""
    parcels, holders, events = tables.parcels, tables.holders, tables.events
    query = sa.select(parcels.c.id, parcels.c.reference, parcels.c.announced_at)
    if wanted.reference:
        reference = wanted.reference.upper().replace(" ", "")
        query = query.where(parcels.c.reference.startswith(reference, autoescape=True))
    if wanted.recipient:
        name = sa.func.lower(holders.c.name).contains(wanted.recipient.lower(), autoescape=True)
        address = sa.func.lower(holders.c.email) == wanted.recipient.lower()
        query = query.where(sa.exists().where(holders.c.parcel_id == parcels.c.id, sa.or_(name, address)))
    if wanted.device:
        query = query.where(parcels.c.id.in_(_presented_by(wanted.device)))
    if wanted.day:
        start = datetime.combine(wanted.day, time.min).astimezone()
        on_day = sa.and_(events.c.at >= start, events.c.at < start + timedelta(days=1))
        query = query.where(parcels.c.id.in_(sa.select(events.c.parcel_id).where(on_day)))
    with database.reading() as connection:
        rows = connection.execute(query.order_by(parcels.c.announced_at.desc(), parcels.c.id.desc()).limit(limit))
        return [FoundParcel(*row) for row in rows]


def _presented_by(name: str) -> sa.Select[tuple[UUID]]:
    """Select parcels handed over by devices of that name, or visited by them."""
    devices, handovers, visits = tables.devices, tables.handovers, tables.delivery_attempts
    named = sa.select(devices.c.id).where(sa.func.lower(devices.c.name).contains(name.lower(), autoescape=True))
    handed_over = sa.select(handovers.c.parcel_id).where(handovers.c.device_id.in_(named))
    visited = sa.select(visits.c.parcel_id).where(visits.c.device_id.in_(named))
    both = sa.union_all(handed_over, visited).subquery()
    return sa.select(both.c.parcel_id)
