"""What members of staff did in the office: written before it is done, completed with how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import uuid7
from codes.store.database import Database


@dataclass(frozen=True, slots=True)
class StaffAction:
    """One action. ``status`` is the answer's HTTP status; None if the service died on the way."""

    action_id: UUID
    at: datetime
    name: str
    action: str
    subject: str
    status: int | None


class StaffLog:
    """Records each action of staff by name; nothing of it holds a secret."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def begin(self, staff_id: UUID | None, name: str, action: str, subject: str) -> UUID:
        """Record that somebody is about to do something."""
        now = self._clock()
        action_id = uuid7(now)
        row = {"id": action_id, "at": now, "staff_id": staff_id, "name": name[:100], "action": action}
        with self._database.writing() as connection:
            connection.execute(sa.insert(tables.staff_actions).values(**row, subject=subject[:200]))
        return action_id

    def end(self, action_id: UUID, status: int) -> None:
        """Record how it ended."""
        table = tables.staff_actions
        with self._database.writing() as connection:
            connection.execute(sa.update(table).where(table.c.id == action_id).values(status=status))

    def listed(self, *, limit: int, name: str = "", subject: str = "") -> list[StaffAction]:
        """Return the newest actions, of one person or about one thing if asked."""
        table = tables.staff_actions
        query = sa.select(table).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
        if name:
            query = query.where(table.c.name == name)
        if subject:
            query = query.where(table.c.subject.contains(subject, autoescape=True))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [StaffAction(row.id, row.at, row.name, row.action, row.subject, row.status) for row in rows]
