"""The last day before the bell rings: the parcel leaves, comes near, or waits at a pickup point. Each is told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.identifiers import normalise_reference
from codes.life.issuing import message_row
from codes.model import EventKind, HolderKind, MessageKind
from codes.parcels import UnknownParcel
from codes.proving.events import Event, record
from codes.store.database import Database

AGAIN_AFTER = timedelta(hours=4)
"""A driver who is near within so long is near for the same visit."""


class NotUnderWay(Exception):
    """The parcel was handed over, or needs no code, so nobody is told that it comes."""


class Approach:
    """Records that a parcel comes, and tells its recipient in time to have the code ready."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def leave(self, reference: str) -> None:
        """Record that the parcel left for its recipient, and tell him. Raises UnknownParcel.

        A second time changes nothing, unless the parcel came back from a visit and leaves again on a later day.
        """
        now, parcels = self._clock(), tables.parcels
        with self._database.writing() as connection:
            parcel = _locked(connection, reference)
            left = parcel.out_for_delivery_at
            if left is not None and not (_is_earlier_day(left, now) and _came_back(connection, parcel)):
                return
            connection.execute(sa.update(parcels).where(parcels.c.id == parcel.id).values(out_for_delivery_at=now))
            if parcel.code_required and parcel.handed_over_at is None:
                _tell(connection, parcel, MessageKind.DELIVERY_DAY, now)
            record(connection, [Event(parcel.id, EventKind.OUT_FOR_DELIVERY, now, {})])

    def come_near(self, reference: str) -> None:
        """Record that the driver is near; within the same visit that is told once.

        Raises UnknownParcel or NotUnderWay.
        """
        now, events = self._clock(), tables.events
        with self._database.writing() as connection:
            parcel = _locked(connection, reference)
            if parcel.handed_over_at is not None or not parcel.code_required:
                raise NotUnderWay("this parcel was handed over, or needs no code")
            near = sa.and_(events.c.parcel_id == parcel.id, events.c.kind == EventKind.DRIVER_NEAR.value)
            last = connection.execute(sa.select(sa.func.max(events.c.at)).where(near)).scalar()
            if last is not None and now < last + AGAIN_AFTER:
                return
            _tell(connection, parcel, MessageKind.DRIVER_NEAR, now)
            record(connection, [Event(parcel.id, EventKind.DRIVER_NEAR, now, {})])


def _locked(connection: sa.Connection, reference: str) -> sa.Row[Any]:
    """Return the parcel, locked, with its recipient."""
    parcels, handovers = tables.parcels, tables.handovers
    locked = connection.execute(
        sa.select(parcels.c.id).where(parcels.c.reference == normalise_reference(reference)).with_for_update()
    ).scalar()
    if locked is None:
        raise UnknownParcel(f"no parcel {reference} was announced")
    holders = tables.holders
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    return connection.execute(
        sa.select(parcels.c.id, parcels.c.out_for_delivery_at, parcels.c.code_required)
        .add_columns(handovers.c.handed_over_at, holders.c.id.label("holder_id"))
        .join(holders, recipient)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id == locked)
    ).one()


def _is_earlier_day(moment: datetime, now: datetime) -> bool:
    return moment.astimezone().date() < now.astimezone().date()


def _came_back(connection: sa.Connection, parcel: sa.Row[Any]) -> bool:
    """Tell whether the last time that the parcel left ended in a visit without a handover."""
    events, ways = tables.events, (EventKind.OUT_FOR_DELIVERY.value, EventKind.NOT_HANDED_OVER.value)
    last = sa.select(events.c.kind).where(events.c.parcel_id == parcel.id, events.c.kind.in_(ways))
    newest = connection.execute(last.order_by(events.c.position.desc()).limit(1)).scalar()
    return parcel.handed_over_at is None and newest == EventKind.NOT_HANDED_OVER.value


def _tell(connection: sa.Connection, parcel: sa.Row[Any], kind: MessageKind, now: datetime) -> None:
    connection.execute(sa.insert(tables.messages), [message_row(parcel.id, parcel.holder_id, kind, now)])
