"""Backups: what is put back makes no used code alive again, and what is none is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from codes import Database, DeliveryCodes, Outcome, open_key_ring
from codes.keys.keyring import KeyRingFile, read_key_ring
from codes.life.issuing import renew_stale_codes
from codes.life.parcel_records import find_parcel
from codes.model import MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode
from codes.sealing.sealing_key import open_sealing_key
from codes.store.backups import BackupError, back_up, put_back, renew_killed_codes
from codes.store.database import DatabaseError, DatabaseInUse
from codes.store.schema import VERSION_TABLE, migrate
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import ALWAYS, SETTINGS, shown
from tests.parts.stores import room_for

Announce = Callable[..., ShownCode]


def test_a_restore_of_an_older_backup_leaves_spent_codes_dead(
    sqlite_url: str, tmp_path: Path, clock: TurnableClock
) -> None:
    """The drill: back up, hand over, put the older backup back; the code that was spent must not open again."""

    def opened() -> DeliveryCodes:
        database = Database(sqlite_url)
        database.claim()
        migrate(database)
        ring = open_key_ring(tmp_path / "secrets" / "keyring.json", database, clock)
        return DeliveryCodes(database, ring, open_sealing_key(tmp_path / "seal.pem", database), SETTINGS, ALWAYS, clock)

    codes = opened()
    from codes import Announcement, Person

    codes.announce([Announcement(f"P-{number}", Person("Sample Recipient", "a@example.org")) for number in (1, 2)])
    driver = enrolled(codes)
    spent, unspent = shown(codes, "P-1"), shown(codes, "P-2")
    back_up(codes.database, codes.ring, tmp_path / "backup", clock())
    assert codes.present(driver.presentation(spent.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    with pytest.raises(DatabaseInUse, match="stop it first"):
        put_back(Database(sqlite_url), codes.ring, tmp_path / "backup")
    codes.close()

    path = tmp_path / "secrets" / "keyring.json"
    put_back(Database(sqlite_url), KeyRingFile(path, read_key_ring(path)), tmp_path / "backup")
    codes = opened()
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert parcel.handed_over_at is None, "the older state is back"
    for reference, code in (("P-1", spent), ("P-2", unspent)):
        for text, outcome in ((code.payload, Outcome.REVOKED), (code.digits, Outcome.WRONG_CODE)):
            assert codes.present(driver.presentation(text, reference, now=clock())).outcome is outcome
    assert renew_killed_codes(lambda most: codes.write(renew_stale_codes, most), lambda _: True, together=1) == 2
    assert renew_killed_codes(lambda most: codes.write(renew_stale_codes, most), lambda _: True) == 0
    fresh = shown(codes, "P-2")
    assert codes.present(driver.presentation(fresh.payload, "P-2", now=clock())).outcome is Outcome.ACCEPTED
    kinds = [message.kind for message in codes.read(listed_messages, limit=100)]
    assert kinds.count(MessageKind.CODE_RENEWED) == 2
    codes.close()


def test_what_is_no_backup_is_refused_and_changes_nothing(
    sqlite_url: str, tmp_path: Path, clock: TurnableClock
) -> None:
    database = Database(sqlite_url)
    migrate(database)
    ring = open_key_ring(tmp_path / "secrets" / "keyring.json", database, clock)
    database.close()
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(BackupError):
            put_back(Database(sqlite_url), ring, folder)
    assert ring().epoch == 1
    back_up(database, ring, tmp_path / "backup", clock())
    with pytest.raises(BackupError, match="exists already"):
        back_up(database, ring, tmp_path / "backup", clock())
    (tmp_path / "backup" / "manifest.json").rename(tmp_path / "manifest")
    for nonsense in ("5", "{}", '["key_ring"]'):
        (tmp_path / "backup" / "manifest.json").write_text(nonsense)
        with pytest.raises(BackupError, match="names no key ring"):
            put_back(Database(sqlite_url), ring, tmp_path / "backup")
    (tmp_path / "manifest").replace(tmp_path / "backup" / "manifest.json")
    for unknown in (f"UPDATE {VERSION_TABLE} SET version_num = '9999'", f"DROP TABLE {VERSION_TABLE}"):
        with closing(sqlite3.connect(tmp_path / "backup" / "doorcode.db")) as copy, copy:
            copy.execute(unknown)
        with pytest.raises(BackupError, match="does not know the schema"):
            put_back(Database(sqlite_url), ring, tmp_path / "backup")
    (tmp_path / "backup" / "doorcode.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(BackupError):
        put_back(Database(sqlite_url), ring, tmp_path / "backup")
    assert ring().epoch == 1


def test_a_full_disk_leaves_neither_half_a_backup_nor_dead_codes(
    sqlite_database: Database, tmp_path: Path, clock: TurnableClock
) -> None:
    ring = open_key_ring(tmp_path / "secrets" / "keyring.json", sqlite_database, clock)
    backup = tmp_path / "50%2F full #1?"
    with room_for(20_000), pytest.raises(BackupError, match="nothing is left of it"):
        back_up(sqlite_database, ring, backup, clock())
    assert not backup.exists()
    back_up(sqlite_database, ring, backup, clock())
    sqlite_database.close()
    store = Path(sqlite_database.url.database or "")
    before = store.read_bytes()
    with room_for(20_000), pytest.raises(BackupError, match="nothing has changed"):
        put_back(sqlite_database, ring, backup)
    assert (ring().epoch, store.read_bytes(), store.with_suffix(".restoring").exists()) == (1, before, False)
    put_back(sqlite_database, ring, backup)
    assert ring().epoch == 2
    with room_for(20_000), pytest.raises(DatabaseError, match="not yet overwritten"):
        sqlite_database.overwrite_deleted(["holders"])
