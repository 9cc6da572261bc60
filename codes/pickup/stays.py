"""Parcels at a pickup point: taken in, put on a shelf, waiting until a deadline, sent back if nobody came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import uuid7
from codes.life.issuing import message_row
from codes.life.prolonging import prolong
from codes.model import EventKind, HolderKind, MessageKind, ParcelSize
from codes.parcels import parcel_id_of, waits
from codes.pickup.points import (
    PickupPoint,
    Shelf,
    here,
    named,
    natural,
    point_of,
    proposed,
    shelves_of,
)
from codes.pickup.waiting import Stay, stay_of, stays_with_places
from codes.proving.chain import write_moment
from codes.proving.events import Event, Fact, record
from codes.store.database import Database

REMIND_BEFORE = timedelta(days=2)
REMINDED_TOGETHER = 500


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


class Stays:
    """Everything that happens to parcels at pickup points, besides being handed over."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def take_in(
        self, device_id: UUID, reference: str, size: ParcelSize = ParcelSize.M, shelf: str | None = None
    ) -> TakenIn:
        """Take a parcel in, on the shelf that is named or else proposed, and tell its recipient. Again changes nothing.

        Its codes stay valid until it has to be collected.

        Raises UnknownPoint, UnknownParcel, BadReference, BadPoint, AlreadyGone or WaitsElsewhere.
        """
        now = self._clock()
        with self._database.writing() as connection:
            point = here(connection, device_id)
            parcel_id = parcel_id_of(connection, reference, locked=True)
            if standing := _standing(connection, parcel_id, point):
                return TakenIn(standing, again=True)
            shelves = shelves_of(connection, point.point_id)
            place = named(shelves, shelf) if shelf else proposed(shelves, size, _nearby(connection, parcel_id, point))
            deadline = now + timedelta(days=point.days_kept)
            row = {
                "id": uuid7(now),
                "parcel_id": parcel_id,
                "point_id": point.point_id,
                "shelf_id": place.shelf_id if place else None,
                "device_id": device_id,
                "size": size.value,
                "arrived_at": now,
                "deadline": deadline,
            }
            connection.execute(sa.insert(tables.stays).values(row))
            arrived: dict[str, Fact] = {
                "stay": str(row["id"]),
                "point": str(point.point_id),
                "device": str(device_id),
                "size": size.value,
                "deadline": write_moment(deadline),
                **_place(place),
            }
            events = [Event(parcel_id, EventKind.ARRIVED_AT_POINT, now, arrived)]
            if _leave(connection, parcel_id, now):
                events.append(Event(parcel_id, EventKind.OUT_FOR_DELIVERY, now, {}))
            events += prolong(connection, parcel_id, deadline, now)
            _tell(connection, parcel_id, MessageKind.READY_TO_COLLECT, now)
            record(connection, events)
            stay = _standing(connection, parcel_id, point)
            assert stay is not None
        return TakenIn(stay, again=False)

    def put_on_shelf(self, device_id: UUID, reference: str, shelf: str) -> Stay:
        """Put a parcel that waits here on another shelf. Raises as ``take_in`` does, and NotWaiting."""
        now, table = self._clock(), tables.stays
        with self._database.writing() as connection:
            point, stay = _waiting(connection, device_id, reference)
            place = named(shelves_of(connection, point.point_id), shelf)
            if stay.shelf == place.name:
                return stay
            connection.execute(sa.update(table).where(table.c.id == stay.stay_id).values(shelf_id=place.shelf_id))
            facts = {"stay": str(stay.stay_id), "device": str(device_id), **_place(place)}
            record(connection, [Event(stay.parcel_id, EventKind.PUT_ON_SHELF, now, facts)])
            moved = _standing(connection, stay.parcel_id, point)
            assert moved is not None
        return moved

    def send_back(self, device_id: UUID, reference: str) -> None:
        """Record that a parcel leaves the point uncollected. Raises as ``put_on_shelf`` does."""
        now, table = self._clock(), tables.stays
        with self._database.writing() as connection:
            _, stay = _waiting(connection, device_id, reference)
            connection.execute(sa.update(table).where(table.c.id == stay.stay_id).values(returned_at=now))
            facts = {"stay": str(stay.stay_id), "device": str(device_id)}
            record(connection, [Event(stay.parcel_id, EventKind.LEFT_POINT, now, facts)])

    def at(self, point_id: UUID) -> list[Stay]:
        """Return what waits at a point, by shelf, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(stays_with_places().where(tables.stays.c.point_id == point_id, waits())).all()
        return sorted((stay_of(row) for row in rows), key=lambda stay: (natural(stay.shelf or ""), stay.arrived_at))

    def places(self, device_id: UUID, references: Sequence[str]) -> dict[str, tuple[str, bool]]:
        """Return the shelf where each parcel was put at this device's point, also after its handover; and if hatch."""
        with self._database.reading() as connection:
            point = point_of(connection, device_id)
            if point is None:
                return {}
            here = sa.and_(tables.stays.c.point_id == point.point_id, tables.stays.c.returned_at.is_(None))
            rows = connection.execute(stays_with_places().where(tables.parcels.c.reference.in_(references), here)).all()
        return {row.reference: (row.shelf, row.hatch) for row in rows if row.shelf}

    def remind(self) -> int:
        """Remind recipients whose parcels will not wait much longer, once each; returns how many."""
        now, stays = self._clock(), tables.stays
        points = sa.select(tables.pickup_points.c.id)
        due = sa.and_(
            # Named so, the index by point and deadline serves however many parcels were here before.
            *(stays.c.point_id.in_(points), waits(), stays.c.reminded_at.is_(None), stays.c.deadline > now),
            stays.c.deadline <= now + REMIND_BEFORE,
        )
        query = sa.select(stays.c.id, stays.c.parcel_id, stays.c.arrived_at, stays.c.deadline).where(due)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(REMINDED_TOGETHER)).all()
        # Who came to know of it just now needs no reminder.
        late = [row for row in rows if now - row.arrived_at >= timedelta(days=1)]
        return sum(self._remind(row.id, row.parcel_id, now) for row in late)

    def _remind(self, stay_id: UUID, parcel_id: UUID, now: datetime) -> bool:
        stays, parcels = tables.stays, tables.parcels
        with self._database.writing() as connection:
            connection.execute(sa.select(parcels.c.id).where(parcels.c.id == parcel_id).with_for_update())
            still = sa.and_(stays.c.id == stay_id, stays.c.reminded_at.is_(None), waits())
            if not connection.execute(sa.update(stays).where(still).values(reminded_at=now)).rowcount:
                return False
            _tell(connection, parcel_id, MessageKind.COLLECT_SOON, now)
            record(connection, [Event(parcel_id, EventKind.REMINDED_TO_COLLECT, now, {"stay": str(stay_id)})])
        return True


def _waiting(connection: sa.Connection, device_id: UUID, reference: str) -> tuple[PickupPoint, Stay]:
    point = here(connection, device_id)
    stay = _standing(connection, parcel_id_of(connection, reference, locked=True), point)
    if stay is None:
        raise NotWaiting("this parcel does not wait here")
    return point, stay


def _standing(connection: sa.Connection, parcel_id: UUID, point: PickupPoint) -> Stay | None:
    """Return a parcel's stay at this point. Raises AlreadyGone or WaitsElsewhere."""
    handovers = tables.handovers
    gone = sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id == parcel_id)
    if connection.execute(gone).first() is not None:
        raise AlreadyGone("this parcel was already handed over")
    row = connection.execute(stays_with_places().where(tables.stays.c.parcel_id == parcel_id, waits())).one_or_none()
    if row is not None and row.point_id != point.point_id:
        raise WaitsElsewhere(f"this parcel waits at {row.point}")
    return stay_of(row) if row else None


def _nearby(connection: sa.Connection, parcel_id: UUID, point: PickupPoint) -> frozenset[UUID]:
    """Return the shelves where parcels for the same address lie."""
    holders, stays = tables.holders, tables.stays
    own, other = holders.alias("own"), holders.alias("other")
    recipient = HolderKind.RECIPIENT.value
    query = (
        sa.select(stays.c.shelf_id)
        .join(other, sa.and_(other.c.parcel_id == stays.c.parcel_id, other.c.kind == recipient))
        .join(own, sa.and_(own.c.email == other.c.email, own.c.kind == recipient))
        .where(own.c.parcel_id == parcel_id, stays.c.point_id == point.point_id, stays.c.shelf_id.is_not(None), waits())
    )
    return frozenset(connection.execute(query).scalars())


def _leave(connection: sa.Connection, parcel_id: UUID, now: datetime) -> bool:
    """A parcel that arrived has left for its recipient, whether or not anybody said so."""
    parcels = tables.parcels
    first = sa.and_(parcels.c.id == parcel_id, parcels.c.out_for_delivery_at.is_(None))
    return bool(connection.execute(sa.update(parcels).where(first).values(out_for_delivery_at=now)).rowcount)


def _tell(connection: sa.Connection, parcel_id: UUID, kind: MessageKind, now: datetime) -> None:
    """Write to the recipient of a parcel that is handed over against a code."""
    holders, parcels = tables.holders, tables.parcels
    recipient = connection.execute(
        sa.select(holders.c.id)
        .join(parcels, parcels.c.id == holders.c.parcel_id)
        .where(holders.c.parcel_id == parcel_id, holders.c.kind == HolderKind.RECIPIENT.value, parcels.c.code_required)
    ).scalar()
    if recipient is not None:
        connection.execute(sa.insert(tables.messages), [message_row(parcel_id, recipient, kind, now)])


def _place(shelf: Shelf | None) -> dict[str, Fact]:
    return {"shelf": str(shelf.shelf_id) if shelf else None, "name": shelf.name if shelf else None}
