"""Which depot a device belongs to: a word for reports, no fact that a proof rests on."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.database import Database

LONGEST_DEPOT = 60


class Depots:
    """Remembers each device's depot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, device_id: UUID, depot: str) -> None:
        """Let a device belong to a depot, or to none if the name is empty."""
        table = tables.device_depots
        with self._database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.device_id == device_id))
            if depot := depot.strip()[:LONGEST_DEPOT]:
                connection.execute(sa.insert(table).values(device_id=device_id, depot=depot))

    def all(self) -> Mapping[UUID, str]:
        """Return the depot of each device that has one."""
        table = tables.device_depots
        with self._database.reading() as connection:
            return {row.device_id: row.depot for row in connection.execute(sa.select(table))}
