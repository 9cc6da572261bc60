"""Parcels at a pickup point: taken in, put on a shelf, waiting until a deadline, sent back if nobody came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.prolonging import prolong
from codes.model import EventKind, MessageKind, ParcelSize
from codes.pickup.points import (
    PickupPoint,
    Shelf,
    list_shelves,
    own_point,
    propose_shelf,
    shelf_named,
)
from codes.pickup.stays import Stay, stay_of, stays_with_places
from codes.proving.chain import write_moment
from codes.proving.events import Event, Fact
from codes.store.budgets import Budget, TooOften
from codes.store.clauses import is_recipient, recipient_of_parcel, waits
from codes.store.parcel_rows import live_parcel_id_of, lock_parcels
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

REMIND_BEFORE = timedelta(days=2)
REMINDED_TOGETHER = 100


class NotWaiting(Exception):
    """The parcel does not wait at this point: it never came, was handed over, or went back."""


class AlreadyGone(Exception):
    """The parcel was handed over, so it cannot be taken in."""


class WaitsElsewhere(Exception):
    """The parcel waits at another pickup point."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of taking a parcel in; ``again`` says that it had been taken in before."""

    stay: Stay
    again: bool


def take_in(
    t: Transaction, device_id: UUID, reference: str, size: ParcelSize = ParcelSize.M, shelf: str | None = None
) -> TakenIn:
    """Take a parcel in, on the shelf that is named or else proposed, and tell its recipient. Again changes nothing.

    Its codes stay valid until it has to be collected.

    Raises UnknownPoint, UnknownParcel, BadReference, BadPoint, AlreadyGone, WaitsElsewhere or TooOften.
    """
    point = own_point(t, device_id)
    parcel_id = live_parcel_id_of(t.connection, reference)
    if standing := _standing(t, parcel_id, point):
        return TakenIn(standing, again=True)
    _spend(t, parcel_id, by_house=True)
    shelves = list_shelves(t, point.point_id)
    place = shelf_named(shelves, shelf) if shelf else propose_shelf(shelves, size, _nearby(t, parcel_id, point))
    deadline = t.now + timedelta(days=point.days_kept)
    row = {
        "id": uuid7(t.now),
        "parcel_id": parcel_id,
        "point_id": point.point_id,
        "shelf_id": place.shelf_id if place else None,
        "device_id": device_id,
        "size": size.value,
        "arrived_at": t.now,
        "deadline": deadline,
    }
    t.connection.execute(sa.insert(tables.stays).values(row))
    arrived: dict[str, Fact] = {
        "stay": str(row["id"]),
        "point": str(point.point_id),
        "device": str(device_id),
        "size": size.value,
        "deadline": write_moment(deadline),
        **_place(place),
    }
    events = [Event(parcel_id, EventKind.ARRIVED_AT_POINT, t.now, arrived)]
    if _leave(t, parcel_id):
        events.append(Event(parcel_id, EventKind.OUT_FOR_DELIVERY, t.now, {}))
    events += prolong(t, parcel_id, deadline)
    _tell(t, parcel_id, MessageKind.READY_TO_COLLECT)
    t.record(*events)
    stay = _standing(t, parcel_id, point)
    assert stay is not None
    return TakenIn(stay, again=False)


def put_on_shelf(t: Transaction, device_id: UUID, reference: str, shelf: str) -> Stay:
    """Put a parcel that waits here on another shelf. Raises as ``take_in`` does, and NotWaiting."""
    table = tables.stays
    point, stay = _waiting(t, device_id, reference)
    place = shelf_named(list_shelves(t, point.point_id), shelf)
    if stay.shelf == place.name:
        return stay
    _spend(t, stay.parcel_id)
    t.connection.execute(sa.update(table).where(table.c.id == stay.stay_id).values(shelf_id=place.shelf_id))
    facts = {"stay": str(stay.stay_id), "device": str(device_id), **_place(place)}
    t.record(Event(stay.parcel_id, EventKind.PUT_ON_SHELF, t.now, facts))
    moved = _standing(t, stay.parcel_id, point)
    assert moved is not None
    return moved


def send_back(t: Transaction, device_id: UUID, reference: str) -> None:
    """Record that a parcel leaves the point uncollected. Raises as ``put_on_shelf`` does."""
    table = tables.stays
    _, stay = _waiting(t, device_id, reference)
    _spend(t, stay.parcel_id)
    t.connection.execute(sa.update(table).where(table.c.id == stay.stay_id).values(returned_at=t.now))
    facts = {"stay": str(stay.stay_id), "device": str(device_id)}
    t.record(Event(stay.parcel_id, EventKind.LEFT_POINT, t.now, facts))


def remind_to_collect(t: Transaction) -> int:
    """Remind recipients whose parcels will not wait much longer, once each; returns how many."""
    stays = tables.stays
    points = sa.select(tables.pickup_points.c.id)
    due = sa.and_(
        # Named so, the index by point and deadline serves however many parcels were here before.
        stays.c.point_id.in_(points),
        waits(),
        stays.c.reminded_at.is_(None),
        stays.c.deadline > t.now,
        stays.c.deadline <= t.now + REMIND_BEFORE,
    )
    query = sa.select(stays.c.id, stays.c.parcel_id, stays.c.arrived_at, stays.c.deadline).where(due)
    rows = t.connection.execute(query.limit(REMINDED_TOGETHER)).all()
    # Who came to know of it just now needs no reminder.
    late = [row for row in rows if t.now - row.arrived_at >= timedelta(days=1)]
    return sum(_remind(t, row.id, row.parcel_id) for row in late)


def _remind(t: Transaction, stay_id: UUID, parcel_id: UUID) -> bool:
    stays, parcels = tables.stays, tables.parcels
    lock_parcels(t.connection, parcels.c.id == parcel_id)
    still = sa.and_(stays.c.id == stay_id, stays.c.reminded_at.is_(None), waits())
    if not t.connection.execute(sa.update(stays).where(still).values(reminded_at=t.now)).rowcount:
        return False
    _tell(t, parcel_id, MessageKind.COLLECT_SOON)
    t.record(Event(parcel_id, EventKind.REMINDED_TO_COLLECT, t.now, {"stay": str(stay_id)}))
    return True


def _spend(t: Transaction, parcel_id: UUID, *, by_house: bool = False) -> None:
    if not t.spend_for_parcel(Budget.STAY, parcel_id, t.settings.budgets.stays_per_parcel, by_house=by_house):
        raise TooOften("this parcel was moved too often today")


def _waiting(t: Transaction, device_id: UUID, reference: str) -> tuple[PickupPoint, Stay]:
    point = own_point(t, device_id)
    stay = _standing(t, live_parcel_id_of(t.connection, reference), point)
    if stay is None:
        raise NotWaiting("this parcel does not wait here")
    return point, stay


def _standing(t: Transaction, parcel_id: UUID, point: PickupPoint) -> Stay | None:
    """Return a parcel's stay at this point. Raises AlreadyGone or WaitsElsewhere."""
    handovers = tables.handovers
    gone = sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id == parcel_id)
    if t.connection.execute(gone).first() is not None:
        raise AlreadyGone("this parcel was already handed over")
    row = t.connection.execute(stays_with_places().where(tables.stays.c.parcel_id == parcel_id, waits())).one_or_none()
    if row is not None and row.point_id != point.point_id:
        raise WaitsElsewhere(f"this parcel waits at {row.point}")
    return stay_of(row) if row else None


def _nearby(t: Transaction, parcel_id: UUID, point: PickupPoint) -> frozenset[UUID]:
    """Return the shelves where parcels for the same address lie."""
    parcels, holders, stays = tables.parcels, tables.holders, tables.stays
    other, own = holders.alias("other"), sa.select(holders.c.email_folded).join(parcels, recipient_of_parcel())
    query = (
        sa.select(stays.c.shelf_id)
        .join(parcels, parcels.c.id == stays.c.parcel_id)
        .join(other, sa.and_(other.c.consignment_id == parcels.c.consignment_id, is_recipient(other)))
        .where(other.c.email_folded.in_(own.where(parcels.c.id == parcel_id).correlate(None)))
        .where(stays.c.point_id == point.point_id, stays.c.shelf_id.is_not(None), waits())
    )
    return frozenset(t.connection.execute(query).scalars())


def _leave(t: Transaction, parcel_id: UUID) -> bool:
    """A parcel that arrived has left for its recipient, whether or not anybody said so."""
    parcels = tables.parcels
    first = sa.and_(parcels.c.id == parcel_id, parcels.c.out_for_delivery_at.is_(None))
    return bool(t.connection.execute(sa.update(parcels).where(first).values(out_for_delivery_at=t.now)).rowcount)


def _tell(t: Transaction, parcel_id: UUID, kind: MessageKind) -> None:
    """Write to the recipient of a parcel that is to be handed over against a code."""
    holders, parcels = tables.holders, tables.parcels
    recipient = t.connection.execute(
        sa.select(holders.c.id)
        .join(parcels, recipient_of_parcel())
        .where(parcels.c.id == parcel_id, parcels.c.code_required, parcels.c.ended_at.is_(None))
    ).scalar()
    if recipient is not None:
        t.queue(kind, parcel_id=parcel_id, holder_id=recipient)


def _place(shelf: Shelf | None) -> dict[str, Fact]:
    return {"shelf": str(shelf.shelf_id) if shelf else None, "name": shelf.name if shelf else None}
