"""How often a ticket's holder may ask for the same again. What was asked for is counted from what is recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import MessageKind

MOST = 3
WITHIN = timedelta(hours=1)
WITH_CODE = tuple(kind.value for kind in (MessageKind.CODE_ISSUED, MessageKind.CODE_RENEWED))


class TooOften(Exception):
    """This was asked for too often; later it may be asked for again."""


def bear_one_more(connection: sa.Connection, holder_id: UUID, now: datetime) -> UUID:
    """Return the holder's parcel, locked, if one more message with a code may go out. Raises TooOften."""
    holders, parcels, messages = tables.holders, tables.parcels, tables.messages
    parcel_id: UUID = connection.execute(
        sa.select(parcels.c.id)
        .join(holders, holders.c.parcel_id == parcels.c.id)
        .where(holders.c.id == holder_id)
        .with_for_update(of=parcels)
    ).scalar_one()
    lately = sa.and_(
        messages.c.holder_id == holder_id, messages.c.kind.in_(WITH_CODE), messages.c.queued_at > now - WITHIN
    )
    sent = connection.execute(
        sa.select(sa.func.count()).select_from(messages).where(messages.c.parcel_id == parcel_id, lately)
    ).scalar_one()
    # The first message of a new ticket is one of them: nobody asked for that.
    if sent > MOST:
        raise TooOften(f"this can be asked for {MOST} times an hour")
    return parcel_id
