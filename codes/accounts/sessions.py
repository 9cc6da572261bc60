"""Sessions of staff: begun by password, whole after the second factor. Only digests are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.accounts.staff import Credentials, Member, member_of_row, set_password
from codes.store.transaction import Transaction

SESSION_LIFETIME = timedelta(hours=12)
SECOND_FACTOR_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; with a second factor due, it opens nothing but the page that asks for it."""

    secret: str = field(repr=False)
    second_factor_due: bool


def begin_session(t: Transaction, verified: Credentials) -> SignedIn | None:
    """Begin a session for whose password was right; None if it was changed, or the account blocked, in between."""
    staff, staff_id = tables.staff, verified.member.staff_id
    same = sa.and_(staff.c.id == staff_id, staff.c.password_hash == verified.password_hash)
    this = sa.select(staff.c.id).where(same, staff.c.blocked_at.is_(None)).with_for_update()
    if t.connection.execute(this).first() is None:
        return None
    secret, due = secrets.token_urlsafe(32), verified.second_factor
    t.connection.execute(
        sa.insert(tables.staff_sessions).values(
            digest=digest_of_secret(secret),
            staff_id=staff_id,
            signed_in_at=t.now,
            expires_at=t.now + (SECOND_FACTOR_WITHIN if due else SESSION_LIFETIME),
            second_factor_due=due,
        )
    )
    return SignedIn(secret, due)


def complete_session(t: Transaction, session: str) -> str | None:
    """Turn a session whose second factor was right into a whole one, under a new secret."""
    table, fresh = tables.staff_sessions, secrets.token_urlsafe(32)
    this = sa.and_(table.c.digest == digest_of_secret(session), table.c.second_factor_due, table.c.expires_at > t.now)
    values = {"digest": digest_of_secret(fresh), "second_factor_due": False, "expires_at": t.now + SESSION_LIFETIME}
    return fresh if t.connection.execute(sa.update(table).where(this).values(**values)).rowcount else None


def member_of_session(t: Transaction, session: str, *, second_factor_due: bool = False) -> Member | None:
    """Return who is signed in by this session, if it lives and its account is not blocked."""
    sessions, staff = tables.staff_sessions, tables.staff
    row = t.connection.execute(
        sa.select(staff.c.id, staff.c.name, staff.c.role, staff.c.tasks)
        .join(sessions, sessions.c.staff_id == staff.c.id)
        .where(
            sessions.c.digest == digest_of_secret(session),
            sessions.c.expires_at > t.now,
            sessions.c.second_factor_due.is_(second_factor_due),
            staff.c.blocked_at.is_(None),
        )
    ).one_or_none()
    return member_of_row(row) if row else None


def end_session(t: Transaction, session: str) -> None:
    """End a session at once."""
    table = tables.staff_sessions
    t.connection.execute(sa.delete(table).where(table.c.digest == digest_of_secret(session)))


def end_sessions(t: Transaction, staff_id: UUID, *, but: str = "") -> None:
    """End all sessions of a member of staff at once, all but one if asked."""
    table = tables.staff_sessions
    others = sa.and_(table.c.staff_id == staff_id, table.c.digest != digest_of_secret(but))
    t.connection.execute(sa.delete(table).where(others))


def reset_password(t: Transaction, staff_id: UUID, password_hash: str, *, but: str = "") -> None:
    """Set a new password and end every session of that person, all but one if asked."""
    set_password(t, staff_id, password_hash)
    end_sessions(t, staff_id, but=but)
