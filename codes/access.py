"""Who may use the service besides devices: senders by API key, staff by name and password."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from codes import tables
from codes.database import Database
from codes.devices import digest_of_secret
from codes.identifiers import uuid7

SESSION_LIFETIME = timedelta(hours=12)
API_KEY_PREFIX = "doorcode_"


class Role(StrEnum):
    """What a member of staff may do."""

    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    COUNTER = "counter"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in member of staff."""

    staff_id: UUID
    name: str
    role: Role


class Access:
    """API keys, staff accounts and their sessions. Secrets are stored as digests only."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def add_api_key(self, name: str) -> str:
        """Return a new API key; it is shown this once."""
        now, key = self._clock(), API_KEY_PREFIX + secrets.token_urlsafe(24)
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(tables.api_keys).values(
                    id=uuid7(now), name=name, secret_digest=digest_of_secret(key), created_at=now
                )
            )
        return key

    def sender_of(self, key: str) -> UUID | None:
        """Return the id of a live API key."""
        table = tables.api_keys
        with self._database.reading() as connection:
            found: UUID | None = connection.execute(
                sa.select(table.c.id).where(
                    table.c.secret_digest == digest_of_secret(key), table.c.revoked_at.is_(None)
                )
            ).scalar()
        return found

    def has_staff(self) -> bool:
        """Tell whether anybody can sign in."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(tables.staff.c.id).limit(1)).first() is not None

    def add_staff(self, name: str, password: str, role: Role) -> UUID:
        """Add a member of staff; the password is kept as an Argon2id hash (RFC 9106)."""
        now = self._clock()
        staff_id = uuid7(now)
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(tables.staff).values(
                    id=staff_id,
                    name=name,
                    password_hash=self._hasher.hash(password),
                    role=role.value,
                    created_at=now,
                )
            )
        return staff_id

    def member_by_password(self, name: str, password: str) -> Member | None:
        """Return the member of staff with this password. An unknown name takes as long as a wrong password."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tables.staff).where(tables.staff.c.name == name)).one_or_none()
        try:
            self._hasher.verify(row.password_hash if row else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        if row is None or row.blocked_at is not None:
            return None
        return Member(row.id, row.name, Role(row.role))

    def sign_in(self, name: str, password: str) -> str | None:
        """Return a new session secret, or None."""
        member = self.member_by_password(name, password)
        if member is None:
            return None
        now, session = self._clock(), secrets.token_urlsafe(32)
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(tables.staff_sessions).values(
                    digest=digest_of_secret(session),
                    staff_id=member.staff_id,
                    signed_in_at=now,
                    expires_at=now + SESSION_LIFETIME,
                )
            )
        return session

    def member_of(self, session: str) -> Member | None:
        """Return who is signed in by this session, if it lives and its account is not blocked."""
        sessions, staff = tables.staff_sessions, tables.staff
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(staff.c.id, staff.c.name, staff.c.role)
                .join(sessions, sessions.c.staff_id == staff.c.id)
                .where(
                    sessions.c.digest == digest_of_secret(session),
                    sessions.c.expires_at > self._clock(),
                    staff.c.blocked_at.is_(None),
                )
            ).one_or_none()
        return Member(row.id, row.name, Role(row.role)) if row else None

    def sign_out(self, session: str) -> None:
        """End a session at once."""
        with self._database.writing() as connection:
            connection.execute(
                sa.delete(tables.staff_sessions).where(tables.staff_sessions.c.digest == digest_of_secret(session))
            )
