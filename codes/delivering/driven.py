"""The handovers that one device made, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.database import Database


@dataclass(frozen=True, slots=True)
class Driven:
    """One handover as its driver may list it: no name, no address."""

    reference: str
    handed_over_at: datetime
    match_number: str


def handovers_of_device(database: Database, device_id: UUID, since: datetime, limit: int = 500) -> list[Driven]:
    """Return what a device has handed over since a moment."""
    handovers, parcels = tables.handovers, tables.parcels
    query = (
        sa.select(parcels.c.reference, handovers.c.handed_over_at, handovers.c.match_number)
        .join(parcels, parcels.c.id == handovers.c.parcel_id)
        .where(handovers.c.device_id == device_id, handovers.c.recorded_at >= since)
        .order_by(handovers.c.recorded_at.desc())
        .limit(limit)
    )
    with database.reading() as connection:
        return [Driven(*row) for row in connection.execute(query)]
