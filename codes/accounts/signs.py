"""Signs of life: what a device says of itself, and whether the house has taken it out of order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.database import Database

SILENT_AFTER = timedelta(minutes=3)


class CameraState(StrEnum):
    """How a device's camera is."""

    ON = "on"
    LOST = "lost"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    CLEAN_GLASS = "clean_glass"


@dataclass(frozen=True, slots=True)
class Sign:
    """What is known of a device: when it last spoke, its camera, what waits in it, who stopped it and when."""

    seen_at: datetime | None = None
    camera: CameraState | None = None
    waiting: int = 0
    out_of_order_at: datetime | None = None

    def is_silent(self, now: datetime) -> bool:
        """Tell whether a device that once spoke has not for too long."""
        return self.seen_at is not None and now - self.seen_at > SILENT_AFTER


class Signs:
    """Takes signs of life, and stops devices from afar."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def take(self, device_id: UUID, camera: CameraState, waiting: int) -> bool:
        """Record that a device lives; tells whether it is to be out of order."""
        values = {"seen_at": self._clock(), "camera": camera.value, "waiting": waiting}
        return self._put(device_id, values) is not None

    def stop(self, device_id: UUID, by: UUID) -> None:
        """Take a device out of order until it is put back. Who did it stays recorded."""
        self._put(device_id, {"out_of_order_at": self._clock(), "out_of_order_by": by})

    def put_back(self, device_id: UUID, by: UUID) -> None:
        """Let a device work again."""
        self._put(device_id, {"out_of_order_at": None, "out_of_order_by": by})

    def of(self, device_ids: Sequence[UUID]) -> Mapping[UUID, Sign]:
        """Return what is known of devices; one that never spoke has an empty sign."""
        table = tables.device_signs
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(table).where(table.c.device_id.in_(device_ids))).all()
        found = {
            row.device_id: Sign(
                row.seen_at, CameraState(row.camera) if row.camera else None, row.waiting, row.out_of_order_at
            )
            for row in rows
        }
        return {device_id: found.get(device_id, Sign()) for device_id in device_ids}

    def _put(self, device_id: UUID, values: Mapping[str, object]) -> datetime | None:
        """Write, and return since when the device is out of order. The device's row keeps writers apart."""
        table, devices = tables.device_signs, tables.devices
        with self._database.writing() as connection:
            connection.execute(sa.select(devices.c.id).where(devices.c.id == device_id).with_for_update()).one()
            update = sa.update(table).where(table.c.device_id == device_id).values(**values)
            if not connection.execute(update).rowcount:
                connection.execute(sa.insert(table).values(device_id=device_id, **{"waiting": 0, **values}))
            since: datetime | None = connection.execute(
                sa.select(table.c.out_of_order_at).where(table.c.device_id == device_id)
            ).scalar_one()
        return since
