"""Reading what waits at pickup points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import ParcelSize
from codes.parcels import waits


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


def waiting_of(connection: sa.Connection, parcel_id: UUID) -> Waiting | None:
    """Return where a parcel waits, if it waits anywhere."""
    stays, points = tables.stays, tables.pickup_points
    row = connection.execute(
        sa.select(points.c.name, points.c.place, points.c.opening, stays.c.deadline)
        .join(points, points.c.id == stays.c.point_id)
        .where(stays.c.parcel_id == parcel_id, waits())
    ).one_or_none()
    return Waiting(row.name, row.place, row.opening, row.deadline) if row else None


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
    return Stay(
        stay_id=row.id,
        parcel_id=row.parcel_id,
        reference=row.reference,
        shelf=row.shelf,
        hatch=bool(row.hatch),
        size=ParcelSize(row.size),
        arrived_at=row.arrived_at,
        deadline=row.deadline,
        reminded_at=row.reminded_at,
    )
