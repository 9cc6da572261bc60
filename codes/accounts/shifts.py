"""Who works at a shared device: staff sign in there by PIN or badge, and are signed out when nobody moves."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.accounts.passwords import password_fits
from codes.accounts.staff import Member, member_of_row
from codes.store.transaction import Transaction

PIN_DIGITS = 6
BADGE_PREFIX = "STAFF-"
"""Badges are told from parcels' labels by this; the rest are letters and digits that every scanner types."""
_BADGE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_BADGE_LENGTH = 24
_SEEN_IS_NOTED_EVERY = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class SignInMeans:
    """How somebody can sign in at a counter."""

    pin: bool
    badge: bool


@dataclass(frozen=True, slots=True)
class KnownPin:
    """Whose PIN it is, and what it is compared with."""

    member: Member
    pin_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shift:
    """Who works at a device. A movement is written down only now and then."""

    member: Member
    is_to_be_noted: bool


def new_pin() -> str:
    """Return a new PIN of six digits, to be shown once."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def set_pin(t: Transaction, staff_id: UUID, pin_hash: str) -> None:
    """Give somebody a PIN by its hash; the old one opens nothing any more."""
    _put(t, staff_id, pin_hash=pin_hash)


def give_badge(t: Transaction, staff_id: UUID) -> str:
    """Return the text of a new badge, shown this once; the old one opens nothing any more."""
    badge = BADGE_PREFIX + "".join(secrets.choice(_BADGE_SIGNS) for _ in range(_BADGE_LENGTH))
    _put(t, staff_id, badge_digest=digest_of_secret(badge))
    return badge


def means_of_staff(t: Transaction) -> dict[UUID, SignInMeans]:
    """Tell who can sign in by what."""
    rows = t.connection.execute(sa.select(tables.staff_badges)).all()
    return {row.staff_id: SignInMeans(row.pin_hash is not None, row.badge_digest is not None) for row in rows}


def names_with_pins(t: Transaction) -> list[str]:
    """Return the names of those who can sign in by PIN, in order."""
    staff, badges = tables.staff, tables.staff_badges
    query = sa.select(staff.c.name).join(badges, badges.c.staff_id == staff.c.id)
    live = query.where(staff.c.blocked_at.is_(None), badges.c.pin_hash.is_not(None))
    return sorted(t.connection.execute(live).scalars(), key=str.casefold)


def pin_of(t: Transaction, name: str) -> KnownPin | None:
    """Return what the PIN of somebody is compared with."""
    row = t.connection.execute(_staff_with_pins().where(tables.staff.c.name == name)).one_or_none()
    return _known_pin(row) if row else None


def every_pin(t: Transaction) -> list[KnownPin]:
    """Return what a PIN is compared with where no name is given."""
    rows = t.connection.execute(_staff_with_pins().where(tables.staff_badges.c.pin_hash.is_not(None)))
    return [_known_pin(row) for row in rows]


def member_by_pin(known: KnownPin | None, pin: str) -> Member | None:
    """Return whose PIN this is. An unknown name takes as long as a wrong PIN.

    Not within a transaction: a hash takes long. Raises TooManyHashes.
    """
    fits = password_fits(known.pin_hash if known else None, pin)
    return known.member if known and fits else None


def member_by_pin_alone(known: Sequence[KnownPin], pin: str) -> Member | None:
    """Return whose PIN this is; all are compared, and one that two have is nobody's. Raises TooManyHashes."""
    fitting = [each for each in known if password_fits(each.pin_hash, pin)]
    return fitting[0].member if len(fitting) == 1 else None


def member_by_badge(t: Transaction, badge: str) -> Member | None:
    """Return whose badge this is."""
    this = _staff_with_pins().where(tables.staff_badges.c.badge_digest == digest_of_secret(badge))
    row = t.connection.execute(this).one_or_none()
    return _known_pin(row).member if row else None


def start_shift(t: Transaction, device_id: UUID, member: Member) -> None:
    """Let somebody work at a device, in place of whoever did before."""
    end_shift(t, device_id)
    row = {"device_id": device_id, "staff_id": member.staff_id, "started_at": t.now, "seen_at": t.now}
    t.connection.execute(sa.insert(tables.shifts).values(row))


def end_shift(t: Transaction, device_id: UUID) -> None:
    """Sign whoever works at a device out."""
    table = tables.shifts
    t.connection.execute(sa.delete(table).where(table.c.device_id == device_id))


def who_works(t: Transaction, device_id: UUID) -> Shift | None:
    """Return who works at a device, unless nobody has moved there for too long."""
    staff, table = tables.staff, tables.shifts
    row = t.connection.execute(
        sa.select(staff, table.c.seen_at)
        .join(table, table.c.staff_id == staff.c.id)
        .where(table.c.device_id == device_id)
    ).one_or_none()
    if row is None or t.now - row.seen_at > idle_time(t) or row.blocked_at is not None:
        return None
    return Shift(member_of_row(row), is_to_be_noted=t.now - row.seen_at > _SEEN_IS_NOTED_EVERY)


def note_movement(t: Transaction, device_id: UUID) -> None:
    """Note that somebody moves at a device."""
    table = tables.shifts
    t.connection.execute(sa.update(table).where(table.c.device_id == device_id).values(seen_at=t.now))


def idle_time(t: Transaction) -> timedelta:
    """Return after how long without a movement whoever works at a device is signed out."""
    return timedelta(minutes=t.settings.counter_idle_minutes)


def _put(t: Transaction, staff_id: UUID, **values: object) -> None:
    table = tables.staff_badges
    changed = t.connection.execute(sa.update(table).where(table.c.staff_id == staff_id).values(**values))
    if not changed.rowcount:
        t.connection.execute(sa.insert(table).values(staff_id=staff_id, **values))


def _staff_with_pins() -> sa.Select[Any]:
    staff, badges = tables.staff, tables.staff_badges
    query = sa.select(staff, badges.c.pin_hash).join(badges, badges.c.staff_id == staff.c.id)
    return query.where(staff.c.blocked_at.is_(None))


def _known_pin(row: Any) -> KnownPin:
    return KnownPin(member_of_row(row), row.pin_hash)
