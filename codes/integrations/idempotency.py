"""The first answer to a call, kept under the caller's key (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.database import Database

RUNS_AT_MOST = timedelta(minutes=2)
KEPT = timedelta(hours=24)


class StillRunning(Exception):
    """The first call under this key has no answer yet."""


class OtherCall(Exception):
    """This key was used for another call."""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What the first call was answered."""

    status: int
    content_type: str
    location: str | None
    body: str


class Idempotency:
    """Remembers calls by who called and under which key."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def begin(self, caller: UUID, key: str, fingerprint: bytes) -> FirstAnswer | None:
        """Return the first answer, or None if this call is the first. Raises StillRunning or OtherCall."""
        return self._database.transact(lambda connection: self._begin(connection, caller, key, fingerprint))

    def end(self, caller: UUID, key: str, answer: FirstAnswer) -> None:
        """Keep the answer for whoever asks again."""
        values = {"status": answer.status, "content_type": answer.content_type, "location": answer.location}
        with self._database.writing() as connection:
            connection.execute(sa.update(_table).where(_this(caller, key)).values(**values, body=answer.body))

    def forget(self, caller: UUID, key: str) -> None:
        """Let the call be made again: it failed without a lasting answer."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(_table).where(_this(caller, key)))

    def _begin(self, connection: sa.Connection, caller: UUID, key: str, fingerprint: bytes) -> FirstAnswer | None:
        now = self._clock()
        row = connection.execute(sa.select(_table).where(_this(caller, key)).with_for_update()).one_or_none()
        if row is not None and row.started_at <= now - KEPT:
            connection.execute(sa.delete(_table).where(_this(caller, key)))
            row = None
        if row is None:
            # Of two that come at once, the second fails here and is begun again by `transact`.
            first = {"caller": caller, "key": key, "fingerprint": fingerprint, "started_at": now}
            connection.execute(sa.insert(_table).values(**first))
            return None
        if row.fingerprint != fingerprint:
            raise OtherCall
        if row.status is not None:
            return FirstAnswer(row.status, row.content_type, row.location, row.body)
        if row.started_at > now - RUNS_AT_MOST:
            raise StillRunning
        connection.execute(sa.update(_table).where(_this(caller, key)).values(started_at=now))
        return None


_table = tables.idempotency_keys


def _this(caller: UUID, key: str) -> Any:
    return sa.and_(_table.c.caller == caller, _table.c.key == key)
