"""Who works in the office: staff by name and password, and what they may do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.passwords import password_fits
from codes.proving.commitment import SALT_BYTES
from codes.proving.house import HouseEventKind, note, password_digest, staff_facts
from codes.store.transaction import Transaction
from codes.tables.base import record_of, uuid7

SHORTEST_PASSWORD = 10


class Role(StrEnum):
    """What a member of staff may do."""

    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    COUNTER = "counter"
    AUDITOR = "auditor"


class Task(StrEnum):
    """What is done at a counter."""

    HAND_OVER = "hand_over"
    INTAKE = "intake"
    SUPERVISE = "supervise"


TASKS: dict[Role, frozenset[Task]] = {
    Role.ADMIN: frozenset(Task),
    Role.SUPERVISOR: frozenset(Task),
    Role.COUNTER: frozenset({Task.HAND_OVER, Task.INTAKE}),
    Role.DISPATCHER: frozenset({Task.INTAKE}),
    Role.AUDITOR: frozenset(),
}
"""What a role does at counters, where nothing else was granted to the person."""


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in member of staff; ``granted`` are the tasks that stand in the place of the role's, if any do."""

    staff_id: UUID
    name: str
    role: Role
    granted: frozenset[Task] | None = None

    @property
    def tasks(self) -> frozenset[Task]:
        """Return what they may do at a counter."""
        return TASKS[self.role] if self.granted is None else self.granted


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff as the office lists them."""

    staff_id: UUID
    name: str
    role: Role
    tasks: frozenset[Task]
    created_at: datetime
    blocked_at: datetime | None
    second_factor: bool
    sessions: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose account a name is, and what its password is compared with."""

    member: Member
    password_hash: str = field(repr=False)
    blocked: bool
    second_factor: bool


class NameTaken(Exception):
    """Somebody has this name already."""


class UnknownMember(Exception):
    """Nobody has this name."""


def has_staff(t: Transaction) -> bool:
    """Tell whether anybody can sign in."""
    return t.connection.execute(sa.select(tables.staff.c.id).limit(1)).first() is not None


def add_staff(t: Transaction, name: str, password_hash: str, role: Role) -> UUID:
    """Add a member of staff, by the hash of their password. Raises NameTaken."""
    staff_id = uuid7(t.now)
    row = {"id": staff_id, "name": name, "password_hash": password_hash, "role": role.value}
    row["salt"] = secrets.token_bytes(SALT_BYTES)
    try:
        t.connection.execute(sa.insert(tables.staff).values(**row, created_at=t.now))
    except sa.exc.IntegrityError as error:
        raise NameTaken(f"{name} is there already") from error
    note(t.connection, HouseEventKind.STAFF_ADDED, t.now, staff_facts(row))
    return staff_id


def credentials_named(t: Transaction, name: str) -> Credentials | None:
    """Return the account with exactly this name."""
    staff, factors = tables.staff, tables.second_factors
    factor = sa.exists().where(factors.c.staff_id == staff.c.id, factors.c.confirmed_at.is_not(None))
    query = sa.select(staff, factor.label("second_factor")).where(staff.c.name == name)
    row = t.connection.execute(query).one_or_none()
    if row is None:
        return None
    return Credentials(member_of_row(row), row.password_hash, row.blocked_at is not None, row.second_factor)


def member_by_password(found: Credentials | None, password: str) -> Member | None:
    """Return the member of staff with this password. An unknown name takes as long as a wrong password.

    Not within a transaction: a hash takes long. Raises TooManyHashes.
    """
    fits = password_fits(found.password_hash if found else None, password)
    return found.member if found and fits and not found.blocked else None


def list_staff(t: Transaction) -> list[Account]:
    """Return all members of staff by name."""
    staff, sessions, factors = tables.staff, tables.staff_sessions, tables.second_factors
    alive = sa.and_(sessions.c.staff_id == staff.c.id, sessions.c.expires_at > t.now)
    count = sa.select(sa.func.count()).where(alive).scalar_subquery().label("sessions")
    factor = sa.exists().where(factors.c.staff_id == staff.c.id, factors.c.confirmed_at.is_not(None))
    query = sa.select(staff, count, factor.label("second_factor")).order_by(staff.c.name)
    return [
        record_of(Account, row, staff_id=row.id, role=Role(row.role), tasks=member_of_row(row).tasks)
        for row in t.connection.execute(query)
    ]


def grant_tasks(t: Transaction, staff_id: UUID, tasks: frozenset[Task]) -> None:
    """Say what somebody may do at counters; what their role may anyway is no grant, and follows the role."""
    table = tables.staff
    this = sa.select(table.c.role, table.c.tasks).where(table.c.id == staff_id).with_for_update()
    row = t.connection.execute(this).one_or_none()
    if row is None:
        return
    granted = None if tasks == TASKS[Role(row.role)] else " ".join(sorted(tasks))
    if granted != row.tasks:
        t.connection.execute(sa.update(table).where(table.c.id == staff_id).values(tasks=granted))
        note(t.connection, HouseEventKind.TASKS_GRANTED, t.now, {"staff": str(staff_id), "tasks": granted})


def block_staff(t: Transaction, staff_id: UUID, *, blocked: bool) -> None:
    """Block an account, or let it in again; its sessions end."""
    table, when = tables.staff, t.now if blocked else None
    changed = t.connection.execute(sa.update(table).where(table.c.id == staff_id).values(blocked_at=when))
    if changed.rowcount:
        kind = HouseEventKind.STAFF_BLOCKED if blocked else HouseEventKind.STAFF_LET_IN
        note(t.connection, kind, t.now, {"staff": str(staff_id)})
    t.connection.execute(sa.delete(tables.staff_sessions).where(tables.staff_sessions.c.staff_id == staff_id))


def set_role(t: Transaction, staff_id: UUID, role: Role) -> None:
    """Give a member of staff another role; it counts from their next request on."""
    table = tables.staff
    other = sa.and_(table.c.id == staff_id, table.c.role != role.value)
    if t.connection.execute(sa.update(table).where(other).values(role=role.value)).rowcount:
        note(t.connection, HouseEventKind.ROLE_SET, t.now, {"staff": str(staff_id), "role": role.value})


def set_password(t: Transaction, staff_id: UUID, password_hash: str) -> None:
    """Replace a password by the hash of another one; sessions go on."""
    table = tables.staff
    changed = t.connection.execute(sa.update(table).where(table.c.id == staff_id).values(password_hash=password_hash))
    if changed.rowcount:
        facts = {"staff": str(staff_id), "password": password_digest(password_hash)}
        note(t.connection, HouseEventKind.PASSWORD_SET, t.now, facts)


def member_of_row(row: Any) -> Member:
    """Read a member of staff from a row of the table."""
    return Member(row.id, row.name, Role(row.role), _read(row.tasks))


def _read(written: str | None) -> frozenset[Task] | None:
    return None if written is None else frozenset(Task(each) for each in written.split())
