"""PostgreSQL's own: connections that give up a server which says nothing, and whether it can commit (docs/adr/0023)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import RV, PQGen

from codes.store.database import NotCommitting
from codes.store.patience import LONG_SECONDS, longer_patience

TIMEOUTS = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}
"""A network that swallows everything is noticed within seconds, whatever the URL says (libpq, 34.1.2)."""
_FOR_BATCHES = {
    "TimeZone": "UTC",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "2500ms",
    "client_connection_check_interval": "1s",
}
"""PostgreSQL plans each statement of the hot path once, and by indexes.

Left alone, it plans most of them anew each time, because their parameters are arrays; and one that it planned while
its table was empty reads the table whole, more and more of it, until the table is analysed.
What waits for a lock when its client has gone ends by itself: nobody cancels it, and it would hold its own locks.
"""
_SET = sa.text(
    f"SELECT set_config(name, value, :for_one) FROM (VALUES {', '.join(map(str, _FOR_BATCHES.items()))})"
    # A database that knows no such setting keeps to its own way.
    " AS wanted (name, value) WHERE name IN (SELECT name FROM pg_settings)"
)
_STATE = sa.text(
    "SELECT pg_backend_pid() AS process, pg_is_in_recovery() AS standby,"
    " EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    " AND query_start < clock_timestamp() - interval '2 seconds') AS waiting"
)


class ServerIsSilent(psycopg.OperationalError):
    """The server did not reply in time, so its connection was closed."""


class PatientConnection(psycopg.Connection[Any]):
    """Waits for each reply no longer than the patience of whoever asks, and then closes its socket.

    It never cancels: a commit that waits for a synchronous standby and is cancelled is told as done.
    """

    reply_seconds = LONG_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for one reply. Raises ServerIsSilent."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        seconds = max(self.reply_seconds, longer_patience())
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise ServerIsSilent(f"no reply within {seconds:g} s") from error


def connect_within(reply_seconds: float) -> Callable[..., PatientConnection]:
    """Return what opens connections that wait so long for a reply, for SQLAlchemy's ``do_connect``."""

    def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **named)
        connection.reply_seconds = reply_seconds
        return connection

    return connect


def heed_replication_warnings(dbapi_connection: Any, record: Any) -> None:
    """A wait for the standby that was cancelled is reported as success with a warning of class 01000.

    Such a commit may vanish at a fail-over, so it counts as unknown.
    """
    doubts: list[str] = record.info.setdefault("doubts", [])

    def heed(diagnostic: Any) -> None:
        if diagnostic.severity_nonlocalized == "WARNING" and "synchronous replication" in diagnostic.message_primary:
            doubts.append(diagnostic.message_primary)

    dbapi_connection.add_notice_handler(heed)


def set_up_for_batches(connection: sa.Connection) -> None:
    """Set a connection up for the hot path. Raises NotCommitting where nothing could be committed over it."""
    driver: Any = connection.connection.driver_connection
    state = connection.execute(_STATE).one()
    # A pooler makes up the process that it names. It may give each transaction another one, in which nothing that was
    # prepared or set before holds; what is set for one transaction is gone before the next caller comes.
    connection.info["set_up_each"] = pooled = state.process != driver.info.backend_pid
    if not pooled:
        driver.prepare_threshold = 0
        connection.execute(_SET, {"for_one": False})
    connection.commit()
    if state.standby:
        raise NotCommitting("the server is a standby, which only reads")
    # Each further commit would hold a server process and its locks for as long as the standby is away.
    if state.waiting:
        raise NotCommitting("a commit waits for a synchronous standby that does not confirm")


def set_up_transaction(connection: sa.Connection) -> None:
    """Set up a transaction of the hot path, where its connection cannot be."""
    if connection.info.get("set_up_each"):
        connection.execute(_SET, {"for_one": True})


def prove_committable(connection: sa.Connection) -> None:
    """Write into the log of the server what means nothing, so that the commit is one that waits for its standby."""
    connection.execute(sa.text("SELECT pg_logical_emit_message(true, 'doorcode', '')"))
