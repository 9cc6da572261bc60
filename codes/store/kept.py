"""A connection that one thread keeps for transaction after transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from codes.store.database import CommitInDoubt, Database, came_second

Result = TypeVar("Result")
_TRIES = 4
_BY_INDEX = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""PostgreSQL plans each statement of the hot path once, and by indexes.

Left alone, it plans most of them anew each time, because their parameters are arrays; and one that it planned while
its table was empty reads the table whole, more and more of it, until the table is analysed.
"""

_CACHE_KIBIBYTES = 65_536
"""SQLite keeps so much of the file at hand: the upper levels of every index of ten million parcels.

With its own 2 MB they are read again and again, for each of a verification's dozen look-ups.
"""


class KeptConnection:
    """Saves what the pool costs each time: the check-out, and PostgreSQL's round trip to see whether it lives.

    ``work`` must change nothing when it is done again: a connection may break just when its commit was sent.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None

    def transact(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Do ``work`` in one durable transaction; again if another one came first, or a kept connection broke.

        Raises CommitInDoubt if PostgreSQL could not confirm that a synchronous standby has it.
        """
        for _ in range(_TRIES - 1):
            kept = self._connection is not None
            try:
                return self._once(work)
            except sa.exc.DBAPIError as error:
                if not came_second(error) and not (kept and _broke(error)):
                    raise
        return self._once(work)

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            give_up(connection)

    def _once(self, work: Callable[[sa.Connection], Result]) -> Result:
        with self._database.alone():
            connection = self._opened()
            doubts: list[str] = connection.info.setdefault("doubts", [])
            doubts.clear()
            transaction = connection.begin()
            try:
                result = work(connection)
                transaction.commit()
            except BaseException:
                with suppress(sa.exc.DBAPIError):
                    transaction.rollback()
                self.close()
                raise
            if doubts:
                raise CommitInDoubt(doubts[0])
            return result

    def _opened(self) -> sa.Connection:
        if self._connection is None:
            self._connection = to_be_kept(self._database)
        return self._connection


def to_be_kept(database: Database) -> sa.Connection:
    """Open a connection for the hot path alone; nobody else could use it as it is set."""
    connection = database.engine.connect().execution_options(doorcode_writes=True)
    if database.is_sqlite:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
    else:
        _plan_by_index(connection)
    return connection


def give_up(connection: sa.Connection) -> None:
    """End a kept connection, broken or not."""
    with suppress(sa.exc.DBAPIError):
        connection.invalidate()
        connection.close()


def _plan_by_index(connection: sa.Connection) -> None:
    """Set how the connection plans; a database that knows no such setting keeps to its own way."""
    setting = sa.text("SELECT set_config(name, :value, false) FROM pg_settings WHERE name = :name")
    for name, value in _BY_INDEX.items():
        connection.execute(setting, {"name": name, "value": value})
    connection.commit()


def _broke(error: sa.exc.DBAPIError) -> bool:
    """Tell whether the connection is gone: cut off, or ended by the server (SQLSTATE 57P0x)."""
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None)).startswith("57P")
