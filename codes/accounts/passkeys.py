"""Passkeys (WebAuthn): key pairs of staff's own devices, which sign in by themselves, with what unlocks the device.

A challenge is derived and nothing is stored of it: it says when it was given, and a passkey takes none that is not
newer than the one it answered last, so no answer is good twice.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.sessions import end_sessions, reset_password
from codes.accounts.staff import Credentials, credentials_named
from codes.keys.keyring import KeyRing
from codes.store.transaction import Transaction
from codes.tables.base import record_of, uuid7

CHALLENGE_WITHIN = timedelta(minutes=5)
MOST = 10
"""So many has one person at once."""
_NONCE_BYTES, _TIME_BYTES, _SEAL_BYTES = 16, 8, 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TooManyPasskeys(Exception):
    """Nobody needs as many; one that is lost is removed first."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it, and what an answer of it is checked with."""

    passkey_id: UUID
    staff_id: UUID
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    added_at: datetime
    used_at: datetime | None


def new_challenge(ring: KeyRing, purpose: bytes, now: datetime) -> bytes:
    """Return a challenge that is good for this purpose, for some minutes."""
    told = secrets.token_bytes(_NONCE_BYTES) + _microseconds(now).to_bytes(_TIME_BYTES, "big")
    return told + _seal(ring.key(ring.current), purpose, told)


def given_at(ring: KeyRing, purpose: bytes, challenge: bytes, now: datetime) -> datetime | None:
    """Return when a challenge was given for this purpose; None for one that is not ours or too old."""
    told, seal = challenge[:-_SEAL_BYTES], challenge[-_SEAL_BYTES:]
    ours = any(hmac.compare_digest(_seal(ring.key(key_id), purpose, told), seal) for key_id in ring.keys)
    if not ours or len(told) != _NONCE_BYTES + _TIME_BYTES:
        return None
    given = _EPOCH + timedelta(microseconds=int.from_bytes(told[_NONCE_BYTES:], "big"))
    return given if given <= now < given + CHALLENGE_WITHIN else None


def add_passkey(t: Transaction, staff_id: UUID, name: str, credential_id: bytes, public_key: bytes, count: int) -> None:
    """Keep a person's new passkey. Raises TooManyPasskeys."""
    if len(passkeys_of(t, staff_id)) >= MOST:
        raise TooManyPasskeys
    row = {"id": uuid7(t.now), "staff_id": staff_id, "name": name[:60], "added_at": t.now, "challenge_at": t.now}
    key = {"credential_id": credential_id, "public_key": public_key, "sign_count": count}
    t.connection.execute(sa.insert(tables.passkeys).values(row | key))


def passkeys_of(t: Transaction, staff_id: UUID) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    table = tables.passkeys
    return [_passkey(row) for row in t.connection.execute(_all().where(table.c.staff_id == staff_id))]


def passkey_with(t: Transaction, credential_id: bytes) -> Passkey | None:
    """Return the passkey that calls itself so."""
    row = t.connection.execute(_all().where(tables.passkeys.c.credential_id == credential_id)).one_or_none()
    return None if row is None else _passkey(row)


def use_passkey(t: Transaction, passkey: Passkey, count: int, given: datetime) -> Credentials | None:
    """Spend the answer to a challenge that was given then; returns whose it is, with no other factor due.

    None where an answer to this or a newer challenge was taken before, or the count says that the key was copied.
    """
    table, staff = tables.passkeys, tables.staff
    grows = table.c.sign_count < count if count else table.c.sign_count == 0
    this = sa.and_(table.c.id == passkey.passkey_id, table.c.challenge_at < given, grows)
    values = {"challenge_at": given, "sign_count": count, "used_at": t.now}
    if not t.connection.execute(sa.update(table).where(this).values(**values)).rowcount:
        return None
    name = t.connection.execute(sa.select(staff.c.name).where(staff.c.id == passkey.staff_id)).scalar_one()
    found = credentials_named(t, name)
    return found and replace(found, second_factor=False)


def remove_passkey(t: Transaction, staff_id: UUID, passkey_id: UUID) -> None:
    """Forget a passkey of this person."""
    table = tables.passkeys
    t.connection.execute(sa.delete(table).where(table.c.id == passkey_id, table.c.staff_id == staff_id))


def passkeys_of_all(t: Transaction) -> Mapping[UUID, list[Passkey]]:
    """Return everybody's passkeys by person, the oldest first."""
    found: dict[UUID, list[Passkey]] = {}
    for row in t.connection.execute(_all()):
        found.setdefault(row.staff_id, []).append(_passkey(row))
    return found


def take_passkey_away(t: Transaction, staff_id: UUID, passkey_id: UUID) -> None:
    """Forget a passkey that somebody has lost, and end that person's sessions: one may be the finder's."""
    remove_passkey(t, staff_id, passkey_id)
    end_sessions(t, staff_id)


def reset_account(t: Transaction, staff_id: UUID, password_hash: str) -> None:
    """Give a person a new password; every session of theirs ends, and no passkey that somebody added lets in."""
    reset_password(t, staff_id, password_hash)
    t.connection.execute(sa.delete(tables.passkeys).where(tables.passkeys.c.staff_id == staff_id))


def _all() -> sa.Select[tuple[object, ...]]:
    return sa.select(tables.passkeys).order_by(tables.passkeys.c.id)


def _passkey(row: sa.Row) -> Passkey:  # type: ignore[type-arg]
    return record_of(Passkey, row, passkey_id=row.id)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _seal(key: bytes, purpose: bytes, told: bytes) -> bytes:
    return hmac.digest(key, b"passkey " + purpose + told, hashlib.sha256)[:_SEAL_BYTES]
