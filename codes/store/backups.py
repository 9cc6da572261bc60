"""Backups of the embedded database, taken while it works, and putting one back.

The key ring is not in them: who finds a backup must not find the keys. It is copied by itself.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from codes.keys.keyring import KeyRingFile
from codes.keys.private_files import flush, private_file, private_folder
from codes.store.database import Database
from codes.store.schema import SCHEMA_VERSION, SchemaUnknown, stored_version

STORE = "doorcode.db"
MANIFEST = "manifest.json"


class BackupError(Exception):
    """The backup cannot be made or put back as asked."""


def back_up(database: Database, ring: KeyRingFile, folder: Path, now: datetime) -> None:
    """Copy the store into a new folder, as it is at one moment, without stopping anybody. Raises BackupError."""
    _only_embedded(database)
    try:
        private_folder(folder.parent)
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise BackupError(f"{folder} exists already; name a new folder") from error
    manifest = {"made_at": now.isoformat(), "schema": SCHEMA_VERSION, "key_ring": ring().ring_id}
    try:
        for name in (STORE, MANIFEST):
            private_file(folder / name)
        _copy(Path(database.url.database or ""), folder / STORE)
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        for path in (folder / STORE, folder / MANIFEST, folder):
            flush(path)
    except BaseException as error:
        # Half a backup is none, and would stand in the way of the next one.
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, sqlite3.Error | OSError):
            raise BackupError(f"{folder} cannot be made ({error}); nothing is left of it") from error
        raise


def _copy(store: Path, copy: Path) -> None:
    source, target = sqlite3.connect(store), sqlite3.connect(copy)
    try:
        source.backup(target)
        (verdict,) = target.execute("PRAGMA integrity_check").fetchone()
    finally:
        target.close()
        source.close()
    if verdict != "ok":
        raise BackupError(f"the copy is damaged: {verdict}")


def put_back(database: Database, ring: KeyRingFile, folder: Path) -> None:
    """Replace the store by a backup, and raise the epoch first, so that no code of before can be used again.

    It is copied before that: where there is no room for it nothing has changed.

    What happened after the backup is gone: a code used then would else be alive again. The codes of parcels that
    are still open have to be renewed afterwards. Raises BackupError, or DatabaseInUse while the service runs.
    """
    _only_embedded(database)
    manifest = _manifest(folder)
    if manifest["key_ring"] != ring().ring_id:
        raise BackupError(f"{folder} belongs to another key ring; put that ring back first")
    store = Path(database.url.database or "")
    draft = store.with_suffix(".restoring")
    with database.unused():
        try:
            draft.unlink(missing_ok=True)
            private_file(draft)
            shutil.copyfile(folder / STORE, draft)
            flush(draft)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise BackupError(
                f"{folder} cannot be copied to {draft} ({error.strerror}); nothing has changed"
            ) from error
        ring.replace(ring().with_epoch_raised())
        for suffix in ("-wal", "-shm"):
            store.with_name(store.name + suffix).unlink(missing_ok=True)
        draft.replace(store)
        flush(store.parent)


def _manifest(folder: Path) -> dict[str, str]:
    # Nobody writes to it, and where it lies nothing may be written: a disc, a snapshot.
    address = f"{(folder / STORE).resolve().as_uri()}?immutable=1"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        with engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            known = (stored_version(connection) or "") <= SCHEMA_VERSION
    except (OSError, ValueError, sa.exc.DBAPIError) as error:
        raise BackupError(f"{folder} is no complete backup ({getattr(error, 'orig', error)})") from error
    except SchemaUnknown:
        known = False
    finally:
        engine.dispose()
    if not known:
        raise BackupError(f"this release does not know the schema of {folder}; put it back with the one that made it")
    if verdict != "ok":
        raise BackupError(f"{folder} is damaged: {verdict}")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("key_ring"), str):
        raise BackupError(f"{folder} is damaged: {MANIFEST} names no key ring")
    return manifest


def renew_killed_codes(
    renew_some: Callable[[int], int],
    go_on: Callable[[int], bool],
    together: int = 200,
) -> int:
    """Renew codes in groups until none is left, or ``go_on`` says no; each group is committed."""
    renewed = 0
    while some := renew_some(together):
        renewed += some
        if not go_on(renewed):
            break
    return renewed


def _only_embedded(database: Database) -> None:
    if not database.is_sqlite:
        raise BackupError("PostgreSQL is backed up by its own tools; see docs/operations.md")
