"""Another day, or a pickup point: wished by the recipient where the house allows it, or decided by the office.

The recipient may wish until the parcel is out for delivery, and after a visit that failed until it is out again; the
office redirects until it is handed over. Its word stands before the recipient's. Either way the recipient is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Member
from codes.life.consignments import lock_receivables
from codes.model import Destination, EventKind, MessageKind
from codes.pickup.stays import waiting_of
from codes.proving.events import Event, Fact
from codes.store.budgets import Budget, TooOften
from codes.store.clauses import came_back, is_standing, recipient_of_parcel
from codes.store.parcel_rows import lock_parcels
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

REDIRECTED_WITHIN_DAYS = 60
Points = tuple[tuple[UUID, str, str, str], ...]
"""Pickup points that can be chosen: ids, names, places and opening hours."""


class CannotWish(Exception):
    """The house does not offer this, or it is too late for it."""


class CannotRedirect(Exception):
    """The parcel was handed over, waits at a pickup point already, or there is no such day or point."""


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
    """What may still be chosen."""

    first_day: date | None = None
    last_day: date | None = None
    points: Points = ()
    can_withdraw: bool = False
    """The wish that stands can be taken back."""

    def fault_of(self, wished: Wished) -> str | None:
        """Say why a choice cannot be made, if it cannot."""
        if wished.day is None:
            known = {point_id for point_id, *_ in self.points}
            return None if wished.point_id in known else "this pickup point cannot be chosen (any more)"
        if self.first_day is None or self.last_day is None:
            return "no other day can be chosen (any more)"
        in_time = self.first_day <= wished.day <= self.last_day
        return None if in_time else f"choose a day from {self.first_day} to {self.last_day}"

    def __bool__(self) -> bool:
        return self.first_day is not None or bool(self.points)


NOTHING_OFFERED = Offered()


def offered_to_holder(t: Transaction, holder_id: UUID) -> Offered:
    """Return what a holder may choose now."""
    return _offered_to_holder(t, _parcel_of_holder(t, holder_id))


def offered_to_office(t: Transaction, parcel_id: UUID) -> Offered:
    """Return the days and pickup points to which the office can redirect a parcel now."""
    return _offered_to_office(t, _parcel(t, parcel_id))


def make_wish(t: Transaction, holder_id: UUID, wished: Wished) -> None:
    """Let the parcel come on a later day, or go to a pickup point; the same again changes nothing.

    Raises CannotWish or TooOften.
    """
    parcel = _parcel_of_holder(t, holder_id, locked=True)
    if fault := _offered_to_holder(t, parcel).fault_of(wished):
        raise CannotWish(fault)
    if _stands(t, parcel, wished, by_office=False):
        return
    _spend_on_wish(t, parcel)
    _put(t, parcel, wished)


def withdraw_wish(t: Transaction, holder_id: UUID) -> None:
    """Let the parcel come as it would have come; without a wish nothing changes. Raises CannotWish or TooOften."""
    parcel = _parcel_of_holder(t, holder_id, locked=True)
    if parcel is None or not _can_be_sorted(parcel):
        raise CannotWish("the parcel is on its way already")
    if _is_redirected(t, parcel.id):
        raise CannotWish("the office has redirected this parcel")
    _spend_on_wish(t, parcel)
    if _end(t, parcel.id):
        _tell(t, parcel, MessageKind.WISH_NOTED)


def redirect(t: Transaction, parcel_id: UUID, wished: Wished, member: Member) -> None:
    """Let the parcel come on a later day, or go to a pickup point, as the office decides.

    One that comes on another day leaves the tour it is on; who carries one to a pickup point is told to bring it there.
    The same again changes nothing. Raises CannotRedirect or TooOften.
    """
    parcel = _parcel(t, parcel_id, locked=True)
    if fault := _offered_to_office(t, parcel).fault_of(wished):
        raise CannotRedirect(fault)
    if _stands(t, parcel, wished, by_office=True):
        return
    _spend_on_redirection(t, parcel)
    _put(t, parcel, wished, member.staff_id)


def let_come_as_planned(t: Transaction, parcel_id: UUID, member: Member) -> None:
    """Let the parcel come as it would have come, whoever wished otherwise. Raises CannotRedirect or TooOften."""
    parcel = _parcel(t, parcel_id, locked=True)
    if not _can_be_redirected(t, parcel):
        raise CannotRedirect("this parcel cannot be redirected any more")
    _spend_on_redirection(t, parcel)
    if _end(t, parcel.id, member.staff_id):
        _tell(t, parcel, MessageKind.REDIRECTED)


def standing_wish(t: Transaction, parcel_id: UUID) -> Wish | None:
    """Return the wish that stands for a parcel."""
    return standing_wishes(t, [parcel_id]).get(parcel_id)


def standing_wishes(t: Transaction, parcel_ids: Sequence[UUID]) -> dict[UUID, Wish]:
    """Return the wishes that stand, by parcel."""
    wishes, points = tables.wishes, tables.pickup_points
    rows = t.connection.execute(
        sa.select(wishes.c.parcel_id, wishes.c.day, wishes.c.wished_at, wishes.c.staff_id)
        .add_columns(points.c.name, points.c.place, points.c.opening)
        .outerjoin(points, points.c.id == wishes.c.point_id)
        .where(wishes.c.parcel_id.in_(parcel_ids), wishes.c.withdrawn_at.is_(None))
    )
    return {
        row.parcel_id: Wish(row.day, row.name, row.place, row.opening, row.wished_at, row.staff_id is not None)
        for row in rows
    }


def _offered_to_holder(t: Transaction, parcel: Any) -> Offered:
    settings = t.settings.wishes
    if parcel is None or parcel.blocked_at is not None or not _can_be_sorted(parcel) or _is_redirected(t, parcel.id):
        return Offered()
    if parcel.sender in settings.not_from:
        return Offered(can_withdraw=True)
    may_collect = settings.pickup_point and waiting_of(t, parcel.id) is None
    offered = _offered(t, parcel, settings.another_day_within, _open_points(t) if may_collect else ())
    return replace(offered, can_withdraw=True)


def _offered_to_office(t: Transaction, parcel: Any) -> Offered:
    if not _can_be_redirected(t, parcel):
        return Offered()
    return _offered(t, parcel, REDIRECTED_WITHIN_DAYS, _open_points(t))


def _offered(t: Transaction, parcel: Any, within_days: int, points: Points) -> Offered:
    first, last = t.today + timedelta(days=1), t.today + timedelta(days=within_days)
    last = min(last, _last_day(t, parcel.id) or last)
    return Offered(first, last, points) if first <= last else Offered(points=points)


def _last_day(t: Transaction, parcel_id: UUID) -> date | None:
    """Return the last day on which a code still opens the parcel."""
    codes, parcels = tables.codes, tables.parcels
    theirs = sa.select(sa.func.max(codes.c.expires_at)).join(
        parcels, parcels.c.consignment_id == codes.c.consignment_id
    )
    ends: datetime | None = t.connection.execute(theirs.where(parcels.c.id == parcel_id, is_standing())).scalar()
    return t.house.days.day_of(ends) if ends else None


def _open_points(t: Transaction) -> Points:
    points = tables.pickup_points
    query = sa.select(points.c.id, points.c.name, points.c.place, points.c.opening)
    rows = t.connection.execute(query.where(points.c.closed_at.is_(None)).order_by(points.c.name))
    return tuple((row.id, row.name, row.place, row.opening) for row in rows)


def _parcel_of_holder(t: Transaction, holder_id: UUID, *, locked: bool = False) -> Any:
    """Return the parcel of which this holder is the recipient, the next one that is to come, or None."""
    if locked:
        lock_receivables(t, holder_id)
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    theirs = _parcels().where(holders.c.id == holder_id)
    over = (handovers.c.parcel_id.is_not(None), parcels.c.ended_at.is_not(None), parcels.c.blocked_at.is_not(None))
    next_first = (*over, ~came_back(), parcels.c.id)
    return t.connection.execute(theirs.order_by(*next_first)).first()


def _parcel(t: Transaction, parcel_id: UUID, *, locked: bool = False) -> Any:
    """Return a parcel, or None where there is nobody to tell any more."""
    if locked:
        lock_parcels(t.connection, tables.parcels.c.id == parcel_id)
    return t.connection.execute(_parcels().where(tables.parcels.c.id == parcel_id)).one_or_none()


def _parcels() -> sa.Select[Any]:
    """Select parcels with their recipients, but for those who were erased."""
    parcels, consignments = tables.parcels, tables.consignments
    holders, handovers = tables.holders, tables.handovers
    return (
        sa.select(parcels.c.id, consignments.c.sender, parcels.c.destination, parcels.c.out_for_delivery_at)
        .add_columns(parcels.c.ended_at, parcels.c.blocked_at)
        .add_columns(handovers.c.handed_over_at, holders.c.id.label("holder_id"), came_back().label("came_back"))
        .select_from(parcels)
        .join(consignments, consignments.c.id == parcels.c.consignment_id)
        .join(holders, recipient_of_parcel())
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(holders.c.erased_at.is_(None))
    )


def _can_be_sorted(parcel: Any) -> bool:
    """Tell whether the parcel still lies where it can be sorted, or goes back there after a visit that failed."""
    stays = parcel.out_for_delivery_at is None or parcel.came_back
    return bool(stays) and _is_to_come_to_address(parcel)


def _can_be_redirected(t: Transaction, parcel: Any) -> bool:
    return parcel is not None and _is_to_come_to_address(parcel) and waiting_of(t, parcel.id) is None


def _is_to_come_to_address(parcel: Any) -> bool:
    is_to_come = parcel.handed_over_at is None and parcel.ended_at is None
    return is_to_come and bool(parcel.destination == Destination.ADDRESS.value)


def _is_redirected(t: Transaction, parcel_id: UUID) -> bool:
    standing = standing_wish(t, parcel_id)
    return standing is not None and standing.by_office


def _stands(t: Transaction, parcel: Any, wished: Wished, *, by_office: bool) -> bool:
    """Tell whether just this stands already. One that left meanwhile is taken back, so it is wished anew."""
    if parcel.out_for_delivery_at is not None:
        return False
    wishes = tables.wishes
    same = sa.and_(
        wishes.c.day.is_not_distinct_from(wished.day), wishes.c.point_id.is_not_distinct_from(wished.point_id)
    )
    decided = wishes.c.staff_id.is_not(None) if by_office else wishes.c.staff_id.is_(None)
    standing = sa.and_(wishes.c.parcel_id == parcel.id, wishes.c.withdrawn_at.is_(None))
    return t.connection.execute(sa.select(wishes.c.id).where(standing, same, decided)).first() is not None


def _spend_on_wish(t: Transaction, parcel: Any) -> None:
    if not t.spend_for_parcel(Budget.WISH, parcel.id, t.settings.budgets.wishes):
        raise TooOften("this parcel's wish was changed too often today")


def _spend_on_redirection(t: Transaction, parcel: Any) -> None:
    most = t.settings.budgets.mails_by_staff
    if not (t.spend(Budget.MAIL_BY_STAFF, parcel.holder_id, most) and t.takes_more(parcel.id, by_house=True)):
        raise TooOften("this recipient was written to too often today")


def _put(t: Transaction, parcel: Any, wished: Wished, staff_id: UUID | None = None) -> None:
    """Put a wish or a redirection in the place of the one that stands, and tell the recipient.

    A parcel that comes on another day leaves the tour it is on, and is out for delivery no more.
    """
    taken_back = wished.day is not None and _take_back(t, parcel.id)
    wish_id = uuid7(t.now)
    _end(t, parcel.id, staff_id)
    row = {"day": wished.day, "point_id": wished.point_id, "wished_at": t.now, "withdrawn_at": None}
    t.connection.execute(sa.insert(tables.wishes).values(id=wish_id, parcel_id=parcel.id, staff_id=staff_id, **row))
    facts: dict[str, Fact] = {
        "wish": str(wish_id),
        "day": wished.day.isoformat() if wished.day else None,
        "point": str(wished.point_id) if wished.point_id else None,
        **_by(staff_id),
    }
    if taken_back:
        facts["back"] = True
    t.record(Event(parcel.id, EventKind.WISHED if staff_id is None else EventKind.REDIRECTED, t.now, facts))
    _tell(t, parcel, MessageKind.WISH_NOTED if staff_id is None else MessageKind.REDIRECTED)


def _take_back(t: Transaction, parcel_id: UUID) -> bool:
    """Take a parcel off its tour; tells whether it had left already."""
    parcels, assignments = tables.parcels, tables.assignments
    t.connection.execute(sa.delete(assignments).where(assignments.c.parcel_id == parcel_id))
    under_way = sa.and_(parcels.c.id == parcel_id, parcels.c.out_for_delivery_at.is_not(None))
    return bool(t.connection.execute(sa.update(parcels).where(under_way).values(out_for_delivery_at=None)).rowcount)


def _end(t: Transaction, parcel_id: UUID, staff_id: UUID | None = None) -> bool:
    """Withdraw the wish that stands; tells whether there was one."""
    wishes = tables.wishes
    standing = sa.and_(wishes.c.parcel_id == parcel_id, wishes.c.withdrawn_at.is_(None))
    ended = t.connection.execute(
        sa.update(wishes).where(standing).values(withdrawn_at=t.now).returning(wishes.c.id)
    ).scalar()
    if ended is None:
        return False
    t.record(Event(parcel_id, EventKind.WISH_WITHDRAWN, t.now, _by(staff_id) | {"wish": str(ended)}))
    return True


def _tell(t: Transaction, parcel: Any, kind: MessageKind) -> None:
    """Tell the recipient: it may have been somebody else who knows the address of the page."""
    t.queue(kind, parcel_id=parcel.id, holder_id=parcel.holder_id)


def _by(staff_id: UUID | None) -> dict[str, Fact]:
    return {} if staff_id is None else {"staff": str(staff_id)}
