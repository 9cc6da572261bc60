"""What a recipient wishes of the delivery, where the house allows it: another day, or a pickup point.

The office redirects parcels to the same ends (``codes.redirecting``); its word stands before the recipient's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import uuid7
from codes.life.issuing import message_row
from codes.model import Destination, EventKind, HolderKind, MessageKind
from codes.pickup.waiting import waiting_of
from codes.proving.events import Event, record
from codes.settings import WishSettings
from codes.store.database import Database


class CannotWish(Exception):
    """The house does not offer this, or the parcel is on its way already."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish that stands: a day, or the name of a pickup point with where it is and when it is open.

    ``by_office``: no wish of the recipient, but where the office redirected the parcel to.
    """

    day: date | None
    point: str | None
    place: str | None
    opening: str | None
    wished_at: datetime
    by_office: bool = False


@dataclass(frozen=True, slots=True)
class Wished:
    """Where a parcel is to go, or when: one of both."""

    day: date | None = None
    point_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What may still be chosen. ``points`` are ids, names, places and opening hours."""

    first_day: date | None = None
    last_day: date | None = None
    points: tuple[tuple[UUID, str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return self.first_day is not None or bool(self.points)


class Wishes:
    """Wishing and withdrawing, until the parcel is out for delivery."""

    def __init__(self, database: Database, clock: Callable[[], datetime], settings: WishSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def offered(self, holder_id: UUID) -> Offered:
        """Return what a holder may choose now."""
        with self._database.reading() as connection:
            return self._offered(connection, _parcel(connection, holder_id, locked=False))

    def another_day(self, holder_id: UUID, day: date) -> None:
        """Let the parcel come on a later day; it leaves the tour it is on. Raises CannotWish."""
        with self._database.writing() as connection:
            parcel = _parcel(connection, holder_id, locked=True)
            offered = self._offered(connection, parcel)
            if offered.first_day is None or offered.last_day is None:
                raise CannotWish("no other day can be chosen for this parcel (any more)")
            if not offered.first_day <= day <= offered.last_day:
                raise CannotWish(f"choose a day from {offered.first_day} to {offered.last_day}")
            put_wish(connection, parcel, Wished(day=day), self._clock())

    def at_point(self, holder_id: UUID, point_id: UUID) -> None:
        """Let the parcel go to a pickup point. Raises CannotWish."""
        with self._database.writing() as connection:
            parcel = _parcel(connection, holder_id, locked=True)
            if point_id not in {each[0] for each in self._offered(connection, parcel).points}:
                raise CannotWish("this pickup point cannot be chosen for this parcel (any more)")
            put_wish(connection, parcel, Wished(point_id=point_id), self._clock())

    def withdraw(self, holder_id: UUID) -> None:
        """Let the parcel come as it would have come; without a wish nothing changes. Raises CannotWish."""
        with self._database.writing() as connection:
            parcel = _parcel(connection, holder_id, locked=True)
            if parcel is None or not _open(parcel):
                raise CannotWish("the parcel is on its way already")
            if _is_redirected(connection, parcel.id):
                raise CannotWish("the office has redirected this parcel")
            end_wish(connection, parcel, MessageKind.WISH_NOTED, self._clock())

    def of(self, parcel_id: UUID) -> Wish | None:
        """Return the wish that stands for a parcel."""
        with self._database.reading() as connection:
            return wish_of(connection, parcel_id)

    def _offered(self, connection: sa.Connection, parcel: Any) -> Offered:
        if parcel is None or not _open(parcel) or parcel.sender in self._settings.not_from:
            return Offered()
        if _is_redirected(connection, parcel.id):
            return Offered()
        today, within = self._clock().astimezone().date(), self._settings.another_day_within
        last = min(today + timedelta(days=within), last_day(connection, parcel.id) or date.max)
        first = today + timedelta(days=1)
        free = self._settings.pickup_point and waiting_of(connection, parcel.id) is None
        there = points_open(connection) if free else ()
        return Offered(first, last, there) if within and first <= last else Offered(points=there)


def put_wish(
    connection: sa.Connection, parcel: Any, wished: Wished, now: datetime, staff_id: UUID | None = None
) -> None:
    """Put a wish, or a member of staff's redirection, in the place of the one that stands, and tell the recipient.

    A parcel that comes on another day leaves the tour it is on, and is out for delivery no more.
    """
    back = wished.day is not None and _take_back(connection, parcel.id)
    wish_id = uuid7(now)
    _end(connection, parcel.id, now, staff_id)
    row = {"day": wished.day, "point_id": wished.point_id, "wished_at": now, "withdrawn_at": None}
    connection.execute(sa.insert(tables.wishes).values(id=wish_id, parcel_id=parcel.id, staff_id=staff_id, **row))
    point = str(wished.point_id) if wished.point_id else None
    facts = {"wish": str(wish_id), "day": wished.day.isoformat() if wished.day else None, "point": point}
    kind = EventKind.WISHED if staff_id is None else EventKind.REDIRECTED
    record(connection, [Event(parcel.id, kind, now, facts | _by(staff_id) | ({"back": True} if back else {}))])
    _tell(connection, parcel, MessageKind.WISH_NOTED if staff_id is None else MessageKind.REDIRECTED, now)


def end_wish(
    connection: sa.Connection, parcel: Any, told_as: MessageKind, now: datetime, staff_id: UUID | None = None
) -> None:
    """Withdraw the wish that stands, and tell the recipient; without a wish nothing changes."""
    if _end(connection, parcel.id, now, staff_id):
        _tell(connection, parcel, told_as, now)


def last_day(connection: sa.Connection, parcel_id: UUID) -> date | None:
    """Return the last day on which a code still opens the parcel."""
    codes = tables.codes
    live = sa.and_(codes.c.parcel_id == parcel_id, codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None))
    ends: datetime | None = connection.execute(sa.select(sa.func.max(codes.c.expires_at)).where(live)).scalar()
    return ends.astimezone().date() if ends else None


def points_open(connection: sa.Connection) -> tuple[tuple[UUID, str, str, str], ...]:
    """Return the pickup points that can be chosen: ids, names, places and opening hours."""
    points = tables.pickup_points
    query = sa.select(points.c.id, points.c.name, points.c.place, points.c.opening)
    rows = connection.execute(query.where(points.c.closed_at.is_(None)).order_by(points.c.name))
    return tuple((row.id, row.name, row.place, row.opening) for row in rows)


def wish_of(connection: sa.Connection, parcel_id: UUID) -> Wish | None:
    """Return the wish that stands for a parcel."""
    return wishes_of(connection, [parcel_id]).get(parcel_id)


def wishes_of(connection: sa.Connection, parcel_ids: Sequence[UUID]) -> dict[UUID, Wish]:
    """Return the wishes that stand, by parcel."""
    wishes, points = tables.wishes, tables.pickup_points
    rows = connection.execute(
        sa.select(wishes.c.parcel_id, wishes.c.day, wishes.c.wished_at, wishes.c.staff_id)
        .add_columns(points.c.name, points.c.place, points.c.opening)
        .outerjoin(points, points.c.id == wishes.c.point_id)
        .where(wishes.c.parcel_id.in_(parcel_ids), wishes.c.withdrawn_at.is_(None))
    )
    return {
        row.parcel_id: Wish(row.day, row.name, row.place, row.opening, row.wished_at, row.staff_id is not None)
        for row in rows
    }


def _parcel(connection: sa.Connection, holder_id: UUID, *, locked: bool) -> Any:
    """Return the parcel of which this holder is the recipient, or None."""
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    if locked:
        of_holder = sa.select(holders.c.parcel_id).where(holders.c.id == holder_id).scalar_subquery()
        connection.execute(sa.select(parcels.c.id).where(parcels.c.id == of_holder).with_for_update())
    recipient = sa.and_(holders.c.kind == HolderKind.RECIPIENT.value, holders.c.erased_at.is_(None))
    return connection.execute(
        sa.select(parcels.c.id, parcels.c.sender, parcels.c.destination, parcels.c.out_for_delivery_at)
        .add_columns(handovers.c.handed_over_at, holders.c.id.label("holder_id"))
        .join(holders, holders.c.parcel_id == parcels.c.id)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(holders.c.id == holder_id, recipient)
    ).one_or_none()


def _open(parcel: Any) -> bool:
    """Tell whether the parcel still lies where it can be sorted."""
    stays = parcel.out_for_delivery_at is None and parcel.handed_over_at is None
    return bool(stays and parcel.destination == Destination.ADDRESS.value)


def _take_back(connection: sa.Connection, parcel_id: UUID) -> bool:
    """Take a parcel off its tour; tells whether it had left already."""
    parcels, assignments = tables.parcels, tables.assignments
    connection.execute(sa.delete(assignments).where(assignments.c.parcel_id == parcel_id))
    under_way = sa.and_(parcels.c.id == parcel_id, parcels.c.out_for_delivery_at.is_not(None))
    return bool(connection.execute(sa.update(parcels).where(under_way).values(out_for_delivery_at=None)).rowcount)


def _is_redirected(connection: sa.Connection, parcel_id: UUID) -> bool:
    wish = wish_of(connection, parcel_id)
    return wish is not None and wish.by_office


def _end(connection: sa.Connection, parcel_id: UUID, now: datetime, staff_id: UUID | None) -> bool:
    wishes = tables.wishes
    ended = connection.execute(
        sa.update(wishes)
        .where(wishes.c.parcel_id == parcel_id, wishes.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(wishes.c.id)
    ).scalar()
    if ended is None:
        return False
    record(connection, [Event(parcel_id, EventKind.WISH_WITHDRAWN, now, _by(staff_id) | {"wish": str(ended)})])
    return True


def _tell(connection: sa.Connection, parcel: Any, kind: MessageKind, now: datetime) -> None:
    """Tell the recipient: it may have been somebody else who knows the address of the page."""
    connection.execute(sa.insert(tables.messages), [message_row(parcel.id, parcel.holder_id, kind, now)])


def _by(staff_id: UUID | None) -> dict[str, str | None]:
    return {} if staff_id is None else {"staff": str(staff_id)}
