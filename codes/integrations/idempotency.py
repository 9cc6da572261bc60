"""The first answer to a call, kept under the caller's key (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.budgets import Budget, TooOften, charge
from codes.store.transaction import Transaction

RUNS_AT_MOST = timedelta(minutes=2)
KEPT = timedelta(hours=24)
MOST_PER_DAY = 100_000
"""So many keys a caller may use; each first answer is kept for a day."""
BYTES_A_KEY = 8000
"""A longer answer counts as several keys, so that what is kept of one caller stays below 800 MB."""


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


def begin_call(t: Transaction, caller: UUID, key: str, fingerprint: bytes) -> FirstAnswer | None:
    """Return the first answer, or None if this call is the first. Raises StillRunning, OtherCall or TooOften."""
    row = t.connection.execute(sa.select(_table).where(_this(caller, key)).with_for_update()).one_or_none()
    if row is not None and row.started_at <= t.now - KEPT:
        forget_call(t, caller, key)
        row = None
    if row is None:
        if not t.spend(Budget.IDEMPOTENCY_KEY, caller, MOST_PER_DAY):
            raise TooOften(f"no more than {MOST_PER_DAY} idempotency keys can be used in a day")
        # Of two that come at once, the second fails here, and its transaction is begun again.
        first = {"caller": caller, "key": key, "fingerprint": fingerprint, "started_at": t.now}
        t.connection.execute(sa.insert(_table).values(**first))
        return None
    if row.fingerprint != fingerprint:
        raise OtherCall
    if row.status is not None:
        return FirstAnswer(row.status, row.content_type, row.location, row.body)
    if row.started_at > t.now - RUNS_AT_MOST:
        raise StillRunning
    t.connection.execute(sa.update(_table).where(_this(caller, key)).values(started_at=t.now))
    return None


def end_call(t: Transaction, caller: UUID, key: str, answer: FirstAnswer) -> None:
    """Keep the answer for whoever asks again."""
    charge(t.connection, Budget.IDEMPOTENCY_KEY, caller, t.now.date(), len(answer.body.encode()) // BYTES_A_KEY)
    values = {"status": answer.status, "content_type": answer.content_type, "location": answer.location}
    t.connection.execute(sa.update(_table).where(_this(caller, key)).values(**values, body=answer.body))


def forget_call(t: Transaction, caller: UUID, key: str) -> None:
    """Let the call be made again: it failed without a lasting answer."""
    t.connection.execute(sa.delete(_table).where(_this(caller, key)))


_table = tables.idempotency_keys


def _this(caller: UUID, key: str) -> Any:
    return sa.and_(_table.c.caller == caller, _table.c.key == key)
