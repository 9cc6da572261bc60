"""A connection that one thread keeps for transaction after transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import sqlalchemy as sa

from codes.database import CommitInDoubt, Database, came_second

Result = TypeVar("Result")
_TRIES = 4


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
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

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
                with suppress(sa.exc.DBAPIError):
                    self.close()
                raise
            if doubts:
                raise CommitInDoubt(doubts[0])
            return result

    def _opened(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._database.engine.connect().execution_options(doorcode_writes=True)
        return self._connection


def _broke(error: sa.exc.DBAPIError) -> bool:
    """Tell whether the connection is gone: cut off, or ended by the server (SQLSTATE 57P0x)."""
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None)).startswith("57P")
