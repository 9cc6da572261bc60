"""The key ring that belongs to a database: the database names it, so that the two cannot be mixed up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from codes import tables
from codes.keys.keyring import KeyRingFile, KeyRingMissing, WrongKeyRing, new_key_ring, read_key_ring, write_key_ring
from codes.store.database import Database, files_of
from codes.store.schema import version_of
from codes.store.store_url import parse_store_url, shown_place

RING_NAME = "key_ring"


def open_key_ring(path: Path, database: Database, clock: Callable[[], datetime]) -> KeyRingFile:
    """Read the key ring that belongs to this database; make one only for a database that never had any.

    Raises KeyRingMissing, KeyRingUnreadable or WrongKeyRing: a lost key file is a stop, never a new key.
    """
    table = tables.installation
    with database.reading() as connection:
        known = connection.execute(sa.select(table.c.value).where(table.c.name == RING_NAME)).scalar()
    if known is None:
        return _first_key_ring(path, database, clock)
    ring = read_key_ring(path)
    if ring.ring_id != known:
        raise WrongKeyRing(f"{path} belongs to another database; put the key file of this one back")
    return KeyRingFile(path, ring)


def refuse_new_store(url: str, path: Path) -> None:
    """Raise WrongKeyRing where a key ring lies ready, and the store that is to be opened is still a new one.

    A command that lacks the service's environment would else make a store of its own, and say that all is well.
    """
    # The ring is written after the store, so where it is there now its store is, too.
    if path.exists() and _is_new(url):
        raise WrongKeyRing(
            f"{path} belongs to another database, and {shown_place(parse_store_url(url))} is new: set database_url or "
            "DOORCODE_DATABASE_URL as the service has it; to begin anew, move the folder of the key ring away"
        )


def _is_new(url: str) -> bool:
    files = files_of(parse_store_url(url))
    if files and not files[0].exists():
        return True
    database = Database(url)
    try:
        return version_of(database) is None
    finally:
        database.close()


def _first_key_ring(path: Path, database: Database, clock: Callable[[], datetime]) -> KeyRingFile:
    """Give a new database its key ring: the one that lies there, or a fresh one.

    The database names the ring before its file is written, so of two processes that start at once one gives way.
    """
    try:
        ring = read_key_ring(path)
    except KeyRingMissing:
        ring = new_key_ring(clock())
    try:
        with database.writing() as connection:
            connection.execute(sa.insert(tables.installation).values(name=RING_NAME, value=ring.ring_id))
            write_key_ring(path, ring)
    except sa.exc.IntegrityError:
        return open_key_ring(path, database, clock)
    return KeyRingFile(path, ring)
