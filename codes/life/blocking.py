"""A parcel is blocked by the house: nothing opens it any more, and only the house lets it go again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Ending, EventKind
from codes.proving.events import Event, Fact
from codes.store.budgets import Budget, TooOften
from codes.store.transaction import Transaction

UNBLOCKED_A_DAY = 10


class NothingToBlock(Exception):
    """The parcel was handed over."""


class ParcelBlocked(Exception):
    """Nothing opens this parcel before the house lets it go."""


class Ended(Exception):
    """The parcel was cancelled or went back, for good."""


class NotTheirs(Exception):
    """A sender's key asked to block or unblock what the office or a command blocked; these two alone let that go."""


class Part(StrEnum):
    """Which part of the house blocks or unblocks."""

    OFFICE = "office"
    SENDER = "sender"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Blocker:
    """Who of the house blocks or unblocks: a member of staff, an API key, or whoever holds the machine."""

    part: Part
    id: UUID | None = None


def is_blocked(t: Transaction, parcel_id: UUID) -> bool:
    """Tell whether the house blocked a parcel."""
    parcels = tables.parcels
    blocked_at = t.connection.execute(sa.select(parcels.c.blocked_at).where(parcels.c.id == parcel_id)).scalar()
    return blocked_at is not None


def ending_of(t: Transaction, parcel_id: UUID) -> Ending | None:
    """Return how a parcel ended without a handover; None while it is under way or was handed over."""
    parcels = tables.parcels
    ended_as = t.connection.execute(sa.select(parcels.c.ended_as).where(parcels.c.id == parcel_id)).scalar()
    return None if ended_as is None else Ending(ended_as)


def block(t: Transaction, parcel_id: UUID, by: Blocker) -> bool:
    """Block a parcel; tells whether anything changed. Raises NothingToBlock or NotTheirs.

    The office takes a sender's block over: from then on only the office lets the parcel go. The other way round it is
    refused, since a sender's block that nobody keeps would be lost when the office lifts its own.
    """
    t.lock_parcel(parcel_id)
    handovers = tables.handovers
    if t.connection.execute(sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id == parcel_id)).first():
        raise NothingToBlock("this parcel was already handed over")
    if ending_of(t, parcel_id) is not None:
        return False
    standing = _blocked_by(t, parcel_id)
    if standing is Part.OFFICE and by.part is Part.SENDER:
        raise NotTheirs("the office blocked this parcel already, and the office alone lets it go again")
    if standing is Part.OFFICE or standing is by.part:
        return False
    parcels = tables.parcels
    blocked = sa.update(parcels).where(parcels.c.id == parcel_id).values(blocked_at=t.now, blocked_by=by.id)
    t.connection.execute(blocked)
    t.record(Event(parcel_id, EventKind.PARCEL_BLOCKED, t.now, blocker_facts(by)))
    return True


def unblock(t: Transaction, parcel_id: UUID, by: Blocker) -> bool:
    """Let a parcel go again, with the code that it has; tells whether it was blocked.

    Raises Ended, NotTheirs or TooOften.

    It can always be blocked; so that a chain does not grow by both without end, letting go has a budget.
    """
    t.lock_parcel(parcel_id)
    if (ending := ending_of(t, parcel_id)) is not None:
        raise Ended(f"this parcel has ended: {ending.value}; announce what is sent anew under another number")
    standing = _blocked_by(t, parcel_id)
    if standing is Part.OFFICE and by.part is Part.SENDER:
        raise NotTheirs("the office blocked this parcel, and the office alone lets it go again")
    if standing is None:
        return False
    by_house = by.part is not Part.SENDER
    if not t.spend_for_parcel(Budget.UNBLOCKING, parcel_id, UNBLOCKED_A_DAY, by_house=by_house):
        raise TooOften("this parcel was let go too often today")
    parcels = tables.parcels
    free = sa.update(parcels).where(parcels.c.id == parcel_id).values(blocked_at=None, blocked_by=None)
    t.connection.execute(free)
    t.record(Event(parcel_id, EventKind.PARCEL_UNBLOCKED, t.now, blocker_facts(by)))
    return True


def _blocked_by(t: Transaction, parcel_id: UUID) -> Part | None:
    """Return whose the block of a parcel is: a sender's or the office's, whose are those by command too."""
    parcels, keys = tables.parcels, tables.api_keys
    by_key = sa.exists().where(keys.c.id == parcels.c.blocked_by)
    query = sa.select(parcels.c.blocked_at, by_key.label("by_key")).where(parcels.c.id == parcel_id)
    row = t.connection.execute(query).one()
    if row.blocked_at is None:
        return None
    return Part.SENDER if row.by_key else Part.OFFICE


def blocker_facts(by: Blocker) -> dict[str, Fact]:
    """Return what the chain is told of who did it."""
    return {"by": by.part.value, "blocker": str(by.id) if by.id else None}
