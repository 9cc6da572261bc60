"""A parcel that waits at a pickup point has codes that are good until its deadline, however old they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind
from codes.parcels import waits
from codes.proving.chain import write_moment
from codes.proving.events import Event


def prolong(connection: sa.Connection, parcel_id: UUID, deadline: datetime, now: datetime) -> list[Event]:
    """Let the codes that were neither renewed nor revoked stay valid until a deadline; returns what the chain is told.

    A delegate receives no longer than the recipient said. The parcel's row has to be held.
    """
    codes, holders, events = tables.codes, tables.holders, []
    standing = connection.execute(
        sa.select(codes.c.id, codes.c.expires_at, holders.c.valid_until)
        .join(holders, holders.c.id == codes.c.holder_id)
        .where(codes.c.parcel_id == parcel_id, codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None))
        .where(holders.c.erased_at.is_(None))
        .order_by(codes.c.issued_at, codes.c.id)
    ).all()
    for code in standing:
        until = deadline if code.valid_until is None else min(deadline, code.valid_until)
        if until > code.expires_at:
            connection.execute(sa.update(codes).where(codes.c.id == code.id).values(expires_at=until))
            facts = {"code": str(code.id), "expires": write_moment(until)}
            events.append(Event(parcel_id, EventKind.CODE_PROLONGED, now, facts))
    return events


def no_earlier_than_deadline(connection: sa.Connection, parcel_id: UUID, expires_at: datetime) -> datetime:
    """Return when a new code of a parcel expires: not before the parcel has to be collected, if it waits anywhere."""
    stays = tables.stays
    deadline: datetime | None = connection.execute(
        sa.select(stays.c.deadline).where(stays.c.parcel_id == parcel_id, waits())
    ).scalar()
    return expires_at if deadline is None else max(expires_at, deadline)
