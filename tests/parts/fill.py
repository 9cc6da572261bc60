"""Fill a store with any number of parcels of the usual shape, by the database itself, as if announced over a month.

Their codes and tickets are random bytes: nobody can present them. Those that a bench presents are announced by the
domain, spread over the same month, so that they lie among the others in every table and index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy.schema import CreateIndex, DropIndex

from codes import Database
from codes.tables import metadata

MONTH = timedelta(days=28)
BEGINNING = datetime.now(UTC).replace(microsecond=0) - MONTH
"""Recent enough that no code has expired."""
_MILLISECONDS = int(MONTH.total_seconds() * 1000)
_START = int(BEGINNING.timestamp() * 1000)
_TOGETHER = 1_000_000
Run = Callable[[str], object]

# For both databases: {id} makes a version 7 UUID of row n and a kind of row, {at} its time, {bytes} random bytes.
_ROWS = {
    "consignments": (
        "id, realm, announced_by, sender, created_at, wrong_digits",
        "{id:1}, 'live', 'house', 'Sample Shop', {at}, 0",
    ),
    "parcels": (
        "id, consignment_id, reference, number, announced_at, value_thousandths, currency, destination, gift,"
        " code_required, reason, events, head",
        "{id:1}, {id:1}, 'FILL-' || n, 'FILL' || n, {at}, 129900, 'EUR', 'address', {false},"
        " {true}, 'high_value', 3, {bytes:32}",
    ),
    "holders": (
        "id, consignment_id, kind, name, email, language, key_id, ticket_id, ticket_digest, salt, named_at",
        "{id:2}, {id:1}, 'recipient', 'Sample Recipient', 'fill-' || n || '@example.org', 'de', 'fill', {id:2},"
        " {bytes:32}, {bytes:16}, {at}",
    ),
    "codes": (
        "id, consignment_id, holder_id, key_id, epoch, token_digest, issued_at, expires_at",
        "{id:3}, {id:1}, {id:2}, 'fill', 1, {bytes:32}, {at}, {at}",
    ),
    "messages": (
        "id, parcel_id, holder_id, kind, queued_at, tries, sent_at, last_reply",
        "{id:4}, {id:1}, {id:2}, 'code_issued', {at}, 1, {at}, '250 OK'",
    ),
}
_EVENT = (
    "parcel_id, position, kind, at, facts, link",
    "{id:1}, {position}, '{kind}', {at}, '{{\"filled\":true}}', {bytes:32}",
)
_EVENTS = ((1, "announced"), (2, "policy_decided"), (3, "code_issued"))


def fill(database: Database, parcels: int) -> None:
    """Add so many parcels. Secondary indexes are dropped before and built afterwards."""
    speak = _Sqlite(parcels) if database.is_sqlite else _Postgres(parcels)
    with closing(_bare(database)) as connection:
        run = connection.execute
        speak.hurry(run)
        indexes = [index for table in metadata.sorted_tables for index in table.indexes]
        for index in indexes:
            run(str(DropIndex(index).compile(database.engine)))
        for start in range(0, parcels, _TOGETHER):
            numbers = (start, min(start + _TOGETHER, parcels))
            for table, (columns, values) in _ROWS.items():
                run(speak.insert(table, columns, values, numbers))
            for position, kind in _EVENTS:
                values = _EVENT[1].replace("{position}", str(position)).replace("{kind}", kind)
                run(speak.insert("events", _EVENT[0], values, numbers))
        for index in indexes:
            run(str(CreateIndex(index).compile(database.engine)))
        speak.settle(run)


def _bare(database: Database) -> Any:
    """Open a connection of the driver, in which each statement is a transaction."""
    if database.is_sqlite:
        return sqlite3.connect(database.url.database or "", isolation_level=None)
    return psycopg.connect(database.url.set(drivername="postgresql").render_as_string(False), autocommit=True)


class _Sqlite:
    """SQLite's words. While it is filled, nothing has to survive a power cut."""

    def __init__(self, parcels: int) -> None:
        self._step = _MILLISECONDS / max(1, parcels)

    def hurry(self, run: Run) -> None:
        """Give up durability for the time being."""
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-3000000", "temp_store=MEMORY"):
            run(f"PRAGMA {pragma}")

    def settle(self, run: Run) -> None:
        """Write everything down and gather statistics."""
        run("PRAGMA analysis_limit=1000")
        run("ANALYZE")
        run("PRAGMA wal_checkpoint(TRUNCATE)")
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "cache_size=-2000"):
            run(f"PRAGMA {pragma}")

    def insert(self, table: str, columns: str, values: str, numbers: tuple[int, int]) -> str:
        """Return the statement that adds rows n from the first number to before the second."""
        moment = f"({_START} + CAST(n * {self._step} AS INTEGER))"
        for kind in range(1, 5):
            # printf makes the 32 digits that SQLAlchemy stores for a UUID.
            made = f"printf('%012x7%03x8%015x', {moment}, {kind}, n)"
            values = values.replace(f"{{id:{kind}}}", made)
        at = f"strftime('%Y-%m-%d %H:%M:%S.000000', {moment} / 1000, 'unixepoch')"
        values = values.replace("{at}", at).replace("{true}", "1").replace("{false}", "0").replace("{{", "{")
        for length in (16, 32):
            values = values.replace(f"{{bytes:{length}}}", f"randomblob({length})")
        numbered = (
            f"WITH RECURSIVE c(n) AS (SELECT {numbers[0]} UNION ALL SELECT n + 1 FROM c WHERE n + 1 < {numbers[1]})"
        )
        return f"INSERT INTO {table} ({columns}) {numbered} SELECT {values.replace('}}', '}')} FROM c"


class _Postgres:
    """PostgreSQL's words."""

    def __init__(self, parcels: int) -> None:
        self._step = _MILLISECONDS / max(1, parcels)

    def hurry(self, run: Run) -> None:
        """Check no foreign keys, and do not wait for the disk, for the time being."""
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '1GB'",
        ):
            run(f"SET {setting}")

    def settle(self, run: Run) -> None:
        """Gather statistics and write everything down."""
        run("VACUUM ANALYZE")
        run("CHECKPOINT")

    def insert(self, table: str, columns: str, values: str, numbers: tuple[int, int]) -> str:
        """Return the statement that adds rows n from the first number to before the second."""
        moment = f"({_START} + (n * {self._step})::bigint)"
        for kind in range(1, 5):
            made = f"lpad(to_hex({moment}), 12, '0') || '700{kind}8' || lpad(to_hex(n), 15, '0')"
            values = values.replace(f"{{id:{kind}}}", f"({made})::uuid")
        values = values.replace("{at}", f"to_timestamp({moment} / 1000)")
        values = values.replace("{true}", "true").replace("{false}", "false").replace("{{", "{").replace("}}", "}")
        digest = "sha256((n::text || random()::text)::bytea)"
        values = values.replace("{bytes:32}", digest).replace("{bytes:16}", f"substr({digest}, 1, 16)")
        numbered = f"generate_series({numbers[0]}::bigint, {numbers[1] - 1}) n"
        return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {numbered}"
