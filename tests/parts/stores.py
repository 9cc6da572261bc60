"""What a store holds, and which of its tables grow with each parcel."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, tables
from codes.store.backups import back_up
from codes.store.schema import migrate

on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For tests of what does not depend on the database that it comes from, such as a proof's bytes or a key file."""

GROWING = (
    "consignments",
    "delegate_parcels",
    "parcels",
    "holders",
    "codes",
    "verifications",
    "handovers",
    "delivery_attempts",
    "reports",
    "stays",
    "wishes",
    "events",
    "messages",
    "log_leaves",
    "log_nodes",
    "staff_actions",
)


@contextmanager
def migrated(url: str, **options: Any) -> Iterator[Database]:
    """Open a store with the newest schema until the block ends."""
    store = Database(url, **options)
    migrate(store)
    yield store
    store.close()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@cache
def empty_sqlite() -> bytes:
    """Return a SQLite file with the newest schema, made once in a test run."""
    with tempfile.TemporaryDirectory() as folder:
        with migrated(f"sqlite:///{folder}/doorcode.db"):
            pass
        return Path(folder, "doorcode.db").read_bytes()


def everything(codes: DeliveryCodes, folder: Path) -> bytes:
    """Return every byte that is kept: all files of SQLite and a backup, or all rows of all tables."""
    if codes.database.is_sqlite:
        back_up(codes.database, codes.ring, folder / f"backup-{codes.clock():%H%M%S%f}", codes.clock())
        store = Path(codes.database.url.database or "")
        return b"".join(path.read_bytes() for path in [*store.parent.rglob("*"), *folder.rglob("*")] if path.is_file())
    with codes.database.reading() as connection:
        return repr([connection.execute(sa.select(each)).all() for each in tables.metadata.sorted_tables]).encode()
