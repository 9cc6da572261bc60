"""Slowing down whoever guesses: counts in the database, so that they hold over all workers and machines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from codes import tables
from codes.store.database import Database


class Throttle:
    """Counts tries by subject within a span of time. A subject is kept as a digest: it may name a person."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def charge(self, subject: str, most: int, span: timedelta) -> timedelta | None:
        """Count one try, before anything is compared; return how long to wait if there were too many."""
        table, now = tables.throttles, self._clock()
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        over = table.c.started_at <= now - span
        statement: Any = insert(table).values(subject=_digest(subject), started_at=now, tries=1)
        statement = statement.on_conflict_do_update(
            index_elements=[table.c.subject],
            set_={
                "tries": sa.case((over, 1), else_=table.c.tries + 1),
                "started_at": sa.case((over, now), else_=table.c.started_at),
            },
        ).returning(table.c.tries, table.c.started_at)
        with self._database.writing() as connection:
            row = connection.execute(statement).one()
        wait: timedelta = row.started_at + span - now
        return wait if row.tries > most else None

    def forgive(self, subject: str) -> None:
        """Forget a subject's tries."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(tables.throttles).where(tables.throttles.c.subject == _digest(subject)))


def _digest(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).digest()
