"""The database and the keys: there, of this release, durable, and readable for nobody else."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from codes import tables
from codes.keys.keyring import KeyRing, KeyRingError, read_key_ring
from codes.keys.private_files import is_open_to_others
from codes.life.issuing import holders_of_stale_codes
from codes.proving.checkpoint import key_id_of
from codes.sealing.publications import STOPPED
from codes.sealing.sealing_key import KEY_NAME, SEALING_KEY
from codes.store.database import Database, files_of
from codes.store.key_file import RING_NAME
from codes.store.patience import SERVING
from codes.store.schema import SCHEMA_VERSION, SchemaUnknown, version_of
from codes.store.store_url import parse_store_url, shown_place
from web.commands.checks.finding import Checked, missing, ok, own_name, warn
from web.commands.checks.postgresql import check_server
from web.commands.failures import mending
from web.processes.publishing import MEND_CHECKPOINTS

NEEDED_BYTES, WISHED_BYTES = 200 << 20, 2 << 30
CLOCK_BORNE = timedelta(seconds=5)
WAITED = timedelta(minutes=15)
COUNTED = 1000
FAR_AWAY = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "ceph")
IN_MEMORY = ("tmpfs", "ramfs")


def check_store(url: str, secrets: Path, now: datetime) -> Iterator[Checked]:
    """Look at the database, and then at the keys that belong to it."""
    address = parse_store_url(url)
    path = Path(address.database or "") if address.get_backend_name() == "sqlite" else None
    if path is not None and not path.is_file():
        if (secrets / "keyring.json").exists():
            words = f"{path} is not there, and the key ring in {secrets} belongs to another database"
            yield missing("database", words, "set DOORCODE_DATABASE_URL as the service has it, or put a backup back")
        else:
            words = f"{path} is not there yet"
            yield warn("database", words, ".venv/bin/python app.py run   (makes it at the first start)")
        yield from _keys(secrets, {}, set())
        return
    database = Database(url, patience=SERVING)
    try:
        version = version_of(database)
        yield _schema(version)
        yield from _durability(database, path)
        if version == SCHEMA_VERSION:
            yield from _contents(database, secrets, now)
    except SchemaUnknown as error:
        words, _, mend = str(error).partition(": ")
        yield missing("schema", words, mend)
    except sa.exc.DBAPIError as error:
        place = shown_place(database.url)
        words = " ".join(str(error.orig).split())[:200]
        mend = mending(error) or "start it, or set database_url in config.yaml"
        yield missing("database", f"{place}: {words}", mend)
    finally:
        database.close()


def check_rights(folder: Path, url: str) -> Checked:
    """See whether others on this machine can read the data folder or the embedded database."""
    for path in (folder, *files_of(parse_store_url(url))):
        if is_open_to_others(path):
            return missing("rights", f"others on this machine can read {path}", f"chmod go-rwx {path}")
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        return missing("rights", f"this user cannot write into {folder}", f"chown -R {own_name()} {folder}")
    return ok("rights", f"{folder} and the database are their owner's alone")


def check_disk(folder: Path) -> Checked:
    """See whether the disk has room for days to come."""
    standing = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(standing).free
    words = f"{free / (1 << 30):.1f} GiB free for {folder}"
    if free < NEEDED_BYTES:
        return missing("disk", words, "free some space: with a full disk no parcel can be released")
    return warn("disk", words, "free some space") if free < WISHED_BYTES else ok("disk", words)


def _schema(version: str | None) -> Checked:
    if version == SCHEMA_VERSION:
        return ok("schema", f"{version}, of this release")
    if version is not None and version > SCHEMA_VERSION:
        return missing(
            "schema", f"{version} is newer than this release's {SCHEMA_VERSION}", "install the newer release"
        )
    return warn(
        "schema", f"{version or 'none'}, this release's is {SCHEMA_VERSION}", "it is brought up at the next start"
    )


def _durability(database: Database, path: Path | None) -> Iterator[Checked]:
    """A green that was shown must survive a power cut."""
    if path is None:
        yield from check_server(database)
        return
    with database.reading() as connection:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        full = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    if (journal, full) == ("wal", 2):
        yield ok("database", f"{path}, WAL, synchronous FULL")
    else:
        yield missing("database", f"{path}: {journal}, synchronous {full}", "let nothing else open the file")
    yield from _file_system(path)


def _file_system(path: Path) -> Iterator[Checked]:
    kind = file_system_of(path)
    if kind in IN_MEMORY:
        yield warn("file system", f"{kind}: the database is gone after a restart", "set data_folder to a disk")
    elif kind.startswith(FAR_AWAY):
        yield missing(
            "file system", f"{kind} does not lock reliably", "set data_folder to a local disk, or use PostgreSQL"
        )


def file_system_of(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the kind of file system that a path lies on; empty where the system does not tell."""
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return ""
    resolved = str(path.resolve())
    fitting = [(len(parts[1]), parts[2]) for parts in lines if resolved.startswith(parts[1].rstrip("/") + "/")]
    return max(fitting, default=(0, ""))[1]


def _contents(database: Database, secrets: Path, now: datetime) -> Iterator[Checked]:
    messages = tables.messages.c
    with database.reading() as connection:
        named = {each.name: each.value for each in connection.execute(sa.select(tables.installation))}
        used = set(connection.execute(sa.select(tables.codes.c.key_id).distinct()).scalars())
        newest = connection.execute(sa.select(sa.func.max(tables.events.c.at))).scalar()
        there = now if database.is_sqlite else connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        late = connection.execute(
            sa.select(sa.func.count()).where(messages.due_at < now - WAITED, messages.tries == 0)
        ).scalar_one()
    yield _clock(now, there, newest)
    if stopped := named.get(STOPPED):
        yield missing("published", f"{stopped}; the worker has stopped", MEND_CHECKPOINTS)
    if late:
        words = f"{late} wait since more than {WAITED // timedelta(minutes=1)} minutes"
        yield warn("messages", words, ".venv/bin/python app.py worker   (or app.py run, which starts it)")
    yield from _keys(secrets, named, used)
    yield from _killed(database, secrets, now)


def _killed(database: Database, secrets: Path, now: datetime) -> Iterator[Checked]:
    """See whether a restore was stopped before everybody had a new code."""
    try:
        stale = holders_of_stale_codes(read_key_ring(secrets / "keyring.json").epoch, now).limit(COUNTED)
    except KeyRingError:
        return
    with database.reading() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(stale.subquery())).scalar_one()
    if count:
        words = f"{count:,}{' or more' if count == COUNTED else ''} recipients have had none that opens since a restore"
        yield missing("codes", words, ".venv/bin/python app.py restore --go-on")


def _clock(now: datetime, there: datetime, newest: datetime | None) -> Checked:
    apart = abs(now - there)
    if apart > CLOCK_BORNE:
        words = f"{apart.total_seconds():.0f} s away from the database's"
        return missing("clock", words, "sudo timedatectl set-ntp true   (on both machines)")
    if newest is not None and newest > now + CLOCK_BORNE:
        words = f"the newest event is from {newest:%Y-%m-%d %H:%M:%S} UTC, which is still to come"
        return missing("clock", words, "sudo timedatectl set-ntp true")
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, in step with the record")


def _keys(secrets: Path, named: Mapping[str, str], used: set[str]) -> Iterator[Checked]:
    """Look at the keys, and whether they are those that the database names."""
    path, known = secrets / "keyring.json", named.get(RING_NAME)
    if known is None and not path.exists():
        yield warn("key ring", "there is none yet", ".venv/bin/python app.py run   (makes it at the first start)")
        return
    try:
        ring = read_key_ring(path)
    except KeyRingError as error:
        words, _, mend = str(error).partition("; ")
        yield missing("key ring", words, mend)
        return
    yield _ring(path, ring, known, used)
    yield from _sealing_key(secrets / SEALING_KEY, named.get(KEY_NAME))
    for file in sorted(secrets.iterdir()):
        if stat.S_IMODE(file.stat().st_mode) & 0o077 or file.stat().st_uid != os.getuid():
            yield missing("secrets", f"{file} is not its owner's alone", f"chmod 600 {file}")
    if (secrets / "admin-password").exists():
        yield warn(
            "secrets", "the first password still lies there", f"keep it safe, then rm {secrets / 'admin-password'}"
        )


def _ring(path: Path, ring: KeyRing, known: str | None, used: set[str]) -> Checked:
    if known not in (None, ring.ring_id):
        return missing("key ring", f"{path} belongs to another database", "put the key file of this one back")
    if lost := used - set(ring.keys):
        words = f"{path} lacks {', '.join(sorted(lost))}, from which codes were made"
        return missing("key ring", words, "put the newest copy of the key file back")
    return ok("key ring", f"{len(ring.keys)} keys, epoch {ring.epoch}")


def _sealing_key(path: Path, known: str | None) -> Iterator[Checked]:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError):
        yield missing("sealing key", f"{path} cannot be read", "put the sealing key back from its copy")
        return
    if not isinstance(key, Ed25519PrivateKey):
        yield missing("sealing key", f"{path} is no Ed25519 key", "put the sealing key back from its copy")
    elif known not in (None, key_id_of(key.public_key())):
        yield missing("sealing key", f"{path} belongs to another database", "put the sealing key of this one back")
