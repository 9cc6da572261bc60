"""One door to SQLite and PostgreSQL: reading, writing, and bringing the schema up to date."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from codes.tables import metadata

SCHEMA_VERSION = "0020"
Result = TypeVar("Result")
_TRIES = 4
_RETRIED = {"40001", "40P01", "26000"}
"""SQLSTATEs of a transaction that was undone, and goes through when it is done again.

Serialization failure, deadlock, and a prepared statement that the server was told to forget.
"""
_MIGRATIONS = Path(__file__).parents[1] / "migrations"


class DatabaseError(Exception):
    """The database cannot be used as asked."""


class CommitInDoubt(DatabaseError):
    """Nobody can say whether the transaction took effect; ask again under the same id."""


class DatabaseInUse(DatabaseError):
    """Another process works with the database."""


class SchemaIsNewer(DatabaseError):
    """The schema was made by a newer release than this one."""


class Database:
    """A store that many may read at once.

    On SQLite one writes at a time. Writers, of this process and of others, queue at a blocking file lock,
    which lets them in one after the other; SQLite's own busy handler polls, and starves the unlucky.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = sa.make_url(url)
        if self.url.get_backend_name() == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turn = threading.Lock()
        self._claim: int | None = None
        if self.is_sqlite:
            Path(self.url.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.engine = sa.create_engine(self.url, pool_size=pool_size, max_overflow=64)
            sa.event.listen(self.engine, "connect", self._prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            # Prepared by psycopg itself, statements are lost at the next rollback, by DEALLOCATE ALL: ours with them.
            self.engine = sa.create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=8,
                pool_pre_ping=True,
                connect_args={"prepare_threshold": None},
            )
            sa.event.listen(self.engine, "connect", _heed_replication_warnings)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the store; nothing done with it is kept."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose work is committed durably at the end, or not at all.

        Raises CommitInDoubt if PostgreSQL could not confirm that a synchronous standby has it.
        """
        with self.alone(), self.engine.connect().execution_options(doorcode_writes=True) as connection:
            doubts: list[str] = connection.info.setdefault("doubts", [])
            doubts.clear()
            with connection.begin():
                yield connection
            if doubts:
                raise CommitInDoubt(doubts[0])

    def transact(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Do ``work`` in one transaction; again from the start if another transaction came first.

        Only what was certainly undone is done again. Anything else is raised, and may have taken effect.
        """
        for _ in range(_TRIES - 1):
            try:
                with self.writing() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as error:
                if not came_second(error):
                    raise
        with self.writing() as connection:
            return work(connection)

    def migrate(self) -> None:
        """Bring the schema to this release's version, one process at a time. Raises SchemaIsNewer."""
        if self.version() == SCHEMA_VERSION:
            return
        if self.is_sqlite:
            with self.writing() as connection:
                _upgrade(connection, self._stored_version(connection))
            return
        self._make_turn()
        with self.engine.begin() as connection:
            connection.execute(sa.text("SELECT id FROM migration_turn FOR UPDATE"))
            _upgrade(connection, self._stored_version(connection))

    def claim(self) -> None:
        """Say that this process works with the store until ``close``. Raises DatabaseInUse while it is replaced."""
        self._claim = self._hold(fcntl.LOCK_SH, "a backup is being put back; try again when that is done")

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Keep others from working with an embedded database. Raises DatabaseInUse if one does already."""
        descriptor = self._hold(fcntl.LOCK_EX, "the service is running; stop it first")
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _hold(self, how: int, advice: str) -> int | None:
        if not self.is_sqlite:
            return None
        descriptor = os.open(f"{self.url.database}.in-use", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise DatabaseInUse(advice) from error
        return descriptor

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def version(self) -> str | None:
        """Return the version of the schema as it stands; None for a store without any."""
        with self.reading() as connection:
            return self._stored_version(connection)

    @staticmethod
    def _stored_version(connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return version

    def _make_turn(self) -> None:
        """Make the row that migrating processes queue at. IF NOT EXISTS does not keep two from making it at once."""
        with suppress(sa.exc.IntegrityError), self.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS migration_turn (id integer PRIMARY KEY)"))
        with self.engine.begin() as connection:
            connection.execute(sa.text("INSERT INTO migration_turn VALUES (1) ON CONFLICT DO NOTHING"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep all other writers of an embedded database waiting."""
        if not self.is_sqlite:
            yield
            return
        with self._turn:
            descriptor = os.open(f"{self.url.database}.turn", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def _prepare_sqlite(self, dbapi_connection: Any, _record: Any) -> None:
        """Durable at every commit (a green must survive a power cut), readers never wait for the writer."""
        dbapi_connection.isolation_level = None
        for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            dbapi_connection.execute(f"PRAGMA {pragma}")
        if dbapi_connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            self._turn_to_wal(dbapi_connection)

    def _turn_to_wal(self, dbapi_connection: Any) -> None:
        """Change the journal, one connection at a time: SQLite asks no busy handler for this change."""
        directory = os.open(Path(self.url.database or "").parent, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            dbapi_connection.execute("PRAGMA journal_mode=WAL")
        finally:
            os.close(directory)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("doorcode_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _heed_replication_warnings(dbapi_connection: Any, record: Any) -> None:
    """A wait for the standby that was cancelled is reported as success with a warning of class 01000.

    Such a commit may vanish at a fail-over, so it counts as unknown.
    """
    doubts: list[str] = record.info.setdefault("doubts", [])

    def heed(diagnostic: Any) -> None:
        if diagnostic.severity_nonlocalized == "WARNING" and "synchronous replication" in diagnostic.message_primary:
            doubts.append(diagnostic.message_primary)

    dbapi_connection.add_notice_handler(heed)


def came_second(error: sa.exc.DBAPIError) -> bool:
    """Tell whether the transaction was undone for a cause that is gone, such as another one that took its place."""
    return isinstance(error, sa.exc.IntegrityError) or getattr(error.orig, "sqlstate", None) in _RETRIED


def _upgrade(connection: sa.Connection, stored: str | None) -> None:
    """Run the migrations; imported here because most starts need none."""
    if stored == SCHEMA_VERSION:
        return
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(migration_config(connection), "head")
    except CommandError as error:
        raise SchemaIsNewer(f"the database has schema {stored}, newer than this release's {SCHEMA_VERSION}") from error


def migration_config(connection: sa.Connection) -> Any:
    """Return Alembic's configuration for this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes.update(connection=connection, metadata=metadata)
    return config
