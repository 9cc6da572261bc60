"""Who has a parcel, for the office: the device whose tour it is on, the point where it waits, who handed it over."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import DeviceKind
from codes.parcels import waits
from codes.store.database import Database


@dataclass(frozen=True, slots=True)
class Named:
    """A device or a pickup point."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What of it is so; a parcel that was handed over may still stand on the tour of that day."""

    tour: Named | None
    point: Named | None
    handed_over_by: Named | None


def whereabouts_of(database: Database, parcel_id: UUID) -> Whereabouts:
    """Return who has a parcel."""
    devices, assignments, handovers = tables.devices, tables.assignments, tables.handovers
    points, stays = tables.pickup_points, tables.stays
    device = sa.select(devices.c.id, devices.c.name)
    drives = sa.and_(devices.c.kind == DeviceKind.DRIVER.value, devices.c.revoked_at.is_(None))
    on_tour = device.join(assignments, assignments.c.device_id == devices.c.id).where(drives)
    stands = sa.select(points.c.id, points.c.name).join(stays, stays.c.point_id == points.c.id).where(waits())
    ended = device.join(handovers, handovers.c.device_id == devices.c.id)
    queries = (
        on_tour.where(assignments.c.parcel_id == parcel_id),
        stands.where(stays.c.parcel_id == parcel_id),
        ended.where(handovers.c.parcel_id == parcel_id),
    )
    with database.reading() as connection:
        rows = [connection.execute(query).first() for query in queries]
    return Whereabouts(*(Named(*row) if row else None for row in rows))
