"""PostgreSQL's extended query protocol, a whole trip in one packet.

psycopg's own pipeline sends each statement by itself and looks for answers after each: a dozen system calls on
either side where two would do. This uses its libpq wrapper instead, and lets it convert the rows that come back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors, generators
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from codes.store.trips import Reads, Rows, Trip

Statement = tuple[str, Sequence[str]]
RowMaker = Callable[[Sequence[Any]], Any]
_BEGIN: Statement = ("BEGIN", ())
_COMMIT: Statement = ("COMMIT", ())


def packets_of(connection: sa.Connection) -> Packets:
    """Return what speaks over this connection; it knows what the server has prepared there."""
    packets: Packets | None = connection.info.get("packets")
    if packets is None:
        raw: Any = connection.connection.driver_connection
        packets = connection.info["packets"] = Packets(raw, connection.dialect)
    return packets


class Packets:
    """Statements sent together over one connection. Each is prepared when it is sent for the first time."""

    def __init__(self, raw: psycopg.Connection[Any], dialect: sa.Dialect) -> None:
        self._raw = raw
        self._dialect = dialect
        self._prepared: set[str] = set()
        self._generation = 0
        self._transformer = Transformer(raw)

    def make(self, trip: Trip) -> Rows:
        """Make a trip, and wait for its end."""
        return self._raw.wait(self.making(trip))

    def making(self, trip: Trip) -> PQGen[Rows]:
        """Make a trip inside the connection's transaction; yields what is to be waited for at the socket.

        Raises the error of a statement that failed: nothing is committed then.
        """
        if isinstance(trip, Reads):
            makers = [read.row_maker(self._dialect) for read, _ in trip.reads]
            results = yield from self._sending([read.as_sent(self._dialect, **lists) for read, lists in trip.reads])
            found = [result for result in results if result.status == ExecStatus.TUPLES_OK]
            return [self._rows(result, maker) for result, maker in zip(found, makers, strict=True)]
        sent = [write.as_sent(self._dialect, rows) for write, rows in trip.writes if rows]
        yield from self._sending([*((text, values) for text, times in sent for values in times), _COMMIT])
        return []

    def _sending(self, statements: Sequence[Statement]) -> PQGen[list[PGresult]]:
        """Send statements, inside a transaction, and return all results. Raises the error of one that failed."""
        connection = self._raw.pgconn
        beginning = [_BEGIN] if connection.transaction_status == TransactionStatus.IDLE else []
        try:
            connection.enter_pipeline_mode()
            results = yield from self._trip([*beginning, *statements])
            connection.exit_pipeline_mode()
        except BaseException:
            # Answers may still be under way that nobody waits for.
            self._raw.close()
            raise
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                error = errors.error_from_result(result)
                if isinstance(error, errors.InvalidSqlStatementName):
                    self._forget()
                raise error
        return results

    def _trip(self, statements: Sequence[Statement]) -> PQGen[list[PGresult]]:
        """Return the results of all, those of preparing a statement among them. After a failure nothing more is run."""
        connection, results = self._raw.pgconn, []
        preparing: list[str | None] = []
        for text, values in statements:
            if text not in self._prepared and text not in preparing:
                preparing.append(text)
                connection.send_prepare(_name(text, self._generation), text.encode())
            preparing.append(None)
            name = _name(text, self._generation)
            connection.send_query_prepared(name, [each.encode() for each in values], result_format=Format.BINARY)
        connection.pipeline_sync()
        yield from generators.send(connection)
        for prepared in preparing:
            (result,) = yield from generators.fetch_many(connection)
            if prepared and result.status == ExecStatus.COMMAND_OK:
                self._prepared.add(prepared)
            results.append(result)
        yield from generators.fetch_many(connection)
        return results

    def _forget(self) -> None:
        """Prepare everything anew, under other names: the server was told to forget (DEALLOCATE, DISCARD ALL)."""
        self._prepared.clear()
        self._generation += 1

    def _rows(self, result: PGresult, make: RowMaker) -> list[Any]:
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, make)


@lru_cache
def _name(text: str, generation: int) -> bytes:
    """Return the statement's name on the server."""
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}_{generation}".encode()
