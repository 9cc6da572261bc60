"""At the door the code's mail can be sent once more, to the address that is registered; it is shown to nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import uuid7
from codes.life.issuing import message_row
from codes.model import EventKind, HolderKind, MessageKind
from codes.parcels import parcel_id_of
from codes.proving.events import Event, record
from codes.settings import CodeSettings
from codes.store.database import Database


class SentAgain(StrEnum):
    """What came of asking for the mail once more."""

    SENT = "sent"
    TOO_SOON = "too_soon"
    TOO_OFTEN = "too_often"
    NO_ADDRESS = "no_address"
    NO_CODE = "no_code"


class Reminding:
    """Sends a code's mail once more when a device asks, only so often for a parcel and for a device."""

    def __init__(self, database: Database, clock: Callable[[], datetime], settings: CodeSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def send_again(self, device_id: UUID, reference: str) -> SentAgain:
        """Queue the recipient's mail once more, with the same code. Raises UnknownParcel or BadReference."""
        now = self._clock()
        with self._database.writing() as connection:
            parcel_id = parcel_id_of(connection, reference, locked=True)
            holder_id, refusal = _recipient(connection, parcel_id, now)
            refusal = refusal or self._limit(connection, parcel_id, device_id, now)
            if refusal is not None:
                return refusal
            asked = {"id": uuid7(now), "parcel_id": parcel_id, "device_id": device_id, "asked_at": now}
            connection.execute(sa.insert(tables.reminders).values(asked))
            message = message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now)
            connection.execute(sa.insert(tables.messages), [message])
            record(connection, [Event(parcel_id, EventKind.CODE_SENT_AGAIN, now, {"device": str(device_id)})])
        return SentAgain.SENT

    def _limit(self, connection: sa.Connection, parcel_id: UUID, device_id: UUID, now: datetime) -> SentAgain | None:
        table = tables.reminders
        pause = now - timedelta(minutes=self._settings.send_again_minutes)
        recent = sa.select(table.c.id).where(table.c.parcel_id == parcel_id, table.c.asked_at > pause).limit(1)
        if connection.execute(recent).first() is not None:
            return SentAgain.TOO_SOON
        of_device = sa.and_(table.c.device_id == device_id, table.c.asked_at > now - timedelta(days=1))
        asked = connection.execute(sa.select(sa.func.count()).select_from(table).where(of_device)).scalar_one()
        return SentAgain.TOO_OFTEN if asked >= self._settings.send_again_per_device_and_day else None


def _recipient(connection: sa.Connection, parcel_id: UUID, now: datetime) -> tuple[UUID, SentAgain | None]:
    """Return who is to be written to, or why nobody is."""
    holders, codes, handovers = tables.holders, tables.codes, tables.handovers
    which = sa.and_(holders.c.parcel_id == parcel_id, holders.c.kind == HolderKind.RECIPIENT.value)
    row = connection.execute(sa.select(holders.c.id, holders.c.email, holders.c.phone).where(which)).one()
    live = sa.and_(
        *(codes.c.holder_id == row.id, codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None)),
        codes.c.expires_at > now,
    )
    handed_over = connection.execute(sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id == parcel_id)).first()
    if handed_over is not None or connection.execute(sa.select(codes.c.id).where(live)).first() is None:
        return row.id, SentAgain.NO_CODE
    return row.id, None if row.email or row.phone else SentAgain.NO_ADDRESS
