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
    for name in (STORE, MANIFEST):
        private_file(folder / name)
    source = sqlite3.connect(database.url.database or "")
    target = sqlite3.connect(folder / STORE)
    try:
        source.backup(target)
        (verdict,) = target.execute("PRAGMA integrity_check").fetchone()
    finally:
        target.close()
        source.close()
    if verdict != "ok":
        raise BackupError(f"the copy is damaged: {verdict}")
    manifest = {"made_at": now.isoformat(), "schema": SCHEMA_VERSION, "key_ring": ring().ring_id}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    for path in (folder / STORE, folder / MANIFEST, folder):
        flush(path)


def put_back(database: Database, ring: KeyRingFile, folder: Path) -> None:
    """Replace the store by a backup, and raise the epoch first, so that no code of before can be used again.

    What happened after the backup is gone: a code used then would else be alive again. The codes of parcels that
    are still open have to be renewed afterwards. Raises BackupError, or DatabaseInUse while the service runs.
    """
    _only_embedded(database)
    manifest = _manifest(folder)
    if manifest["key_ring"] != ring().ring_id:
        raise BackupError(f"{folder} belongs to another key ring; put that ring back first")
    store = Path(database.url.database or "")
    with database.unused():
        ring.replace(ring().with_epoch_raised())
        draft = store.with_suffix(".restoring")
        shutil.copyfile(folder / STORE, draft)
        draft.chmod(0o600)
        flush(draft)
        for suffix in ("-wal", "-shm"):
            store.with_name(store.name + suffix).unlink(missing_ok=True)
        draft.replace(store)
        flush(store.parent)


def _manifest(folder: Path) -> dict[str, str]:
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(f"file:{folder / STORE}?mode=ro", uri=True))
    try:
        manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text())
        with engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            known = (stored_version(connection) or "") <= SCHEMA_VERSION
    except (OSError, ValueError, sa.exc.DBAPIError) as error:
        raise BackupError(f"{folder} is no complete backup ({error})") from error
    except SchemaUnknown:
        known = False
    finally:
        engine.dispose()
    if not known:
        raise BackupError(f"this release does not know the schema of {folder}; put it back with the one that made it")
    if verdict != "ok" or "key_ring" not in manifest:
        raise BackupError(f"{folder} is damaged: {verdict}")
    return manifest


def renew_killed_codes(
    renew_some: Callable[[int], int],
    progress: Callable[[int], None],
    together: int = 200,
) -> int:
    """Renew codes in groups until none is left; each group is committed, so it can be stopped and gone on with."""
    renewed = 0
    while some := renew_some(together):
        renewed += some
        progress(renewed)
    return renewed


def _only_embedded(database: Database) -> None:
    if not database.is_sqlite:
        raise BackupError("PostgreSQL is backed up by its own tools; see docs/operations.md")
