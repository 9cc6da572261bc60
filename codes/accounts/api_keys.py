"""API keys of senders: shown once, kept as digests, with scopes, a last use, and an end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.identifiers import uuid7
from codes.store.database import Database

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


@dataclass(frozen=True, slots=True)
class Sender:
    """The system that calls, known by its key. A test key works on parcels of its own."""

    key_id: UUID
    name: str
    scopes: frozenset[Scope]
    test: bool


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


class ApiKeys:
    """Makes, recognises and revokes API keys."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, name: str, scopes: Iterable[Scope] = tuple(Scope), *, test: bool = False) -> str:
        """Return a new key; it is shown this once."""
        now, key = self._clock(), (TEST_PREFIX if test else PREFIX) + secrets.token_urlsafe(24)
        row = {"id": uuid7(now), "name": name, "secret_digest": digest_of_secret(key), "created_at": now}
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(tables.api_keys).values(**row, scopes=" ".join(sorted(set(scopes))), test=test)
            )
        return key

    def sender_of(self, key: str) -> Sender | None:
        """Return who calls with a live key, and note the use."""
        table, now = tables.api_keys, self._clock()
        this = sa.and_(table.c.secret_digest == digest_of_secret(key), table.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(sa.select(table).where(this)).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY:
            with self._database.writing() as connection:
                connection.execute(sa.update(table).where(table.c.id == row.id).values(last_used_at=now))
        return Sender(row.id, row.name, _scopes(row.scopes), row.test)

    def listed(self) -> list[ListedKey]:
        """Return all keys, the newest first."""
        table = tables.api_keys
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.created_at.desc(), table.c.id)).all()
        return [
            ListedKey(row.id, row.name, _scopes(row.scopes), row.test, row.created_at, row.last_used_at, row.revoked_at)
            for row in rows
        ]

    def revoke(self, key_id: UUID) -> None:
        """End a key at once."""
        table = tables.api_keys
        live = sa.and_(table.c.id == key_id, table.c.revoked_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(sa.update(table).where(live).values(revoked_at=self._clock()))


def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in text.split())
