"""Heartbeats: what a device says of itself, and whether the house has taken it out of order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.transaction import Transaction

SILENT_AFTER = timedelta(minutes=3)
CALL_IS_NOTED_EVERY = timedelta(minutes=5)
"""A write for each call would cost more than anybody gains from knowing the minute."""


class CameraState(StrEnum):
    """How a device's camera is."""

    ON = "on"
    LOST = "lost"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    CLEAN_GLASS = "clean_glass"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What is known of a device: when it last spoke, its camera, what waits in it, who stopped it and when.

    A kiosk speaks by itself all the time; of a phone or a counter is known when somebody last used it.
    """

    seen_at: datetime | None = None
    called_at: datetime | None = None
    camera: CameraState | None = None
    waiting: int = 0
    out_of_order_at: datetime | None = None

    @property
    def last_seen_at(self) -> datetime | None:
        """Return when anything last came from the device."""
        return max((each for each in (self.seen_at, self.called_at) if each), default=None)

    def is_silent(self, now: datetime) -> bool:
        """Tell whether a device that once spoke has not for too long."""
        return self.seen_at is not None and now - self.seen_at > SILENT_AFTER


def take_heartbeat(t: Transaction, device_id: UUID, camera: CameraState, waiting: int) -> bool:
    """Record that a device lives; tells whether it is to be out of order."""
    return _put(t, device_id, {"seen_at": t.now, "camera": camera.value, "waiting": waiting}) is not None


def note_call(t: Transaction, device_id: UUID) -> None:
    """Note when a device was used last."""
    _put(t, device_id, {"called_at": t.now})


def stop_device(t: Transaction, device_id: UUID, by: UUID) -> None:
    """Take a device out of order until it is put back. Who did it stays recorded."""
    _put(t, device_id, {"out_of_order_at": t.now, "out_of_order_by": by})


def put_device_back(t: Transaction, device_id: UUID, by: UUID) -> None:
    """Let a device work again."""
    _put(t, device_id, {"out_of_order_at": None, "out_of_order_by": by})


def is_call_to_be_noted(called_at: datetime | None, now: datetime) -> bool:
    """Tell whether it is so long ago that a call of a device was noted that this one is."""
    return called_at is None or now - called_at > CALL_IS_NOTED_EVERY


def heartbeats_of(t: Transaction, device_ids: Sequence[UUID]) -> Mapping[UUID, Heartbeat]:
    """Return what is known of devices; one that never spoke has an empty heartbeat."""
    table = tables.device_signs
    found = {
        row.device_id: Heartbeat(
            row.seen_at,
            row.called_at,
            CameraState(row.camera) if row.camera else None,
            row.waiting,
            row.out_of_order_at,
        )
        for row in t.connection.execute(sa.select(table).where(table.c.device_id.in_(device_ids)))
    }
    return {device_id: found.get(device_id, Heartbeat()) for device_id in device_ids}


def _put(t: Transaction, device_id: UUID, values: Mapping[str, object]) -> datetime | None:
    """Write, and return since when the device is out of order. The device's row keeps writers apart."""
    table, devices = tables.device_signs, tables.devices
    t.connection.execute(sa.select(devices.c.id).where(devices.c.id == device_id).with_for_update()).one()
    update = sa.update(table).where(table.c.device_id == device_id).values(**values)
    if not t.connection.execute(update).rowcount:
        t.connection.execute(sa.insert(table).values(device_id=device_id, **{"waiting": 0, **values}))
    since: datetime | None = t.connection.execute(
        sa.select(table.c.out_of_order_at).where(table.c.device_id == device_id)
    ).scalar_one()
    return since
