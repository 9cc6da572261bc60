"""API keys of senders: shown once, kept as digests, with scopes, a last use, and an end."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.model import Realm
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

PREFIX = "doorcode_"
TEST_PREFIX = "doorcode_test_"
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may do."""

    PARCELS_READ = "parcels:read"
    PARCELS_WRITE = "parcels:write"
    PROOFS_READ = "proofs:read"
    EVENTS_READ = "events:read"
    STATISTICS_READ = "statistics:read"
    WEBHOOKS = "webhooks:manage"
    TICKETS_READ = "tickets:read"


USUAL_SCOPES = tuple(scope for scope in Scope if scope is not Scope.TICKETS_READ)
"""What a key may do for which nothing else was said: whoever has a ticket's address has its code."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The system that calls, known by its key. A test key works in a realm of its own.

    ``seen`` says that a use of the key was noted a moment ago.
    """

    key_id: UUID
    name: str
    scopes: frozenset[Scope]
    realm: Realm
    seen: bool

    @property
    def test(self) -> bool:
        """Tell whether it is the realm of test parcels."""
        return self.realm is Realm.TEST

    @property
    def announced_by(self) -> str:
        """Return who announces what comes with this key: the key, not its name, which others can have too."""
        return f"key:{self.key_id}"


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as the office lists it."""

    key_id: UUID
    name: str
    scopes: frozenset[Scope]
    test: bool
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def add_key(t: Transaction, name: str, scopes: Iterable[Scope] = USUAL_SCOPES, *, test: bool = False) -> str:
    """Return a new key; it is shown this once."""
    key = (TEST_PREFIX if test else PREFIX) + secrets.token_urlsafe(24)
    row = {"id": uuid7(t.now), "name": name, "secret_digest": digest_of_secret(key), "created_at": t.now}
    t.connection.execute(sa.insert(tables.api_keys).values(**row, scopes=" ".join(sorted(set(scopes))), test=test))
    return key


def sender_of_key(t: Transaction, key: str) -> Sender | None:
    """Return who calls with a live key."""
    table = tables.api_keys
    this = sa.and_(table.c.secret_digest == digest_of_secret(key), table.c.revoked_at.is_(None))
    row = t.connection.execute(sa.select(table).where(this)).one_or_none()
    if row is None:
        return None
    seen = row.last_used_at is not None and t.now - row.last_used_at < USE_IS_NOTED_EVERY
    return Sender(row.id, row.name, _scopes(row.scopes), Realm.TEST if row.test else Realm.LIVE, seen)


def note_use_of_key(t: Transaction, key_id: UUID) -> None:
    """Note when a key was used last."""
    table = tables.api_keys
    t.connection.execute(sa.update(table).where(table.c.id == key_id).values(last_used_at=t.now))


def listed_keys(t: Transaction) -> list[ListedKey]:
    """Return all keys, the newest first."""
    table = tables.api_keys
    rows = t.connection.execute(sa.select(table).order_by(table.c.created_at.desc(), table.c.id))
    return [
        ListedKey(row.id, row.name, _scopes(row.scopes), row.test, row.created_at, row.last_used_at, row.revoked_at)
        for row in rows
    ]


def is_any_key_for(t: Transaction, scope: Scope) -> bool:
    """Tell whether some key in use may do this."""
    scopes = t.connection.execute(sa.select(tables.api_keys.c.scopes).where(tables.api_keys.c.revoked_at.is_(None)))
    return any(scope in _scopes(each) for each in scopes.scalars())


def revoke_key(t: Transaction, key_id: UUID) -> None:
    """End a key at once."""
    table = tables.api_keys
    live = sa.and_(table.c.id == key_id, table.c.revoked_at.is_(None))
    t.connection.execute(sa.update(table).where(live).values(revoked_at=t.now))


def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in text.split())
