"""Which parcels a holder may receive, and which of their chains are told what becomes of the holder's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind
from codes.proving.events import Event, Fact
from codes.store.clauses import may_receive
from codes.store.parcel_rows import lock_parcels, parcel_id_of
from codes.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Receivable:
    """A parcel that a holder may receive, or might have received."""

    parcel_id: UUID
    code_required: bool
    handed_over: bool
    blocked: bool


@dataclass(frozen=True, slots=True)
class Receivables:
    """All that a holder may receive."""

    parcels: tuple[Receivable, ...]

    @property
    def guarded(self) -> list[UUID]:
        """Return the parcels that the holder's code still opens."""
        return [each.parcel_id for each in self.parcels if each.code_required and not each.handed_over]

    @property
    def are_blocked(self) -> bool:
        """Tell whether the house blocked everything that the holder's code would open."""
        guarded = [each for each in self.parcels if each.code_required and not each.handed_over]
        return bool(guarded) and all(each.blocked for each in guarded)

    @property
    def foremost(self) -> UUID:
        """Return the first parcel that the holder's code opens now, or else one that it would open."""
        free = (each.parcel_id for each in self.parcels if each.parcel_id in self.guarded and not each.blocked)
        return next(free, self.told[0])

    @property
    def told_of_code(self) -> list[UUID]:
        """Return the parcels whose chains are told of the holder's code: those that it still opens, or else opened."""
        return self.guarded or [each.parcel_id for each in self.parcels if each.code_required]

    @property
    def told(self) -> list[UUID]:
        """Return the parcels whose chains are told of the holder: as of the code, or else all."""
        return self.told_of_code or [each.parcel_id for each in self.parcels]


def consignment_of(t: Transaction, reference: str) -> UUID:
    """Return the consignment of the parcel that a text names. Raises UnknownParcel or BadReference."""
    parcels = tables.parcels
    query = sa.select(parcels.c.consignment_id).where(parcels.c.id == parcel_id_of(t.connection, reference))
    consignment_id: UUID = t.connection.execute(query).scalar_one()
    return consignment_id


def announced_by(t: Transaction, consignment_id: UUID) -> str:
    """Return which key, shop or house announced a consignment."""
    consignments = tables.consignments
    query = sa.select(consignments.c.announced_by).where(consignments.c.id == consignment_id)
    return str(t.connection.execute(query).scalar_one())


def lock_receivables(t: Transaction, holder_id: UUID) -> Receivables:
    """Lock a holder's consignment with all its parcels, and return those that the holder may receive."""
    parcels, holders = tables.parcels, tables.holders
    consignment = sa.select(holders.c.consignment_id).where(holders.c.id == holder_id).scalar_subquery()
    lock_parcels(t.connection, parcels.c.consignment_id == consignment)
    return receivables(t, holder_id)


def receivables(t: Transaction, holder_id: UUID) -> Receivables:
    """Return what a holder may receive, in the order in which it was announced."""
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    rows = t.connection.execute(
        sa.select(parcels.c.id, parcels.c.code_required, handovers.c.parcel_id, parcels.c.blocked_at)
        .join(holders, holders.c.consignment_id == parcels.c.consignment_id)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(holders.c.id == holder_id, may_receive())
        .order_by(parcels.c.announced_at, parcels.c.reference)
    )
    return Receivables(
        tuple(
            Receivable(row.id, row.code_required, row.parcel_id is not None, row.blocked_at is not None) for row in rows
        )
    )


def told_to_each(parcel_ids: Iterable[UUID], kind: EventKind, now: datetime, facts: Mapping[str, Fact]) -> list[Event]:
    """Return one event for the chain of each parcel."""
    return [Event(parcel_id, kind, now, facts) for parcel_id in parcel_ids]
