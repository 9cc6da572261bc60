"""What members of staff did, by name: written before it is done, completed with how it ended. It holds no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.transaction import Transaction
from codes.tables.base import uuid7


@dataclass(frozen=True, slots=True)
class StaffAction:
    """One action. ``status`` is the answer's HTTP status; None if the service died on the way."""

    action_id: UUID
    at: datetime
    name: str
    action: str
    subject: str
    status: int | None


def begin_action(t: Transaction, staff_id: UUID | None, name: str, action: str, subject: str) -> UUID:
    """Record that somebody is about to do something."""
    return _record(t, staff_id, name, action, subject, None)


def end_action(t: Transaction, action_id: UUID, status: int) -> None:
    """Record how it ended."""
    table = tables.staff_actions
    t.connection.execute(sa.update(table).where(table.c.id == action_id).values(status=status))


def log_action(t: Transaction, staff_id: UUID | None, name: str, action: str, subject: str, status: int) -> None:
    """Record something that is done in this very transaction."""
    _record(t, staff_id, name, action, subject, status)


def list_actions(t: Transaction, *, limit: int, name: str = "", subject: str = "") -> list[StaffAction]:
    """Return the newest actions, of one person or about one thing if asked."""
    table = tables.staff_actions
    query = sa.select(table).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
    if name:
        query = query.where(table.c.name == name)
    if subject:
        query = query.where(table.c.subject.contains(subject, autoescape=True))
    rows = t.connection.execute(query)
    return [StaffAction(row.id, row.at, row.name, row.action, row.subject, row.status) for row in rows]


def _record(t: Transaction, staff_id: UUID | None, name: str, action: str, subject: str, status: int | None) -> UUID:
    action_id = uuid7(t.now)
    row = {"id": action_id, "at": t.now, "staff_id": staff_id, "name": name[:100], "action": action}
    t.connection.execute(sa.insert(tables.staff_actions).values(**row, subject=subject[:200], status=status))
    return action_id
