"""What is known of a ticket page's address: its parcels' version, its first opening, and what became of a former one.

A former address shows nothing any more: a newer one was sent, or the delegate was withdrawn. It is known for ever
after, so that whoever kept an old message learns that there is a newer one, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import ticket_digest
from codes.life.consignments import lock_receivables, told_to_each
from codes.model import EventKind
from codes.store.clauses import may_receive
from codes.store.statements import among
from codes.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class FormerTicket:
    """What an old address may tell: since when a newer one was sent, or its holder withdrawn, and in which language."""

    language: str
    ended_at: datetime
    withdrawn: bool


def former_ticket(t: Transaction, ticket_key: str) -> FormerTicket | None:
    """Return what became of the ticket that was at this address."""
    holders, former, digest = tables.holders, tables.former_tickets, ticket_digest(ticket_key)
    renewed = sa.select(former.c.holder_id).where(former.c.digest == digest)
    at_address = sa.or_(holders.c.id.in_(renewed), holders.c.ticket_digest == digest)
    newest = sa.select(sa.func.max(former.c.replaced_at)).where(former.c.holder_id == holders.c.id).scalar_subquery()
    query = sa.select(holders.c.language, holders.c.withdrawn_at, newest.label("replaced_at")).where(at_address)
    row = t.connection.execute(query).one_or_none()
    ended_at = row and (row.withdrawn_at or row.replaced_at)
    return FormerTicket(row.language, ended_at, row.withdrawn_at is not None) if row and ended_at else None


def ticket_versions(t: Transaction, ticket_keys: Iterable[str]) -> dict[str, int]:
    """Return for each ticket a number that grows with whatever happens to its parcels; none where it is no more.

    Pages that wait ask this again and again, so it looks at nothing else.
    """
    parcels, holders = tables.parcels.c, tables.holders.c
    keys = {ticket_digest(key): key for key in ticket_keys}
    joined = sa.join(tables.holders, tables.parcels, holders.consignment_id == parcels.consignment_id)
    asked = sa.and_(among(t.connection.dialect.name, holders.ticket_digest, "digests"), holders.withdrawn_at.is_(None))
    query = sa.select(holders.ticket_digest, sa.func.sum(parcels.events).label("events")).select_from(joined)
    query = query.where(asked, may_receive()).group_by(holders.ticket_digest)
    return {keys[row.ticket_digest]: row.events for row in t.connection.execute(query, {"digests": list(keys)})}


def note_ticket_opened(t: Transaction, holder_id: UUID) -> None:
    """Record that a holder's ticket page was opened for the first time, or for the first time with their newest code.

    Who opened it before may have been somebody else, at an address that was corrected since.
    """
    told, holders, codes = lock_receivables(t, holder_id).told, tables.holders, tables.codes
    newest = sa.select(sa.func.max(codes.c.issued_at)).where(codes.c.holder_id == holder_id).scalar_subquery()
    unopened = sa.or_(holders.c.opened_at.is_(None), holders.c.opened_at < newest)
    first = sa.update(holders).where(holders.c.id == holder_id, unopened)
    if t.connection.execute(first.values(opened_at=t.now)).rowcount:
        t.record(*told_to_each(told, EventKind.TICKET_OPENED, t.now, {"holder": str(holder_id)}))
