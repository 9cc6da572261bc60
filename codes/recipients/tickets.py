"""What a holder's ticket page and a message to the holder show. Codes are derived here, at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.integrations.looks import SenderLook, logo_of, look_of
from codes.keys.derivation import (
    derive_digits,
    derive_payload,
    derive_receipt_key,
    derive_ticket_key,
    ticket_digest,
)
from codes.life.contests import Report, reports_by_holder
from codes.model import Channel, CodeState, Conflict, Destination, DeviceKind, HolderKind, MessageKind, Place, state_at
from codes.pickup.stays import Waiting, waiting_of
from codes.recipients.delivery_progress import (
    DeliveryProgress,
    LastPresentation,
    conflicts_of,
    last_presentation_of,
    progress_of,
)
from codes.recipients.wishes import NOTHING_OFFERED, Offered, Wish, offered_to_holder, standing_wish
from codes.settings import HouseSettings
from codes.store.clauses import is_live, is_reported, may_receive, settled_at
from codes.store.transaction import Transaction
from codes.verification.reading_facts import code_facts

PLACE_OF_DEVICE = {
    DeviceKind.DRIVER: Place.DOOR,
    DeviceKind.COUNTER: Place.PICKUP_POINT,
    DeviceKind.KIOSK: Place.UNATTENDED,
}
PLACE_OF_DESTINATION = {
    Destination.ADDRESS: Place.DOOR,
    Destination.PICKUP_POINT: Place.PICKUP_POINT,
    Destination.LOCKER: Place.UNATTENDED,
    Destination.PO_BOX: Place.UNATTENDED,
}


class TicketState(StrEnum):
    """Where the parcel stands, as its recipient is told."""

    ANNOUNCED = "announced"
    OUT_FOR_DELIVERY = "out_for_delivery"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"


ENDED = frozenset({TicketState.CANCELLED, TicketState.RETURNED, TicketState.DELIVERED_ELSEWHERE})


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

    @property
    def grouped(self) -> str:
        """Return the digits with a gap in their middle, for people to read."""
        return f"{self.digits[:3]} {self.digits[3:]}"


@dataclass(frozen=True, slots=True)
class TicketParcel:
    """One of the parcels that a ticket is for, and where it stands.

    ``recorded_at`` is when the service learned of the handover, or that it was delivered elsewhere.
    ``conflict`` says why its handover would not have been green, had anybody been asked.
    """

    parcel_id: UUID
    reference: str
    state: TicketState
    code_required: bool
    handed_over_at: datetime | None = None
    recorded_at: datetime | None = None
    blocked_at: datetime | None = None
    conflict: Conflict | None = None
    reports: tuple[Report, ...] = ()

    @property
    def is_to_come(self) -> bool:
        """Tell whether it is still to be handed over."""
        return self.state is not TicketState.HANDED_OVER and self.state not in ENDED

    @property
    def is_contested(self) -> bool:
        """Tell whether somebody who may receive it says that the handover was not as it is recorded."""
        return any(report.contests for report in self.reports)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Everything that a ticket page shows. ``code`` is None if no parcel of the consignment needs one.

    ``parcels`` are all that its holder may receive; what is told of one of them is told of ``parcel_id``: the one that
    a message is about, or else the next to be handed over, or else the last that was.

    The sender of a gift is not named before the parcel is there; ``valid_until`` is a delegate's own end;
    ``version`` grows with whatever happens to one of the parcels. At ``over_at`` the page has served its purpose;
    it is None while a report waits for its answer. ``recorded_at`` is when the service learned of the handover: what
    ends some time after it counts from then, since a device's own time is a claim.
    """

    parcels: tuple[TicketParcel, ...]
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
    recorded_at: datetime | None
    match_number: str | None
    tries_left: int
    valid_until: datetime | None
    progress: DeliveryProgress
    version: int
    over_at: datetime | None
    last_presentation: LastPresentation | None = None
    wish: Wish | None = None
    opened_at: datetime | None = None
    waiting: Waiting | None = None
    place: Place = Place.DOOR
    reason: str = ""
    """The policy's key for why it needs a code; empty where that is not told."""
    announced_by: str = ""
    look: SenderLook | None = None
    """How the sender's pages look, where that is set; of a gift it would name the giver, and is not told."""

    @property
    def is_blocked(self) -> bool:
        """Tell whether the house blocked everything that is not handed over yet."""
        ahead = [each for each in self.parcels if each.handed_over_at is None]
        return bool(ahead) and all(each.blocked_at is not None for each in ahead)

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing comes any more: what was not handed over has ended."""
        return self.state in ENDED

    @property
    def is_unopened(self) -> bool:
        """Tell whether nobody has opened the page yet, as far as is known, or nobody since it shows its newest code."""
        return self.opened_at is None or (self.code is not None and self.opened_at < self.code.issued_at)

    def is_over_at(self, now: datetime) -> bool:
        """Tell whether the ticket has served its purpose."""
        return self.over_at is not None and now >= self.over_at


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to write, with the ticket it tells of and the unguessable part of its address."""

    message_id: UUID
    kind: MessageKind
    queued_at: datetime
    ticket: Ticket
    ticket_key: str
    receipt_key: str = ""
    """What a gateway shows that calls back about this message."""
    withdrew_delegates: bool = False
    """With this moment those ended who had been named."""
    offered: Offered = NOTHING_OFFERED
    """What the recipient may choose now, in a message after a visit that failed."""
    report: Report | None = None
    """What was reported or answered, in a message about that."""
    logo: bytes | None = None
    """The sender's own, as PNG."""
    house: HouseSettings = field(default_factory=HouseSettings)
    """By whose clock times are told."""

    def __repr__(self) -> str:
        return f"Notice({self.message_id}, {self.kind})"


def ticket_of_key(t: Transaction, ticket_key: str) -> Ticket | None:
    """Return the ticket at this unguessable address, or None if there is none (any more)."""
    return _ticket(t, tables.holders.c.ticket_digest == ticket_digest(ticket_key))


def ticket_of_holder(t: Transaction, holder_id: UUID, parcel_id: UUID | None = None) -> Ticket | None:
    """Return a holder's ticket, with what it tells of one parcel told of this one."""
    return _ticket(t, tables.holders.c.id == holder_id, parcel_id)


def notice_of_message(t: Transaction, message_id: UUID) -> Notice | None:
    """Return what a message in the outbox has to say, its code derived at this moment."""
    messages, holders = tables.messages, tables.holders
    others = holders.alias()
    withdrew = sa.exists().where(
        others.c.consignment_id == holders.c.consignment_id, others.c.withdrawn_at == messages.c.queued_at
    )
    row = t.connection.execute(
        sa.select(messages.c.kind, messages.c.queued_at, messages.c.parcel_id, withdrew.label("withdrew"))
        .add_columns(messages.c.channel, messages.c.address)
        .add_columns(holders.c.id, holders.c.key_id, holders.c.ticket_id)
        .join(holders, holders.c.id == messages.c.holder_id)
        .where(messages.c.id == message_id)
    ).one_or_none()
    ticket = ticket_of_holder(t, row.id, row.parcel_id) if row else None
    if row is None or ticket is None:
        return None
    if row.kind == MessageKind.CODE_MOVED:
        # Whoever reads at the former address is told neither who receives now nor by which page.
        former = {"phone" if row.channel == Channel.TEXT else "email": row.address}
        ticket = replace(ticket, **{"name": None, "code": None, "email": None, "phone": None} | former)
        return Notice(message_id, MessageKind.CODE_MOVED, row.queued_at, ticket, "", house=t.house)
    ticket_key = derive_ticket_key(t.ring.key(row.key_id), row.ticket_id)
    kind = MessageKind(row.kind)
    offered = offered_to_holder(t, row.id) if kind is MessageKind.NOT_HANDED_OVER else NOTHING_OFFERED
    told = (
        each for each in reports_by_holder(t, row.parcel_id) if row.queued_at in (each.reported_at, each.answered_at)
    )
    report = next(told, None) if kind in (MessageKind.REPORTED, MessageKind.REPORT_ANSWERED) else None
    receipt_key = derive_receipt_key(t.ring.key(row.key_id), message_id)
    logo = logo_of(t, ticket.announced_by) if ticket.look else None
    return Notice(
        message_id,
        kind,
        row.queued_at,
        ticket,
        ticket_key,
        receipt_key,
        withdrew_delegates=row.withdrew,
        offered=offered,
        report=report,
        logo=logo,
        house=t.house,
    )


def _ticket(t: Transaction, which: sa.ColumnElement[bool], parcel_id: UUID | None = None) -> Ticket | None:
    parcels, holders, handovers, of = tables.parcels, tables.holders, tables.handovers, tables.consignments
    rows = t.connection.execute(
        sa.select(
            parcels.c.reference,
            parcels.c.announced_at,
            parcels.c.out_for_delivery_at,
            parcels.c.code_required,
            parcels.c.blocked_at,
            parcels.c.ended_as,
            parcels.c.gift,
            parcels.c.reason,
            parcels.c.destination,
            parcels.c.events,
            parcels.c.id.label("parcel_id"),
            of.c.sender,
            of.c.announced_by,
            of.c.wrong_digits,
            of.c.id.label("consignment_id"),
            holders.c.id,
            holders.c.kind,
            holders.c.name,
            holders.c.email,
            holders.c.phone,
            holders.c.language,
            holders.c.valid_until,
            holders.c.opened_at,
            handovers.c.handed_over_at,
            handovers.c.match_number,
            handovers.c.recorded_at,
            settled_at().label("settled_at"),
            tables.devices.c.kind.label("device_kind"),
        )
        .select_from(
            sa.join(holders, of, of.c.id == holders.c.consignment_id)
            .join(parcels, parcels.c.consignment_id == of.c.id)
            .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
            .outerjoin(tables.devices, tables.devices.c.id == handovers.c.device_id)
        )
        .where(which, holders.c.withdrawn_at.is_(None), may_receive())
        .order_by(parcels.c.announced_at, parcels.c.reference)
    ).all()
    if not rows:
        return None
    row = next((row for row in rows if row.parcel_id == parcel_id), None) or _foremost(rows)
    wish, waiting = standing_wish(t, row.parcel_id), waiting_of(t, row.parcel_id)
    code, conflicts = _newest_code(t, row.id), conflicts_of(t, [each.parcel_id for each in rows])
    return Ticket(
        parcels=tuple(
            TicketParcel(
                each.parcel_id,
                each.reference,
                _state(each),
                each.code_required,
                each.handed_over_at,
                each.settled_at,
                each.blocked_at,
                conflicts.get(each.parcel_id),
                tuple(reports_by_holder(t, each.parcel_id)) if each.settled_at else (),
            )
            for each in rows
        ),
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
        recorded_at=row.recorded_at,
        match_number=row.match_number,
        tries_left=_tries_left(t, row.consignment_id, row.wrong_digits),
        valid_until=code.expires_at if row.valid_until and code else row.valid_until,
        progress=progress_of(t, row.parcel_id),
        version=sum(each.events for each in rows),
        wish=wish,
        over_at=_over_at(t, rows, code),
        last_presentation=last_presentation_of(t, {each.parcel_id: each.match_number for each in rows}),
        opened_at=row.opened_at,
        waiting=waiting,
        place=_place(row, waiting is not None or (wish is not None and wish.point is not None)),
        # Why a gift needs a code may tell its price.
        reason="" if row.gift or not row.code_required else row.reason,
        announced_by=row.announced_by,
        look=None if any(each.gift for each in rows) else look_of(t, row.announced_by),
    )


def _place(row: Any, at_point: bool) -> Place:
    """Return where a parcel was received, or will be as far as is known."""
    if row.device_kind is not None:
        return PLACE_OF_DEVICE[DeviceKind(row.device_kind)]
    if at_point:
        return Place.PICKUP_POINT
    return PLACE_OF_DESTINATION[Destination(row.destination)]


def _foremost(rows: Sequence[Any]) -> Any:
    """Return the parcel that is handed over next, one that needs a code first; or else one that ended, or the last."""
    ahead = [row for row in rows if row.handed_over_at is None]
    if ahead:
        return min(
            ahead, key=lambda row: (row.ended_as is not None, not row.code_required, row.out_for_delivery_at is None)
        )
    return max(rows, key=lambda row: row.handed_over_at)


def _over_at(t: Transaction, rows: Sequence[Any], code: ShownCode | None) -> datetime | None:
    """Return when the ticket has served its purpose: contesting its last parcel, and reading of it, came to an end."""
    reported = sa.select(tables.parcels.c.id).where(
        tables.parcels.c.id.in_([row.parcel_id for row in rows if row.settled_at is not None]),
        is_reported(tables.parcels.c.id),
    )
    over: datetime = max(_over(t, row, code) for row in rows)
    return None if t.now >= over and t.connection.execute(reported.limit(1)).first() else over


def _over(t: Transaction, row: Any, code: ShownCode | None) -> datetime:
    shown_afterwards = timedelta(days=t.retention.tickets_days)
    if row.settled_at is not None:
        over: datetime = row.settled_at + timedelta(days=t.settings.contest_days) + shown_afterwards
        return over
    ends: datetime = code.expires_at if code else row.announced_at + timedelta(days=t.settings.lifetime_days)
    return ends + shown_afterwards


def _state(row: Any) -> TicketState:
    if row.handed_over_at is not None:
        return TicketState.HANDED_OVER
    if row.ended_as is not None:
        return TicketState(row.ended_as)
    return TicketState.OUT_FOR_DELIVERY if row.out_for_delivery_at is not None else TicketState.ANNOUNCED


def _tries_left(t: Transaction, consignment_id: UUID, wrong_digits: int) -> int:
    """Return how many wrong tries are borne yet, each of which counts for every code that it is compared with."""
    left = max(0, t.settings.wrong_digits_per_parcel - wrong_digits)
    if not wrong_digits:
        return left
    codes = tables.codes
    live = sa.select(sa.func.count()).where(codes.c.consignment_id == consignment_id, is_live(t.now, t.ring.epoch))
    return left // max(1, t.connection.execute(live).scalar_one())


def _newest_code(t: Transaction, holder_id: UUID) -> ShownCode | None:
    """Derive a holder's newest code anew, to be shown."""
    codes, holders = tables.codes, tables.holders
    row = t.connection.execute(
        sa.select(codes, codes.c.id.label("code_id"), holders.c.kind)
        .join(holders, holders.c.id == codes.c.holder_id)
        .where(codes.c.holder_id == holder_id)
        .order_by(codes.c.renewed_at.isnot(None), codes.c.issued_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    code = code_facts(row)
    key = t.ring.key(code.key_id)
    return ShownCode(
        digits=derive_digits(key, code.code_id),
        payload=derive_payload(key, code.code_id),
        expires_at=code.expires_at,
        state=state_at(code, t.now, t.ring.epoch),
        issued_at=code.issued_at,
    )
