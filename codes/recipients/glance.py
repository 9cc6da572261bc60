"""The cheapest look at a ticket: has anything happened to its parcel? For pages that wait and ask again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.derivation import ticket_digest
from codes.store.database import Database
from codes.store.prepared import Among, PreparedRead


def _versions(among: Among) -> sa.Select[Any]:
    parcels, holders = tables.parcels, tables.holders.c
    joined = sa.select(holders.ticket_digest, parcels.c.events).join(tables.holders, holders.parcel_id == parcels.c.id)
    return joined.where(among(holders.ticket_digest, "digests"), holders.withdrawn_at.is_(None))


_VERSIONS = PreparedRead(_versions)


class Glance:
    """Looks over one connection of its own, which is in no transaction between two looks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._connection: Any = None

    def versions(self, ticket_keys: Iterable[str]) -> dict[str, int]:
        """Return for each ticket a number that grows with whatever happens to its parcel; none where it is no more.

        Raises the driver's error if the database does not answer; the next look tries a new connection.
        """
        dialect = self._database.engine.dialect
        keys = {ticket_digest(key): key for key in ticket_keys}
        text, values = _VERSIONS.as_sent(dialect, digests=keys)
        with self._turn:
            try:
                cursor = self._opened().cursor()
                cursor.execute(text, values)
                rows = cursor.fetchall()
            except BaseException:
                self._close()
                raise
        return {keys[row.ticket_digest]: row.events for row in map(_VERSIONS.row_maker(dialect), rows)}

    def close(self) -> None:
        """Give the connection back."""
        with self._turn:
            self._close()

    def _opened(self) -> Any:
        if self._connection is None:
            pooled = self._database.engine.raw_connection()
            self._connection = pooled.driver_connection
            pooled.detach()
            if not self._database.is_sqlite:
                from psycopg import RawCursor

                self._connection.autocommit = True
                self._connection.cursor_factory = RawCursor
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()
