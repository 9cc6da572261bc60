"""Who works in the office: staff by name and password, and their sessions."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.accounts.passwords import Passwords
from codes.identifiers import uuid7
from codes.proving.commitment import SALT_BYTES
from codes.proving.house import HouseEventKind, note, password_digest, staff_facts
from codes.store.database import Database

SESSION_LIFETIME = timedelta(hours=12)
SECOND_FACTOR_WITHIN = timedelta(minutes=5)
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
class SignedIn:
    """A new session; with a second factor due, it opens nothing but the page that asks for it."""

    secret: str
    second_factor_due: bool


class NameTaken(Exception):
    """Somebody has this name already."""


class Access:
    """Staff accounts and their sessions. Secrets are stored as digests only."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._passwords = Passwords()

    def has_staff(self) -> bool:
        """Tell whether anybody can sign in."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(tables.staff.c.id).limit(1)).first() is not None

    def add_staff(self, name: str, password: str, role: Role) -> UUID:
        """Add a member of staff; the password is kept as an Argon2id hash (RFC 9106). Raises NameTaken."""
        now = self._clock()
        staff_id = uuid7(now)
        row = {"id": staff_id, "name": name, "password_hash": self._passwords.hash(password), "role": role.value}
        row["salt"] = secrets.token_bytes(SALT_BYTES)
        try:
            with self._database.writing() as connection:
                connection.execute(sa.insert(tables.staff).values(**row, created_at=now))
                note(connection, HouseEventKind.STAFF_ADDED, now, staff_facts(row))
        except sa.exc.IntegrityError as error:
            raise NameTaken(f"{name} is there already") from error
        return staff_id

    def member_by_password(self, name: str, password: str) -> Member | None:
        """Return the member of staff with this password. An unknown name takes as long as a wrong password."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tables.staff).where(tables.staff.c.name == name)).one_or_none()
        if not self._passwords.fits(row.password_hash if row else None, password):
            return None
        if row is None or row.blocked_at is not None:
            return None
        return member_of_row(row)

    def account_named(self, name: str) -> UUID | None:
        """Return the account with exactly this name."""
        with self._database.reading() as connection:
            found: UUID | None = connection.execute(
                sa.select(tables.staff.c.id).where(tables.staff.c.name == name)
            ).scalar()
        return found

    def sign_in(self, name: str, password: str) -> SignedIn | None:
        """Return a new session, or None."""
        member = self.member_by_password(name, password)
        if member is None:
            return None
        now, session, due = self._clock(), secrets.token_urlsafe(32), self._has_second_factor(member.staff_id)
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(tables.staff_sessions).values(
                    digest=digest_of_secret(session),
                    staff_id=member.staff_id,
                    signed_in_at=now,
                    expires_at=now + (SECOND_FACTOR_WITHIN if due else SESSION_LIFETIME),
                    second_factor_due=due,
                )
            )
        return SignedIn(session, due)

    def complete(self, session: str) -> str | None:
        """Turn a session whose second factor was right into a whole one, under a new secret."""
        table, now, fresh = tables.staff_sessions, self._clock(), secrets.token_urlsafe(32)
        this = sa.and_(table.c.digest == digest_of_secret(session), table.c.second_factor_due, table.c.expires_at > now)
        values = {"digest": digest_of_secret(fresh), "second_factor_due": False, "expires_at": now + SESSION_LIFETIME}
        with self._database.writing() as connection:
            done = connection.execute(sa.update(table).where(this).values(**values)).rowcount
        return fresh if done else None

    def member_of(self, session: str, *, second_factor_due: bool = False) -> Member | None:
        """Return who is signed in by this session, if it lives and its account is not blocked."""
        sessions, staff = tables.staff_sessions, tables.staff
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(staff.c.id, staff.c.name, staff.c.role, staff.c.tasks)
                .join(sessions, sessions.c.staff_id == staff.c.id)
                .where(
                    sessions.c.digest == digest_of_secret(session),
                    sessions.c.expires_at > self._clock(),
                    sessions.c.second_factor_due.is_(second_factor_due),
                    staff.c.blocked_at.is_(None),
                )
            ).one_or_none()
        return member_of_row(row) if row else None

    def sign_out(self, session: str) -> None:
        """End a session at once."""
        with self._database.writing() as connection:
            connection.execute(
                sa.delete(tables.staff_sessions).where(tables.staff_sessions.c.digest == digest_of_secret(session))
            )

    def sign_out_everywhere(self, staff_id: UUID, *, but: str = "") -> None:
        """End all sessions of a member of staff at once, all but one if asked."""
        table = tables.staff_sessions
        with self._database.writing() as connection:
            others = sa.and_(table.c.staff_id == staff_id, table.c.digest != digest_of_secret(but))
            connection.execute(sa.delete(table).where(others))

    def accounts(self) -> list[Account]:
        """Return all members of staff by name."""
        staff, sessions, factors = tables.staff, tables.staff_sessions, tables.second_factors
        alive = sa.and_(sessions.c.staff_id == staff.c.id, sessions.c.expires_at > self._clock())
        count = sa.select(sa.func.count()).where(alive).scalar_subquery().label("sessions")
        factor = sa.exists().where(factors.c.staff_id == staff.c.id, factors.c.confirmed_at.is_not(None))
        query = sa.select(staff, count, factor.label("second_factor")).order_by(staff.c.name)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [_account(row) for row in rows]

    def grant(self, staff_id: UUID, tasks: frozenset[Task]) -> None:
        """Say what somebody may do at counters; what their role may anyway is no grant, and follows the role."""
        table, now = tables.staff, self._clock()
        with self._database.writing() as connection:
            this = sa.select(table.c.role, table.c.tasks).where(table.c.id == staff_id).with_for_update()
            row = connection.execute(this).one_or_none()
            if row is None:
                return
            granted = None if tasks == TASKS[Role(row.role)] else _written(tasks)
            if granted != row.tasks:
                connection.execute(sa.update(table).where(table.c.id == staff_id).values(tasks=granted))
                note(connection, HouseEventKind.TASKS_GRANTED, now, {"staff": str(staff_id), "tasks": granted})

    def block(self, staff_id: UUID, *, blocked: bool) -> None:
        """Block an account, ending its sessions; or let it in again."""
        table = tables.staff
        with self._database.writing() as connection:
            now = self._clock()
            when = now if blocked else None
            changed = connection.execute(sa.update(table).where(table.c.id == staff_id).values(blocked_at=when))
            if changed.rowcount:
                kind = HouseEventKind.STAFF_BLOCKED if blocked else HouseEventKind.STAFF_LET_IN
                note(connection, kind, now, {"staff": str(staff_id)})
            connection.execute(sa.delete(tables.staff_sessions).where(tables.staff_sessions.c.staff_id == staff_id))

    def set_password(self, staff_id: UUID, password: str) -> None:
        """Replace a password; sessions go on."""
        hashed, table = self._passwords.hash(password), tables.staff
        with self._database.writing() as connection:
            changed = connection.execute(sa.update(table).where(table.c.id == staff_id).values(password_hash=hashed))
            if changed.rowcount:
                facts = {"staff": str(staff_id), "password": password_digest(hashed)}
                note(connection, HouseEventKind.PASSWORD_SET, self._clock(), facts)

    def _has_second_factor(self, staff_id: UUID) -> bool:
        table = tables.second_factors
        query = sa.select(table.c.id).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None


def member_of_row(row: Any) -> Member:
    """Read a member of staff from a row of the table."""
    return Member(row.id, row.name, Role(row.role), _read(row.tasks))


def _account(row: Any) -> Account:
    return Account(
        staff_id=row.id,
        name=row.name,
        role=Role(row.role),
        tasks=member_of_row(row).tasks,
        created_at=row.created_at,
        blocked_at=row.blocked_at,
        second_factor=row.second_factor,
        sessions=row.sessions,
    )


def _written(tasks: frozenset[Task]) -> str:
    return " ".join(sorted(tasks))


def _read(written: str | None) -> frozenset[Task] | None:
    return None if written is None else frozenset(Task(each) for each in written.split())
