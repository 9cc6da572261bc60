"""What members of staff did, by name: written before it is done, completed with how it ended. It holds no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.clauses import Clause, paged, within
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


class ActionOrder(StrEnum):
    """What the list of actions is sorted by."""

    AT = "at"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class ActionFilters:
    """What the listed actions have in common; what is empty narrows nothing.

    One of the subjects is a part of what the action was about.
    """

    name: str = ""
    subjects: tuple[str, ...] = ()
    day: date | None = None


EVERY_ACTION = ActionFilters()


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


def list_actions(
    t: Transaction,
    filters: ActionFilters = EVERY_ACTION,
    *,
    order: ActionOrder = ActionOrder.AT,
    descending: bool = True,
    limit: int,
    offset: int = 0,
) -> list[StaffAction]:
    """Return some of the actions that fit, in this order."""
    table = tables.staff_actions
    columns = [table.c.name, table.c.at] if order is ActionOrder.NAME else [table.c.at, table.c.id]
    query = paged(sa.select(table).where(*_fitting(t, filters)), columns, descending, limit, offset)
    rows = t.connection.execute(query)
    return [StaffAction(row.id, row.at, row.name, row.action, row.subject, row.status) for row in rows]


def count_actions(t: Transaction, filters: ActionFilters) -> int:
    """Return how many actions fit."""
    query = sa.select(sa.func.count()).select_from(tables.staff_actions).where(*_fitting(t, filters))
    return int(t.connection.execute(query).scalar_one())


def _fitting(t: Transaction, filters: ActionFilters) -> list[Clause]:
    table, clauses = tables.staff_actions, list[Clause]()
    if filters.name:
        clauses.append(table.c.name == filters.name)
    if filters.subjects:
        # The index of the subjects is read, and of the table only what fits.
        known = table.alias("known")
        parts = [known.c.subject.contains(part, autoescape=True) for part in filters.subjects]
        clauses.append(table.c.subject.in_(sa.select(known.c.subject).where(sa.or_(*parts))))
    if filters.day is not None:
        clauses.append(within(table.c.at, t.house.days.borders(filters.day)))
    return clauses


def _record(t: Transaction, staff_id: UUID | None, name: str, action: str, subject: str, status: int | None) -> UUID:
    action_id = uuid7(t.now)
    row = {"id": action_id, "at": t.now, "staff_id": staff_id, "name": name[:100], "action": action}
    t.connection.execute(sa.insert(tables.staff_actions).values(**row, subject=subject[:200], status=status))
    return action_id
