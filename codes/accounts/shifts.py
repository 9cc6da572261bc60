"""Who works at a shared device: staff sign in there by PIN or badge, and are signed out when nobody moves."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.access import Member, member_of_row
from codes.accounts.devices import digest_of_secret
from codes.accounts.passwords import Passwords
from codes.store.database import Database

PIN_DIGITS = 6
BADGE_PREFIX = "STAFF-"
"""Badges are told from parcels' labels by this; the rest are letters and digits that every scanner types."""
_BADGE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_BADGE_LENGTH = 24
_SEEN_IS_NOTED_EVERY = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Means:
    """How somebody can sign in at a counter."""

    pin: bool
    badge: bool


class Shifts:
    """Gives PINs and badges, and knows who is signed in where. Only digests are kept."""

    def __init__(self, database: Database, clock: Callable[[], datetime], idle: timedelta) -> None:
        self._database = database
        self._clock = clock
        self.idle = idle
        self._passwords = Passwords()

    def new_pin(self, staff_id: UUID) -> str:
        """Return a new PIN of six digits, shown this once; the old one opens nothing any more."""
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        self._put(staff_id, pin_hash=self._passwords.hash(pin))
        return pin

    def new_badge(self, staff_id: UUID) -> str:
        """Return the text of a new badge, shown this once; the old one opens nothing any more."""
        badge = BADGE_PREFIX + "".join(secrets.choice(_BADGE_SIGNS) for _ in range(_BADGE_LENGTH))
        self._put(staff_id, badge_digest=digest_of_secret(badge))
        return badge

    def means(self) -> dict[UUID, Means]:
        """Tell who can sign in by what."""
        table = tables.staff_badges
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(table)).all()
        return {row.staff_id: Means(row.pin_hash is not None, row.badge_digest is not None) for row in rows}

    def names(self) -> list[str]:
        """Return the names of those who can sign in by PIN, in order."""
        staff, badges = tables.staff, tables.staff_badges
        query = sa.select(staff.c.name).join(badges, badges.c.staff_id == staff.c.id)
        live = query.where(staff.c.blocked_at.is_(None), badges.c.pin_hash.is_not(None))
        with self._database.reading() as connection:
            return sorted(connection.execute(live).scalars(), key=str.casefold)

    def by_pin(self, name: str, pin: str) -> Member | None:
        """Return whose PIN this is. An unknown name takes as long as a wrong PIN."""
        row = self._row(tables.staff.c.name == name)
        return _member(row) if self._passwords.fits(row.pin_hash if row else None, pin) else None

    def by_pin_alone(self, pin: str) -> Member | None:
        """Return whose PIN this is, where no name is given; all are compared, and one that two have is nobody's."""
        with self._database.reading() as connection:
            rows = connection.execute(_staff_with_pins().where(tables.staff_badges.c.pin_hash.is_not(None))).all()
        found = [member for row in rows if self._passwords.fits(row.pin_hash, pin) and (member := _member(row))]
        return found[0] if len(found) == 1 else None

    def by_badge(self, badge: str) -> Member | None:
        """Return whose badge this is."""
        return _member(self._row(tables.staff_badges.c.badge_digest == digest_of_secret(badge)))

    def start(self, device_id: UUID, member: Member) -> None:
        """Let somebody work at a device, in place of whoever did before."""
        table, now = tables.shifts, self._clock()
        with self._database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.device_id == device_id))
            row = {"device_id": device_id, "staff_id": member.staff_id, "started_at": now, "seen_at": now}
            connection.execute(sa.insert(table).values(row))

    def end(self, device_id: UUID) -> None:
        """Sign whoever works at a device out."""
        table = tables.shifts
        with self._database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.device_id == device_id))

    def working(self, device_id: UUID) -> Member | None:
        """Return who works at a device, unless nobody has moved there for too long; asking is a movement."""
        staff, table, now = tables.staff, tables.shifts, self._clock()
        query = sa.select(staff, table.c.seen_at)
        with self._database.reading() as connection:
            row = connection.execute(
                query.join(staff, staff.c.id == table.c.staff_id).where(table.c.device_id == device_id)
            ).one_or_none()
        if row is None or now - row.seen_at > self.idle:
            return None
        if now - row.seen_at > _SEEN_IS_NOTED_EVERY:
            with self._database.writing() as connection:
                connection.execute(sa.update(table).where(table.c.device_id == device_id).values(seen_at=now))
        return _member(row)

    def _row(self, which: sa.ColumnElement[bool]) -> Any:
        with self._database.reading() as connection:
            return connection.execute(_staff_with_pins().where(which)).one_or_none()

    def _put(self, staff_id: UUID, **values: object) -> None:
        table = tables.staff_badges
        with self._database.writing() as connection:
            changed = connection.execute(sa.update(table).where(table.c.staff_id == staff_id).values(**values))
            if not changed.rowcount:
                connection.execute(sa.insert(table).values(staff_id=staff_id, **values))


def _staff_with_pins() -> sa.Select[Any]:
    staff, badges = tables.staff, tables.staff_badges
    query = sa.select(staff, badges.c.pin_hash)
    return query.join(badges, badges.c.staff_id == staff.c.id)


def _member(row: Any) -> Member | None:
    if row is None or row.blocked_at is not None:
        return None
    return member_of_row(row)
