"""Which checkpoints were delivered to which outsiders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from codes import tables
from codes.store.database import Database


class Publications:
    """Remembers for each target the last checkpoint that it has certainly got."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def last(self, target: str) -> tuple[int, datetime | None]:
        """Return the number of the last checkpoint that was delivered there, and when."""
        table = tables.publications
        with self._database.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.target == target)).one_or_none()
        return (row.number, row.at) if row else (0, None)

    def delivered(self, target: str, number: int) -> None:
        """Record that a target has got everything up to this checkpoint."""
        table, now = tables.publications, self._clock()
        with self._database.writing() as connection:
            values = {"number": number, "at": now}
            changed = connection.execute(sa.update(table).where(table.c.target == target).values(**values))
            if changed.rowcount == 0:
                connection.execute(sa.insert(table).values(target=target, **values))
