"""A parcel ends without a handover: it was cancelled, delivered elsewhere, or sent back. Each stands for good.

What ended is blocked as well: whatever refuses a blocked parcel, from the symbol to a supervised handover, refuses it.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.blocking import Blocker, Ended, NothingToBlock, blocker_facts, ending_of
from codes.model import Destination, Ending, EventKind, MessageKind
from codes.pickup.stays import end_stay, waiting_of
from codes.proving.events import Event
from codes.store.clauses import is_handed_over, recipient_of_parcel
from codes.store.transaction import Transaction

IN_ORDER = tuple(Ending)


class GoesToPoint(Exception):
    """The parcel is to be collected at a pickup point, where its carrier delivers it without a code as a rule."""


def end(t: Transaction, parcel_id: UUID, ending: Ending, by: Blocker) -> bool:
    """Let a parcel be handed over to nobody any more, and tell its recipient; tells whether anything changed.

    What was cancelled may still come back to its sender; what came back is not cancelled any more.
    Raises NothingToBlock after the handover, Ended, and GoesToPoint for what would be delivered elsewhere.
    """
    t.lock_parcel(parcel_id)
    parcels, holders = tables.parcels, tables.holders
    row = t.connection.execute(
        sa.select(parcels.c.blocked_at, parcels.c.blocked_by, parcels.c.code_required, parcels.c.destination)
        .add_columns(is_handed_over(parcels.c.id).label("handed_over"), holders.c.id.label("holder_id"))
        .select_from(parcels)
        .join(holders, recipient_of_parcel())
        .where(parcels.c.id == parcel_id)
    ).one()
    if row.handed_over:
        raise NothingToBlock("this parcel was already handed over")
    before = ending_of(t, parcel_id)
    if before is ending:
        return False
    if before is not None and IN_ORDER.index(ending) < IN_ORDER.index(before):
        raise Ended(f"this parcel has ended already: {before}")
    if ending is Ending.DELIVERED_ELSEWHERE and _goes_to_point(t, parcel_id, Destination(row.destination)):
        raise GoesToPoint("this parcel is to be collected at a pickup point")
    blocked = {} if row.blocked_at else {"blocked_at": t.now, "blocked_by": by.id}
    ended = sa.update(parcels).where(parcels.c.id == parcel_id)
    t.connection.execute(ended.values(ended_at=t.now, ended_as=ending.value, **blocked))
    t.record(Event(parcel_id, EventKind(ending.value), t.now, blocker_facts(by)))
    if ending is Ending.RETURNED:
        end_stay(t, parcel_id)
    if row.code_required:
        t.queue(MessageKind(ending.value), parcel_id=parcel_id, holder_id=row.holder_id)
    return True


def _goes_to_point(t: Transaction, parcel_id: UUID, destination: Destination) -> bool:
    wishes = tables.wishes
    wished = sa.select(wishes.c.parcel_id).where(
        wishes.c.parcel_id == parcel_id, wishes.c.point_id.is_not(None), wishes.c.withdrawn_at.is_(None)
    )
    at_point = destination is not Destination.ADDRESS or waiting_of(t, parcel_id) is not None
    return at_point or t.connection.execute(wished).first() is not None
