"""Proofs of delivery from the record, and the key that signs its checkpoints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from codes import tables
from codes.model import EventKind
from codes.parcels import parcel_id_of
from codes.proving.chain import ChainedEvent
from codes.proving.checkpoint import key_id_of
from codes.proving.events import events_of
from codes.proving.log import Log, NotSealed
from codes.proving.proof import proof_bytes
from codes.store.database import Database

KEY_NAME = "sealing_key"


class SealingKeyError(Exception):
    """The sealing key cannot be used as it is; a new one would make all earlier checkpoints somebody else's."""


class Proofs:
    """Makes proof files. A proof of what was not sealed yet seals it first."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log

    def of(self, reference: str) -> bytes:
        """Return a parcel's proof file. Raises UnknownParcel."""
        with self._database.reading() as connection:
            parcel_id = parcel_id_of(connection, reference)
        try:
            return self._sealed(parcel_id)
        except NotSealed:
            self._log.seal_these([parcel_id])
            return self._sealed(parcel_id)

    def _sealed(self, parcel_id: UUID) -> bytes:
        parcels = tables.parcels
        with self._database.reading() as connection:
            parcel = connection.execute(
                sa.select(parcels.c.reference, parcels.c.events).where(parcels.c.id == parcel_id)
            ).one()
            checkpoint, place, path = self._log.inclusion(connection, parcel_id, parcel.events)
            events = [
                ChainedEvent(parcel_id, event.position, event.kind.value, event.at, event.facts, event.link)
                for event in events_of(connection, parcel_id)
            ]
            keys = _device_keys(connection, events)
        return proof_bytes(events[: parcel.events], parcel.reference, keys, checkpoint, place, path)


def open_sealing_key(path: Path, database: Database) -> Ed25519PrivateKey:
    """Read the key that signs checkpoints; make one only for a database that never had any. Raises SealingKeyError."""
    table = tables.installation
    with database.reading() as connection:
        known = connection.execute(sa.select(table.c.value).where(table.c.name == KEY_NAME)).scalar()
    key = _read(path)
    if known is None:
        return _first_key(path, key, database)
    if key is None:
        raise SealingKeyError(f"{path} is missing; put the sealing key back from its backup")
    if key_id_of(key.public_key()) != known:
        raise SealingKeyError(f"{path} belongs to another database; put the sealing key of this one back")
    return key


def public_key_pem(key: Ed25519PrivateKey) -> bytes:
    """Return the public key for whoever wants to check (PEM, RFC 8410)."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key file. Raises SealingKeyError or OSError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise SealingKeyError(f"{path} is no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SealingKeyError(f"{path} is no Ed25519 key")
    return key


def _first_key(path: Path, key: Ed25519PrivateKey | None, database: Database) -> Ed25519PrivateKey:
    """The database names the key before its file is written, so of two processes that start at once one gives way."""
    fresh = key or Ed25519PrivateKey.generate()
    try:
        with database.writing() as connection:
            values = {"name": KEY_NAME, "value": key_id_of(fresh.public_key())}
            connection.execute(sa.insert(tables.installation).values(values))
            if key is None:
                _write(path, fresh)
    except sa.exc.IntegrityError:
        return open_sealing_key(path, database)
    return fresh


def _read(path: Path) -> Ed25519PrivateKey | None:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SealingKeyError(f"{path} is no private key; put the sealing key back from its backup") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SealingKeyError(f"{path} is no Ed25519 key; put the sealing key back from its backup")
    return key


def _write(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _device_keys(connection: sa.Connection, events: Sequence[ChainedEvent]) -> dict[str, bytes]:
    """Return the public keys of the devices that presented something, by device id."""
    ids = {str(event.facts["device"]) for event in events if event.kind == EventKind.PRESENTED.value}
    devices = tables.devices
    rows = connection.execute(
        sa.select(devices.c.id, devices.c.public_key).where(devices.c.id.in_([UUID(each) for each in sorted(ids)]))
    )
    return {str(row.id): row.public_key for row in rows}
