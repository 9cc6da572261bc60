"""What waits at pickup points, and who has a parcel: a device, a point, or who handed it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind, ParcelSize
from codes.pickup.points import natural_order, point_of_device
from codes.proving.events import Event
from codes.store.clauses import carries, waits
from codes.store.transaction import Transaction
from codes.tables.base import record_of


@dataclass(frozen=True, slots=True)
class Stay:
    """A parcel that waits at a pickup point. ``shelf`` is None where no shelf was free."""

    stay_id: UUID
    parcel_id: UUID
    reference: str
    shelf: str | None
    hatch: bool
    size: ParcelSize
    arrived_at: datetime
    deadline: datetime
    reminded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where a parcel waits for its recipient, as they are told."""

    point: str
    place: str
    opening: str
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Named:
    """A device or a pickup point."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Who has a parcel, as far as it is so; a parcel that was handed over may still stand on the tour of that day."""

    tour: Named | None
    point: Named | None
    handed_over_by: Named | None


def waiting_of(t: Transaction, parcel_id: UUID) -> Waiting | None:
    """Return where a parcel waits, if it waits anywhere."""
    stays, points = tables.stays, tables.pickup_points
    row = t.connection.execute(
        sa.select(points.c.name, points.c.place, points.c.opening, stays.c.deadline)
        .join(points, points.c.id == stays.c.point_id)
        .where(stays.c.parcel_id == parcel_id, waits())
    ).one_or_none()
    return Waiting(row.name, row.place, row.opening, row.deadline) if row else None


def end_stay(t: Transaction, parcel_id: UUID) -> None:
    """Record that a parcel leaves the point at which it waits, if it waits at one; the parcel has to be locked."""
    stays = tables.stays
    here = sa.and_(stays.c.parcel_id == parcel_id, waits())
    stay_id = t.connection.execute(sa.select(stays.c.id).where(here)).scalar()
    if stay_id is not None:
        t.connection.execute(sa.update(stays).where(stays.c.id == stay_id).values(returned_at=t.now))
        t.record(Event(parcel_id, EventKind.LEFT_POINT, t.now, {"stay": str(stay_id)}))


def stays_with_places() -> sa.Select[Any]:
    """Select stays with their parcel's number, shelf and point."""
    stays, parcels, shelves, points = tables.stays, tables.parcels, tables.shelves, tables.pickup_points
    return (
        sa.select(stays, parcels.c.reference, points.c.name.label("point"))
        .add_columns(shelves.c.name.label("shelf"), shelves.c.hatch)
        .join(parcels, parcels.c.id == stays.c.parcel_id)
        .join(points, points.c.id == stays.c.point_id)
        .outerjoin(shelves, shelves.c.id == stays.c.shelf_id)
    )


def stay_of(row: Any) -> Stay:
    """Read a stay from a row of ``stays_with_places``."""
    return record_of(Stay, row, stay_id=row.id, hatch=bool(row.hatch), size=ParcelSize(row.size))


def stays_at(t: Transaction, point_id: UUID) -> list[Stay]:
    """Return what waits at a point, by shelf, the oldest first."""
    rows = t.connection.execute(stays_with_places().where(tables.stays.c.point_id == point_id, waits())).all()
    return sorted((stay_of(row) for row in rows), key=lambda stay: (natural_order(stay.shelf or ""), stay.arrived_at))


def shelves_of_parcels(t: Transaction, device_id: UUID, references: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Return the shelf where each parcel was put at this device's point, also after its handover; and if hatch."""
    point = point_of_device(t, device_id)
    if point is None:
        return {}
    here = sa.and_(tables.stays.c.point_id == point.point_id, tables.stays.c.returned_at.is_(None))
    rows = t.connection.execute(stays_with_places().where(tables.parcels.c.reference.in_(references), here)).all()
    return {row.reference: (row.shelf, row.hatch) for row in rows if row.shelf}


def whereabouts_of(t: Transaction, parcel_id: UUID) -> Whereabouts:
    """Return who has a parcel."""
    devices, assignments, handovers = tables.devices, tables.assignments, tables.handovers
    points, stays = tables.pickup_points, tables.stays
    device = sa.select(devices.c.id, devices.c.name)
    on_tour = device.join(assignments, carries())
    stands = sa.select(points.c.id, points.c.name).join(stays, stays.c.point_id == points.c.id).where(waits())
    ended = device.join(handovers, handovers.c.device_id == devices.c.id)
    queries = (
        on_tour.where(assignments.c.parcel_id == parcel_id),
        stands.where(stays.c.parcel_id == parcel_id),
        ended.where(handovers.c.parcel_id == parcel_id),
    )
    rows = [t.connection.execute(query).first() for query in queries]
    return Whereabouts(*(Named(*row) if row else None for row in rows))
