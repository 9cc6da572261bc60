"""Somebody asks for a code: it is sent once more or renewed, read out by phone, or printed as a letter.

Whoever asks has a budget of their own for each holder and day, so that somebody who found a ticket's address cannot
keep the office from helping. What goes to the registered address is shown to nobody; reading out and printing show a
live code to somebody of the house, so both are events of the parcel, and its recipient is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Member
from codes.life.blocking import ParcelBlocked
from codes.life.consignments import lock_receivables, told_to_each
from codes.life.delegates import withdraw_all
from codes.life.issuing import renew_code
from codes.model import CodeState, EventKind, MessageKind
from codes.proving.events import Event
from codes.recipients.tickets import Ticket, ticket_of_holder
from codes.settings import BudgetSettings
from codes.store.budgets import Budget, TooOften
from codes.store.clauses import is_handed_over, is_standing, recipient_of_parcel
from codes.store.parcel_rows import parcel_id_of
from codes.store.transaction import Transaction


class CannotTell(Exception):
    """There is no live code to tell, or no registered way to do it."""


class Asker(StrEnum):
    """Who asks; a renewed code's event names them so."""

    HOLDER = "holder"
    STAFF = "dispatcher"
    SENDER = "sender"


class SentAgain(StrEnum):
    """What came of asking for the mail once more."""

    SENT = "sent"
    TOO_SOON = "too_soon"
    TOO_OFTEN = "too_often"
    NO_ADDRESS = "no_address"
    NO_CODE = "no_code"


def send_again(t: Transaction, holder_id: UUID, asker: Asker) -> SentAgain:
    """Queue the message with a holder's code once more, if the last one is not too new. Raises ParcelBlocked."""
    parcel_id = _foremost_locked(t, holder_id)
    if send_again_from(t, holder_id) is not None:
        return SentAgain.TOO_SOON
    if not _spend(t, holder_id, parcel_id, asker):
        return SentAgain.TOO_OFTEN
    t.queue(MessageKind.CODE_ISSUED, parcel_id=parcel_id, holder_id=holder_id)
    return SentAgain.SENT


def send_again_from(t: Transaction, holder_id: UUID) -> datetime | None:
    """Return from when the message with a holder's code can be sent again; None where it can be now.

    The first one can be at once, and one that came back counts for nothing.
    """
    messages, parcels, holders = tables.messages, tables.parcels, tables.holders
    theirs = sa.select(parcels.c.id).join(holders, holders.c.consignment_id == parcels.c.consignment_id)
    pause = timedelta(minutes=t.settings.send_again_minutes)
    told = t.connection.execute(
        sa.select(messages.c.queued_at, messages.c.kind, messages.c.failed_at)
        .where(messages.c.parcel_id.in_(theirs.where(holders.c.id == holder_id)), messages.c.holder_id == holder_id)
        .where(messages.c.kind.in_([MessageKind.CODE_ISSUED.value, MessageKind.CODE_RENEWED.value]))
        .order_by(messages.c.queued_at)
    ).all()
    again = [each for each in told if each.queued_at > told[0].queued_at and each.kind == MessageKind.CODE_ISSUED]
    if not again or again[-1].failed_at is not None or t.now >= again[-1].queued_at + pause:
        return None
    end: datetime = again[-1].queued_at + pause
    return end


def renew(t: Transaction, holder_id: UUID, asker: Asker) -> bool:
    """Give a holder a new code; tells whether the day's budget allowed it. Raises NothingToRenew or ParcelBlocked.

    With the recipient's old code ends what its page could do: those who were named there receive no longer.
    """
    if not _spend(t, holder_id, _foremost_locked(t, holder_id), asker):
        return False
    renew_code(t, holder_id, asker.value)
    withdraw_all(t, holder_id)
    return True


def send_again_at_door(t: Transaction, device_id: UUID, reference: str) -> SentAgain:
    """Queue the recipient's message once more, with the same code. Raises UnknownParcel or BadReference."""
    parcel_id = parcel_id_of(t.connection, reference, locked=True)
    holder_id, refusal = _recipient(t, parcel_id)
    if refusal is not None:
        return refusal
    if send_again_from(t, holder_id) is not None:
        return SentAgain.TOO_SOON
    budgets = t.settings.budgets
    of_device = t.spend(Budget.MAIL_BY_DEVICE, device_id, budgets.mails_per_device)
    of_holder = t.spend(Budget.MAIL_BY_DEVICE, holder_id, budgets.mails_by_devices)
    if not (of_holder and of_device and t.takes_more(parcel_id)):
        return SentAgain.TOO_OFTEN
    t.queue(MessageKind.CODE_ISSUED, parcel_id=parcel_id, holder_id=holder_id)
    t.record(Event(parcel_id, EventKind.CODE_SENT_AGAIN, t.now, {"device": str(device_id)}))
    return SentAgain.SENT


def read_out(t: Transaction, holder_id: UUID, member: Member) -> Ticket:
    """Return the ticket whose digits are read out to the registered number. Raises CannotTell or TooOften."""
    return _shown(t, holder_id, member, EventKind.CODE_READ_OUT)


def print_letter(t: Transaction, holder_id: UUID, member: Member) -> Ticket:
    """Return the ticket that is printed as a letter. Raises CannotTell or TooOften."""
    return _shown(t, holder_id, member, EventKind.CODE_PRINTED)


def _spend(t: Transaction, holder_id: UUID, parcel_id: UUID, asker: Asker) -> bool:
    what, most = _budget_of(asker, t.settings.budgets)
    return t.spend(what, holder_id, most) and t.takes_more(parcel_id, by_house=asker is not Asker.HOLDER)


def _budget_of(asker: Asker, budgets: BudgetSettings) -> tuple[Budget, int]:
    return {
        Asker.HOLDER: (Budget.MAIL_BY_HOLDER, budgets.mails_per_holder),
        Asker.STAFF: (Budget.MAIL_BY_STAFF, budgets.mails_by_staff),
        Asker.SENDER: (Budget.MAIL_BY_SENDER, budgets.mails_by_sender),
    }[asker]


def _foremost_locked(t: Transaction, holder_id: UUID) -> UUID:
    """Lock the holder's consignment, and return the first parcel of it that is still to come."""
    found = lock_receivables(t, holder_id)
    if found.are_blocked:
        raise ParcelBlocked("this parcel is blocked by the house")
    return found.foremost


def _recipient(t: Transaction, parcel_id: UUID) -> tuple[UUID, SentAgain | None]:
    """Return who is to be written to, or why nobody is."""
    holders, codes, parcels = tables.holders, tables.codes, tables.parcels
    row = t.connection.execute(
        sa.select(holders.c.id, holders.c.email, holders.c.phone)
        .add_columns(parcels.c.code_required, parcels.c.blocked_at)
        .add_columns(is_handed_over(parcels.c.id).label("handed_over"))
        .select_from(parcels)
        .join(holders, recipient_of_parcel())
        .where(parcels.c.id == parcel_id)
    ).one()
    live = sa.select(codes.c.id).where(codes.c.holder_id == row.id, is_standing(), codes.c.expires_at > t.now)
    spent = row.handed_over or row.blocked_at is not None or not row.code_required
    if spent or t.connection.execute(live).first() is None:
        return row.id, SentAgain.NO_CODE
    return row.id, None if row.email or row.phone else SentAgain.NO_ADDRESS


def _shown(t: Transaction, holder_id: UUID, member: Member, kind: EventKind) -> Ticket:
    told = lock_receivables(t, holder_id).guarded
    ticket = ticket_of_holder(t, holder_id)
    if ticket is None or ticket.code is None or ticket.handed_over_at is not None:
        raise CannotTell("there is no code to tell for this parcel")
    if ticket.code.state is not CodeState.LIVE or ticket.is_blocked:
        raise CannotTell("this code opens nothing any more")
    if kind is EventKind.CODE_READ_OUT and ticket.phone is None:
        raise CannotTell("no phone number is registered for this recipient")
    if not _spend(t, holder_id, ticket.parcel_id, Asker.STAFF):
        raise TooOften("this code was told or sent too often today")
    t.record(*told_to_each(told, kind, t.now, {"staff": str(member.staff_id)}))
    t.queue(MessageKind.CODE_TOLD, parcel_id=ticket.parcel_id, holder_id=holder_id)
    return ticket
