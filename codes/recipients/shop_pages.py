"""What a shop shows of a parcel on its own pages: its ticket's address, and a picture of how the parcel stands.

Whoever has a ticket's address has its code: it is given to the system that announced the parcel, and to no other, and
the parcel's chain is told so once. The picture's address is another secret, from which nothing leads to the ticket.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.api_keys import Sender
from codes.keys.derivation import derive_status_mark, derive_ticket_key, ticket_digest
from codes.life.consignments import lock_receivables, told_to_each
from codes.model import EventKind
from codes.proving.events import events_of
from codes.recipients.tickets import Ticket, TicketState, ticket_of_holder
from codes.store.budgets import TooOften
from codes.store.parcel_rows import UnknownParcel
from codes.store.transaction import Transaction

ID_BYTES = 16


class ShownState(StrEnum):
    """How a parcel stands, as everybody may know who sees a shop's page."""

    ANNOUNCED = "announced"
    OUT_FOR_DELIVERY = "out_for_delivery"
    NOT_HANDED_OVER = "not_handed_over"
    READY_TO_COLLECT = "ready_to_collect"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"


@dataclass(frozen=True, slots=True)
class ToldTicket:
    """What a system is told that announced a parcel: the unguessable parts of two addresses."""

    ticket_key: str
    status_name: str

    def __repr__(self) -> str:
        return "ToldTicket()"


def told_ticket(t: Transaction, parcel_id: UUID, holder_id: UUID, sender: Sender) -> ToldTicket | None:
    """Return where a parcel's ticket is, if its chain says that this key was told. Raises UnknownParcel."""
    told, facts = _ticket(t, holder_id, sender)
    return told if _is_recorded(t, parcel_id, facts) else None


def tell_ticket(t: Transaction, parcel_id: UUID, holder_id: UUID, sender: Sender) -> ToldTicket:
    """Record that the key which announced a parcel is told where its ticket is, and return that.

    Raises UnknownParcel for what others announced, or whose page is over, and TooOften where the chain is full.
    """
    parcels = dict.fromkeys((parcel_id, *lock_receivables(t, holder_id).told))
    told, facts = _ticket(t, holder_id, sender)
    if not _is_recorded(t, parcel_id, facts):
        if not t.takes_more(parcel_id):
            raise TooOften("too much happened to this parcel to tell where its ticket page is")
        t.record(*told_to_each(parcels, EventKind.TICKET_TOLD, t.now, facts))
    return told


def status_named(t: Transaction, status_name: str) -> tuple[ShownState, str] | None:
    """Return how the parcel of a status picture stands, and its holder's language; None if there is no such picture."""
    try:
        named = base64.urlsafe_b64decode(status_name + "=" * (-len(status_name) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(named) != 2 * ID_BYTES:
        return None
    holder_id = UUID(bytes=named[:ID_BYTES])
    key_id = t.connection.execute(
        sa.select(tables.holders.c.key_id).where(tables.holders.c.id == holder_id)
    ).scalar_one_or_none()
    if key_id is None or not hmac.compare_digest(derive_status_mark(t.ring.key(key_id), holder_id), named[ID_BYTES:]):
        return None
    ticket = ticket_of_holder(t, holder_id)
    return None if ticket is None or ticket.is_over_at(t.now) else (shown_state(ticket), ticket.language)


def shown_state(ticket: Ticket) -> ShownState:
    """Return how a ticket's parcel stands."""
    if ticket.handed_over_at is None and ticket.waiting is not None and not ticket.has_ended:
        return ShownState.READY_TO_COLLECT
    if ticket.state is TicketState.OUT_FOR_DELIVERY and ticket.progress.visit is not None:
        return ShownState.NOT_HANDED_OVER
    return ShownState(ticket.state.value)


def _ticket(t: Transaction, holder_id: UUID, sender: Sender) -> tuple[ToldTicket, dict[str, str]]:
    """Return what is told, and the facts of the event that says so."""
    holders, consignments = tables.holders, tables.consignments
    own = sa.and_(holders.c.id == holder_id, consignments.c.announced_by == sender.announced_by)
    query = sa.select(holders.c.key_id, holders.c.ticket_id).join(consignments).where(own)
    row, ticket = t.connection.execute(query).one_or_none(), ticket_of_holder(t, holder_id)
    if row is None or ticket is None or ticket.is_over_at(t.now):
        raise UnknownParcel("this key announced no parcel with this reference, or its ticket page has ended")
    key = t.ring.key(row.key_id)
    ticket_key, mark = derive_ticket_key(key, row.ticket_id), derive_status_mark(key, holder_id)
    name = base64.urlsafe_b64encode(holder_id.bytes + mark).decode().rstrip("=")
    return ToldTicket(ticket_key, name), {"key": str(sender.key_id), "ticket": ticket_digest(ticket_key).hex()[:16]}


def _is_recorded(t: Transaction, parcel_id: UUID, facts: dict[str, str]) -> bool:
    events = events_of(t.connection, parcel_id)
    return any(event.kind is EventKind.TICKET_TOLD and event.facts == facts for event in events)
