"""Slowing down whoever guesses: counts in the database, so that they hold over all workers and machines."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from codes import tables
from codes.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tries a subject may make within a span. A subject is kept as a digest: it may name a person."""

    subject: str
    most: int
    span: timedelta


def charge(t: Transaction, *limits: Limit) -> timedelta | None:
    """Count one try of each subject, before anything is compared; return how long to wait if one made too many.

    The first that is used up ends it: what is counted after it is shared with others, and whom it stops here shall
    not use that up for them.
    """
    for limit in limits:
        if wait := _charge(t, limit):
            return wait
    return None


def give_back(t: Transaction, *limits: Limit) -> None:
    """Take back the one try that was charged: it was right. The tries of others, and wrong ones, stay counted."""
    table = tables.throttles
    for limit in limits:
        this = sa.and_(table.c.subject == _digest(limit.subject), table.c.tries > 0)
        t.connection.execute(sa.update(table).where(this).values(tries=table.c.tries - 1))


def _charge(t: Transaction, limit: Limit) -> timedelta | None:
    table = tables.throttles
    insert: Any = sqlite.insert if t.connection.dialect.name == "sqlite" else postgresql.insert
    over = table.c.started_at <= t.now - limit.span
    statement = insert(table).values(subject=_digest(limit.subject), started_at=t.now, tries=1)
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.subject],
        set_={
            "tries": sa.case((over, 1), else_=table.c.tries + 1),
            "started_at": sa.case((over, t.now), else_=table.c.started_at),
        },
    ).returning(table.c.tries, table.c.started_at)
    row = t.connection.execute(statement).one()
    wait: timedelta = row.started_at + limit.span - t.now
    return wait if row.tries > limit.most else None


def _digest(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).digest()
