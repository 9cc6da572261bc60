"""A dispatcher sends a parcel another way: on another day, or to a pickup point. Its recipient is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.access import Member
from codes.model import Destination, HolderKind, MessageKind
from codes.pickup.waiting import waiting_of
from codes.recipients.wishes import Offered, Wished, end_wish, last_day, points_open, put_wish
from codes.store.database import Database

WITHIN_DAYS = 60


class CannotRedirect(Exception):
    """The parcel was handed over, waits at a pickup point already, or there is no such day or point."""


class Redirecting:
    """Redirecting parcels until they are handed over, also after a visit that failed."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def offered(self, parcel_id: UUID) -> Offered:
        """Return the days and pickup points to which a parcel can be redirected now."""
        with self._database.reading() as connection:
            return self._offered(connection, _parcel(connection, parcel_id))

    def to_day(self, parcel_id: UUID, day: date, member: Member) -> None:
        """Let the parcel come on a later day; it leaves the tour it is on. Raises CannotRedirect."""
        with self._database.writing() as connection:
            parcel = _held(connection, parcel_id)
            offered = self._offered(connection, parcel)
            if offered.first_day is None or offered.last_day is None:
                raise CannotRedirect("this parcel cannot come on another day (any more)")
            if not offered.first_day <= day <= offered.last_day:
                raise CannotRedirect(f"choose a day from {offered.first_day} to {offered.last_day}")
            put_wish(connection, parcel, Wished(day=day), self._clock(), member.staff_id)

    def to_point(self, parcel_id: UUID, point_id: UUID, member: Member) -> None:
        """Let the parcel go to a pickup point; who carries it is told to bring it there. Raises CannotRedirect."""
        with self._database.writing() as connection:
            parcel = _held(connection, parcel_id)
            if point_id not in {each[0] for each in self._offered(connection, parcel).points}:
                raise CannotRedirect("this parcel cannot go to this pickup point (any more)")
            put_wish(connection, parcel, Wished(point_id=point_id), self._clock(), member.staff_id)

    def as_planned(self, parcel_id: UUID, member: Member) -> None:
        """Let the parcel come as it would have come, whoever wished otherwise. Raises CannotRedirect."""
        with self._database.writing() as connection:
            parcel = _held(connection, parcel_id)
            if not _is_open(connection, parcel):
                raise CannotRedirect("this parcel cannot be redirected any more")
            end_wish(connection, parcel, MessageKind.REDIRECTED, self._clock(), member.staff_id)

    def _offered(self, connection: sa.Connection, parcel: Any) -> Offered:
        if not _is_open(connection, parcel):
            return Offered()
        today, points = self._clock().astimezone().date(), points_open(connection)
        last = min(today + timedelta(days=WITHIN_DAYS), last_day(connection, parcel.id) or date.max)
        first = today + timedelta(days=1)
        return Offered(first, last, points) if first <= last else Offered(points=points)


def _held(connection: sa.Connection, parcel_id: UUID) -> Any:
    parcels = tables.parcels
    connection.execute(sa.select(parcels.c.id).where(parcels.c.id == parcel_id).with_for_update())
    return _parcel(connection, parcel_id)


def _parcel(connection: sa.Connection, parcel_id: UUID) -> Any:
    """Return a parcel with its recipient, or None where there is nobody to tell any more."""
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.kind == HolderKind.RECIPIENT.value, holders.c.erased_at.is_(None))
    return connection.execute(
        sa.select(parcels.c.id, parcels.c.destination, handovers.c.handed_over_at, holders.c.id.label("holder_id"))
        .join(holders, holders.c.parcel_id == parcels.c.id)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id == parcel_id, recipient)
    ).one_or_none()


def _is_open(connection: sa.Connection, parcel: Any) -> bool:
    if parcel is None or parcel.handed_over_at is not None or parcel.destination != Destination.ADDRESS.value:
        return False
    return waiting_of(connection, parcel.id) is None
