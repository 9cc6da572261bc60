"""What a holder's ticket page and a message to the holder show. Codes are derived here, at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.derivation import derive_digits, derive_payload, derive_ticket_key, ticket_digest
from codes.judgement import CodeState, state_at
from codes.judging.ledger import code_facts
from codes.keys.keyring import KeyRing
from codes.model import CodeFacts, HolderKind, MessageKind
from codes.pickup.waiting import Waiting, waiting_of
from codes.recipients.course import Course, course_of
from codes.recipients.wishes import Wish, wish_of


class TicketState(StrEnum):
    """Where the parcel stands, as its recipient is told."""

    ANNOUNCED = "announced"
    OUT_FOR_DELIVERY = "out_for_delivery"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code derived to be shown to its holder, and what became of it."""

    digits: str
    payload: str
    expires_at: datetime
    state: CodeState
    issued_at: datetime

    def __repr__(self) -> str:
        return f"ShownCode({self.state})"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Everything that a ticket page shows. ``code`` is None if this parcel needs none.

    The sender of a gift is not named before the parcel is there; ``valid_until`` is a delegate's own end;
    ``version`` grows with whatever happens to the parcel. At ``over_at`` the page has served its purpose;
    it is None while a report waits for its answer.
    """

    parcel_id: UUID
    holder_id: UUID
    holder_kind: HolderKind
    reference: str
    sender: str
    name: str | None
    email: str | None
    phone: str | None
    language: str
    state: TicketState
    code: ShownCode | None
    announced_at: datetime
    out_for_delivery_at: datetime | None
    handed_over_at: datetime | None
    match_number: str | None
    tries_left: int
    valid_until: datetime | None
    course: Course
    version: int
    over_at: datetime | None
    wish: Wish | None = None
    opened_at: datetime | None = None
    waiting: Waiting | None = None

    def is_over_at(self, now: datetime) -> bool:
        """Tell whether the ticket has served its purpose."""
        return self.over_at is not None and now >= self.over_at


@dataclass(frozen=True, slots=True)
class Showing:
    """What it takes to show a ticket: the keys, the time, how many wrong digits are borne, and when it is over."""

    ring: KeyRing
    now: datetime
    wrong_digits_borne: int
    code_lifetime: timedelta
    contest_time: timedelta
    shown_afterwards: timedelta


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to write, with the ticket it tells of and the unguessable part of its address."""

    message_id: UUID
    kind: MessageKind
    queued_at: datetime
    ticket: Ticket
    ticket_key: str

    def __repr__(self) -> str:
        return f"Notice({self.message_id}, {self.kind})"


def ticket_of_key(connection: sa.Connection, showing: Showing, ticket_key: str) -> Ticket | None:
    """Return the ticket at this address, or None if there is none (any more)."""
    digest = ticket_digest(ticket_key)
    return _ticket(connection, showing, tables.holders.c.ticket_digest == digest)


def ticket_of_holder(connection: sa.Connection, showing: Showing, holder_id: UUID) -> Ticket | None:
    """Return a holder's ticket."""
    return _ticket(connection, showing, tables.holders.c.id == holder_id)


def notice_of_message(connection: sa.Connection, showing: Showing, message_id: UUID) -> Notice | None:
    """Return what a message in the outbox has to say."""
    messages, holders = tables.messages, tables.holders
    row = connection.execute(
        sa.select(messages.c.kind, messages.c.queued_at, holders.c.id, holders.c.key_id)
        .join(holders, holders.c.id == messages.c.holder_id)
        .where(messages.c.id == message_id)
    ).one_or_none()
    ticket = ticket_of_holder(connection, showing, row.id) if row else None
    if row is None or ticket is None:
        return None
    ticket_key = derive_ticket_key(showing.ring.key(row.key_id), row.id)
    return Notice(message_id, MessageKind(row.kind), row.queued_at, ticket, ticket_key)


def _ticket(connection: sa.Connection, showing: Showing, which: sa.ColumnElement[bool]) -> Ticket | None:
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    row = connection.execute(
        sa.select(
            *(parcels.c.reference, parcels.c.sender, parcels.c.announced_at, parcels.c.out_for_delivery_at),
            *(parcels.c.wrong_digits, parcels.c.gift, parcels.c.events, parcels.c.id.label("parcel_id")),
            *(holders.c.id, holders.c.kind, holders.c.name, holders.c.email, holders.c.phone, holders.c.language),
            *(holders.c.valid_until, holders.c.opened_at, handovers.c.handed_over_at, handovers.c.match_number),
        )
        .select_from(
            sa.join(holders, parcels, parcels.c.id == holders.c.parcel_id).outerjoin(
                handovers, handovers.c.parcel_id == parcels.c.id
            )
        )
        .where(which, holders.c.withdrawn_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    code = _newest_code(connection, showing.ring, row.id, showing.now)
    return Ticket(
        parcel_id=row.parcel_id,
        holder_id=row.id,
        holder_kind=HolderKind(row.kind),
        reference=row.reference,
        sender="" if row.gift else row.sender,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        state=_state(row),
        code=code,
        announced_at=row.announced_at,
        out_for_delivery_at=row.out_for_delivery_at,
        handed_over_at=row.handed_over_at,
        match_number=row.match_number,
        tries_left=max(0, showing.wrong_digits_borne - row.wrong_digits),
        valid_until=row.valid_until,
        course=course_of(connection, row.parcel_id),
        version=row.events,
        wish=wish_of(connection, row.parcel_id),
        over_at=_over_at(connection, showing, row, code),
        opened_at=row.opened_at,
        waiting=waiting_of(connection, row.parcel_id),
    )


def _over_at(connection: sa.Connection, showing: Showing, row: Any, code: ShownCode | None) -> datetime | None:
    """Return when the ticket has served its purpose: contesting it, and then reading of it, came to an end."""
    if row.handed_over_at is not None:
        reports = tables.reports
        waits = sa.select(reports.c.id).where(reports.c.parcel_id == row.parcel_id, reports.c.answered_at.is_(None))
        over: datetime = row.handed_over_at + showing.contest_time + showing.shown_afterwards
        return None if showing.now >= over and connection.execute(waits.limit(1)).first() else over
    ends: datetime = code.expires_at if code else row.announced_at + showing.code_lifetime
    return ends + showing.shown_afterwards


def _state(row: Any) -> TicketState:
    if row.handed_over_at is not None:
        return TicketState.HANDED_OVER
    return TicketState.OUT_FOR_DELIVERY if row.out_for_delivery_at is not None else TicketState.ANNOUNCED


def _newest_code(connection: sa.Connection, ring: KeyRing, holder_id: UUID, now: datetime) -> ShownCode | None:
    codes, holders = tables.codes, tables.holders
    row = connection.execute(
        sa.select(codes, codes.c.id.label("code_id"), holders.c.kind)
        .join(holders, holders.c.id == codes.c.holder_id)
        .where(codes.c.holder_id == holder_id)
        .order_by(codes.c.renewed_at.isnot(None), codes.c.issued_at.desc())
        .limit(1)
    ).one_or_none()
    return show(ring, code_facts(row, row.parcel_id), now) if row else None


def show(ring: KeyRing, code: CodeFacts, now: datetime) -> ShownCode:
    """Derive a code anew, to be shown to its holder."""
    key = ring.key(code.key_id)
    return ShownCode(
        digits=derive_digits(key, code.code_id),
        payload=derive_payload(key, code.code_id),
        expires_at=code.expires_at,
        state=state_at(code, now, ring.epoch),
        issued_at=code.issued_at,
    )
