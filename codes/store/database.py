"""One door to SQLite and PostgreSQL: reading, writing, and keeping others out."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from codes.keys.private_files import close_to_others, private_file, private_folder
from codes.store.patience import LONG_SECONDS, UNHURRIED, Patience, patient
from codes.store.store_url import parse_store_url

Result = TypeVar("Result")
_TRIES = 4
_RETRIED = {"40001", "40P01", "26000"}
"""SQLSTATEs of a transaction that was undone, and goes through when it is done again.

Serialization failure, deadlock, and a prepared statement that the server was told to forget.
"""
_AT_ONCE_SECONDS = 1.0
_CACHE_KIBIBYTES = 65_536
"""SQLite keeps so much of the file at hand: the upper levels of every index of ten million parcels.

With its own 2 MB they are read again and again, for each of a verification's dozen look-ups.
"""


class DatabaseError(Exception):
    """The database cannot be used as asked."""


class NoAnswer(DatabaseError):
    """The database kept silent for too long; nobody can say what took effect, so ask again under the same id."""


class NotCommitting(DatabaseError):
    """The server takes no commit: it is a standby, or waits for one that does not confirm."""


class CommitInDoubt(DatabaseError):
    """Nobody can say whether the transaction took effect; ask again under the same id."""


class DatabaseInUse(DatabaseError):
    """Another process works with the database."""


class DedicatedConnection:
    """A connection that one thread keeps for transaction after transaction, set up for the hot path.

    It saves what the pool costs each time: the check-out, and PostgreSQL's round trip to see whether it lives. An
    error ends it; the next transaction opens another one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether the connection was used before, and so may have broken since."""
        return self._connection is not None

    def __enter__(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._database.engine.connect().execution_options(doorcode_writes=True)
            try:
                self._database.set_up_for_batches(self._connection)
            except BaseException:
                self.close()
                raise
        return self._connection

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            self.close()
            if isinstance(error, sa.exc.DBAPIError) and is_cut_off(error):
                self._database.forget_connections()

    def close(self) -> None:
        """End the connection, broken or not. It goes back to no pool: nobody else could use it as it is set up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sa.exc.DBAPIError):
                connection.invalidate()
                connection.close()


class Database:
    """A store that many may read at once.

    On SQLite one writes at a time. Writers, of this process and of others, queue at a blocking file lock,
    which lets them in one after the other; SQLite's own busy handler polls, and starves the unlucky.
    """

    def __init__(self, url: str, *, pool_size: int = 8, patience: Patience = UNHURRIED) -> None:
        self.patience = patience
        self.url = parse_store_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turn = threading.Lock()
        self._claim: int | None = None
        if self.is_sqlite:
            path = Path(self.url.database or "")
            private_folder(path.parent)
            # SQLite makes its other files with the rights of this one.
            private_file(path)
            self.engine = sa.create_engine(self.url, pool_size=pool_size, max_overflow=64, hide_parameters=True)
            sa.event.listen(self.engine, "connect", self._prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            from codes.store import postgresql

            self.engine = sa.create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=8,
                pool_pre_ping=True,
                hide_parameters=True,
                pool_timeout=patience.reply_seconds,
                connect_args={"prepare_threshold": None, **postgresql.TIMEOUTS},
            )
            sa.event.listen(self.engine, "do_connect", postgresql.connect_within(patience.reply_seconds))
            sa.event.listen(self.engine, "connect", postgresql.heed_replication_warnings)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the store; nothing done with it is kept."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, dedicated: DedicatedConnection | None = None) -> Iterator[sa.Connection]:
        """Give a connection whose work is committed durably at the end, or not at all.

        Raises CommitInDoubt if PostgreSQL could not confirm that a synchronous standby has it.
        """
        with self.alone(), dedicated or self._pooled() as connection:
            doubts: list[str] = connection.info.setdefault("doubts", [])
            doubts.clear()
            with connection.begin():
                if not self.is_sqlite:
                    from codes.store import postgresql

                    postgresql.set_up_transaction(connection)
                yield connection
            if doubts:
                raise CommitInDoubt(doubts[0])

    def transact(self, work: Callable[[sa.Connection], Result], dedicated: DedicatedConnection | None = None) -> Result:
        """Do ``work`` in one transaction; again from the start if another transaction came first.

        Only what was certainly undone is done again. Anything else is raised, and may have taken effect. Over a
        dedicated connection that broke it is done again, too: what is done there changes nothing when it is repeated.
        One that kept silent first is not: who waits for it has no time left.
        """
        began = time.monotonic()
        for tries_left in reversed(range(_TRIES)):
            may_have_broken = dedicated is not None and dedicated.is_open
            try:
                with self.writing(dedicated) as connection:
                    return work(connection)
            except sa.exc.DBAPIError as error:
                had_broken = may_have_broken and is_cut_off(error) and time.monotonic() - began < _AT_ONCE_SECONDS
                if not tries_left or not (came_second(error) or had_broken):
                    raise
        raise AssertionError("the last try returns or raises")

    def set_up_for_batches(self, connection: sa.Connection) -> None:
        """Set a connection up for the hot path. Raises NotCommitting where nothing could be committed over it."""
        if self.is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        else:
            from codes.store import postgresql

            postgresql.set_up_for_batches(connection)

    def prove_committable(self, connection: sa.Connection) -> None:
        """Do in a transaction what changes nothing, and yet has to be committed durably like anything else."""
        if self.is_sqlite:
            # The connection may hold a file that is no longer in its place.
            with self.reading() as anew:
                anew.exec_driver_sql("SELECT count(*) FROM sqlite_master")
            # A number that nobody uses, as it is: the disk has to take it all the same.
            connection.exec_driver_sql("PRAGMA user_version = 0")
        else:
            from codes.store import postgresql

            postgresql.prove_committable(connection)

    def forget_connections(self) -> None:
        """Close what waits in the pool: behind a connection that kept silent there may be none that speaks."""
        self.engine.dispose()

    def _pooled(self) -> sa.Connection:
        return self.engine.connect().execution_options(doorcode_writes=True)

    def claim(self) -> None:
        """Say that this process works with the store until ``close``; its files are closed to others from now on.

        Raises DatabaseInUse while it is replaced, and TooOpen.
        """
        close_to_others(files_of(self.url))
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

    def overwrite_deleted(self, names: Sequence[str]) -> None:
        """Leave nothing of deleted rows of these tables in the files, where they lie until they are written over."""
        if self.is_sqlite:
            with self.alone(), closing(sqlite3.connect(self.url.database or "", timeout=60)) as connection:
                connection.isolation_level = None
                try:
                    for command in ("PRAGMA secure_delete=ON", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                        connection.execute(command)
                except sqlite3.Error as error:
                    words = f"what was deleted is not yet overwritten in the files of the database ({error})"
                    raise DatabaseError(f"{words}; free as much space as they take, and do the same again") from error
            return
        vacuum = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with patient(LONG_SECONDS), vacuum as outside:
            for name in names:
                outside.execute(sa.text(f"VACUUM {name}"))

    def _prepare_sqlite(self, dbapi_connection: Any, _record: Any) -> None:
        """Durable at every commit (a green must survive a power cut), readers never wait for the writer."""
        dbapi_connection.isolation_level = None
        for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            dbapi_connection.execute(f"PRAGMA {pragma}")
        # SQLite has this itself from 3.41 on.
        dbapi_connection.create_function("unhex", 1, bytes.fromhex, deterministic=True)
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


def is_cut_off(error: sa.exc.DBAPIError) -> bool:
    """Tell whether the connection is gone: cut off, or ended by the server (SQLSTATE 57P0x)."""
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None)).startswith("57P")


def came_second(error: sa.exc.DBAPIError) -> bool:
    """Tell whether the transaction was undone for a cause that is gone, such as another one that took its place."""
    return isinstance(error, sa.exc.IntegrityError) or getattr(error.orig, "sqlstate", None) in _RETRIED


def files_of(url: sa.URL) -> list[Path]:
    """Return the files of an embedded database, whether they are there or not; of another there are none."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    return [Path(url.database + ending) for ending in ("", "-wal", "-shm", "-journal", ".turn", ".in-use")]
