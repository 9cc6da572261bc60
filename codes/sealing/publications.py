"""Which checkpoints were delivered to which outsiders, and whether publishing had to stop."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from codes import tables
from codes.store.transaction import Transaction

STOPPED = "publishing_stopped"
LONGEST_REASON = 200


def last_delivered(transaction: Transaction, target: str) -> tuple[int, datetime | None]:
    """Return the number of the last checkpoint that a target has certainly got, and when it got it."""
    table = tables.publications
    row = transaction.connection.execute(sa.select(table).where(table.c.target == target)).one_or_none()
    return (row.number, row.at) if row else (0, None)


def note_delivered(transaction: Transaction, target: str, number: int) -> None:
    """Record that a target has got everything up to this checkpoint."""
    table = tables.publications
    values = {"number": number, "at": transaction.now}
    changed = transaction.connection.execute(sa.update(table).where(table.c.target == target).values(**values))
    if changed.rowcount == 0:
        transaction.connection.execute(sa.insert(table).values(target=target, **values))


def publishing_stopped(transaction: Transaction) -> str | None:
    """Return why nothing is published any more; None while everything is in order."""
    table = tables.installation
    found: str | None = transaction.connection.execute(sa.select(table.c.value).where(table.c.name == STOPPED)).scalar()
    return found


def note_stopped(transaction: Transaction, reason: str | None) -> None:
    """Record why nothing is published any more, or that it goes on."""
    table = tables.installation
    transaction.connection.execute(sa.delete(table).where(table.c.name == STOPPED))
    if reason is not None:
        transaction.connection.execute(sa.insert(table).values(name=STOPPED, value=reason[:LONGEST_REASON]))
