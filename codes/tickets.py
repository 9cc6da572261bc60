"""What a holder's ticket page and a message to the holder show. Codes are derived here, at that moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.derivation import derive_digits, derive_payload, derive_ticket_key, ticket_digest
from codes.judgement import CodeState, state_at
from codes.keyring import KeyRing
from codes.ledger import code_facts
from codes.model import CodeFacts, EventKind, HolderKind, MessageKind, Outcome


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

    def __repr__(self) -> str:
        return f"ShownCode({self.state})"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Everything that a ticket page shows. ``code`` is None if this parcel needs none."""

    parcel_id: UUID
    holder_id: UUID
    holder_kind: HolderKind
    reference: str
    sender: str
    name: str | None
    email: str | None
    language: str
    state: TicketState
    code: ShownCode | None
    announced_at: datetime
    out_for_delivery_at: datetime | None
    handed_over_at: datetime | None
    match_number: str | None
    last_outcome: Outcome | None
    last_presented_at: datetime | None
    wrong_digits: int
    opened_at: datetime | None = None


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


def ticket_of_key(connection: sa.Connection, ring: KeyRing, ticket_key: str, now: datetime) -> Ticket | None:
    """Return the ticket at this address, or None if there is none (any more)."""
    digest = ticket_digest(ticket_key)
    return _ticket(connection, ring, tables.holders.c.ticket_digest == digest, now)


def ticket_of_holder(connection: sa.Connection, ring: KeyRing, holder_id: UUID, now: datetime) -> Ticket | None:
    """Return a holder's ticket."""
    return _ticket(connection, ring, tables.holders.c.id == holder_id, now)


def notice_of_message(connection: sa.Connection, ring: KeyRing, message_id: UUID, now: datetime) -> Notice | None:
    """Return what a message in the outbox has to say."""
    messages, holders = tables.messages, tables.holders
    row = connection.execute(
        sa.select(messages.c.kind, messages.c.queued_at, holders.c.id, holders.c.key_id)
        .join(holders, holders.c.id == messages.c.holder_id)
        .where(messages.c.id == message_id)
    ).one_or_none()
    ticket = ticket_of_holder(connection, ring, row.id, now) if row else None
    if row is None or ticket is None:
        return None
    ticket_key = derive_ticket_key(ring.key(row.key_id), row.id)
    return Notice(message_id, MessageKind(row.kind), row.queued_at, ticket, ticket_key)


def _ticket(connection: sa.Connection, ring: KeyRing, which: sa.ColumnElement[bool], now: datetime) -> Ticket | None:
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    row = connection.execute(
        sa.select(
            *(parcels.c.reference, parcels.c.sender, parcels.c.announced_at, parcels.c.out_for_delivery_at),
            *(parcels.c.wrong_digits, parcels.c.id.label("parcel_id")),
            *(holders.c.id, holders.c.kind, holders.c.name, holders.c.email, holders.c.language),
            holders.c.opened_at,
            *(handovers.c.handed_over_at, handovers.c.match_number),
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
    outcome, presented_at = _last_presentation(connection, row.parcel_id)
    return Ticket(
        parcel_id=row.parcel_id,
        holder_id=row.id,
        holder_kind=HolderKind(row.kind),
        reference=row.reference,
        sender=row.sender,
        name=row.name,
        email=row.email,
        language=row.language,
        state=_state(row),
        code=_newest_code(connection, ring, row.id, now),
        announced_at=row.announced_at,
        out_for_delivery_at=row.out_for_delivery_at,
        handed_over_at=row.handed_over_at,
        match_number=row.match_number,
        last_outcome=outcome,
        last_presented_at=presented_at,
        wrong_digits=row.wrong_digits,
        opened_at=row.opened_at,
    )


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
    )


def _last_presentation(connection: sa.Connection, parcel_id: UUID) -> tuple[Outcome | None, datetime | None]:
    events = tables.events
    row = connection.execute(
        sa.select(events.c.facts, events.c.at)
        .where(events.c.parcel_id == parcel_id, events.c.kind == EventKind.PRESENTED.value)
        .order_by(events.c.position.desc())
        .limit(1)
    ).one_or_none()
    return (Outcome(json.loads(row.facts)["outcome"]), row.at) if row else (None, None)
