"""The key that signs checkpoints: a file apart from the database, which names it."""

from __future__ import annotations

from pathlib import Path

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
from codes.keys.private_files import replace_private_file
from codes.proving.checkpoint import key_id_of
from codes.store.database import Database

KEY_NAME = "sealing_key"
SEALING_KEY = "sealing-key.pem"
"""Its file, beside the key ring."""


class SealingKeyError(Exception):
    """The sealing key cannot be used as it is; a new one would make all earlier checkpoints somebody else's."""


def open_sealing_key(path: Path, database: Database) -> Ed25519PrivateKey:
    """Read the key that signs checkpoints; make one only for a database that never had any. Raises SealingKeyError."""
    table = tables.installation
    with database.reading() as connection:
        known = connection.execute(sa.select(table.c.value).where(table.c.name == KEY_NAME)).scalar()
    key = _read(path)
    if known is None:
        return _first_key(path, key, database)
    refuse_missing_key(path)
    assert key is not None
    if key_id_of(key.public_key()) != known:
        raise SealingKeyError(f"{path} belongs to another database; put the sealing key of this one back")
    return key


def refuse_missing_key(path: Path) -> None:
    """Raise SealingKeyError where the file is not there, before anything is done that needs it in the end."""
    if not path.exists():
        raise SealingKeyError(f"{path} is missing; put the sealing key back from its backup")


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
                pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                replace_private_file(path, pem)
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
