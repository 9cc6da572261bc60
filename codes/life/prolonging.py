"""A parcel that waits at a pickup point has codes that are good until its deadline, however old they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.consignments import receivables, told_to_each
from codes.model import EventKind
from codes.proving.chain import write_moment
from codes.proving.events import Event
from codes.store.clauses import is_standing, may_receive, waits
from codes.store.transaction import Transaction


def prolong(t: Transaction, parcel_id: UUID, deadline: datetime) -> list[Event]:
    """Let the codes that open a parcel stay valid until a deadline; returns what the chains are told.

    A delegate receives no longer than the recipient said. The consignment's parcels have to be locked.
    """
    codes, holders, parcels = tables.codes, tables.holders, tables.parcels
    events: list[Event] = []
    standing = t.connection.execute(
        sa.select(codes.c.id, codes.c.holder_id, codes.c.expires_at, holders.c.valid_until)
        .join(holders, holders.c.id == codes.c.holder_id)
        .join(parcels, parcels.c.consignment_id == holders.c.consignment_id)
        .where(parcels.c.id == parcel_id, may_receive(), is_standing(), holders.c.erased_at.is_(None))
        .order_by(codes.c.issued_at, codes.c.id)
    ).all()
    for code in standing:
        until = deadline if code.valid_until is None else min(deadline, code.valid_until)
        if until > code.expires_at:
            t.connection.execute(sa.update(codes).where(codes.c.id == code.id).values(expires_at=until))
            facts = {"code": str(code.id), "expires": write_moment(until)}
            told = receivables(t, code.holder_id).told_of_code
            events += told_to_each(told, EventKind.CODE_PROLONGED, t.now, facts)
    return events


def no_earlier_than_deadline(t: Transaction, consignment_id: UUID, expires_at: datetime) -> datetime:
    """Return when a new code expires: not before its parcels have to be collected, if any waits anywhere."""
    stays, parcels = tables.stays, tables.parcels
    deadline: datetime | None = t.connection.execute(
        sa.select(sa.func.max(stays.c.deadline))
        .join(parcels, parcels.c.id == stays.c.parcel_id)
        .where(parcels.c.consignment_id == consignment_id, waits())
    ).scalar()
    return expires_at if deadline is None else max(expires_at, deadline)
