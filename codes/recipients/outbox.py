"""The messages to send: rows written with the fact they tell of, claimed by a worker, never forgotten.

A claim is a lease: if its worker dies, the message is due again when it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Channel, EventKind, MessageKind
from codes.proving.events import Event
from codes.store.transaction import Transaction
from codes.tables.base import record_of, uuid7
from codes.values.folding import fold_address

LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that this worker may send now. ``attempts`` counts this claim."""

    id: UUID
    kind: MessageKind
    parcel_id: UUID
    holder_id: UUID
    attempts: int
    channel: Channel = Channel.MAIL


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as the office lists it."""

    id: UUID
    kind: MessageKind
    parcel_id: UUID
    reference: str
    recipient: str | None
    channel: Channel
    queued_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    last_reply: str | None


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways are open here, and which kinds go as a text besides the mail to holders who have both."""

    open: frozenset[Channel] = frozenset({Channel.MAIL})
    texted: frozenset[MessageKind] = frozenset()


def channel_of(stored: str | None) -> Channel:
    """Return by which way a message goes; messages of the domain are queued as mails and spread when claimed."""
    return Channel(stored) if stored else Channel.MAIL


def handed_over(channel: str | None) -> EventKind:
    """Return the event of a message that a server took."""
    return EventKind.TEXT_HANDED_TO_GATEWAY if channel == Channel.TEXT else EventKind.MAIL_HANDED_TO_SMTP


def failed(channel: str | None, *, sent: bool = False) -> EventKind:
    """Return the event of a message that will not arrive; one that was sent first has come back."""
    if channel == Channel.TEXT:
        return EventKind.TEXT_FAILED
    return EventKind.MAIL_BOUNCED if sent else EventKind.MAIL_FAILED


def is_any_due(t: Transaction, ways: Ways) -> bool:
    """Tell whether a message is due for which there is a way, so that an idle worker never waits for the writer."""
    return t.connection.execute(_due(t, ways).limit(1)).first() is not None


def claim_due(
    t: Transaction, *, limit: int, lease: timedelta, ways: Ways | None = None, until: datetime | None = None
) -> list[QueuedMessage]:
    """Claim messages that are due, oldest first; no other worker gets them until the lease ends.

    ``until`` is its end where the caller has to know it beforehand, for `give_back`.

    A message that is claimed for the first time is spread over the other ways to its holder in the same
    transaction, so that each way gets it once.
    """
    table, ways = tables.messages, ways or Ways()
    due = _due(t, ways).order_by(table.c.due_at).limit(limit)
    # SKIP LOCKED: another worker that claims now passes these by.
    ids = t.connection.execute(due.with_for_update(skip_locked=True)).scalars().all()
    rows = t.connection.execute(
        sa.update(table)
        .where(table.c.id.in_(ids))
        .values(due_at=until or t.now + lease, tries=table.c.tries + 1)
        .returning(table)
    ).all()
    turned = _spread(t, rows, ways) if Channel.TEXT in ways.open else set()
    claimed = [
        QueuedMessage(
            row.id,
            MessageKind(row.kind),
            row.parcel_id,
            row.holder_id,
            row.tries,
            Channel.TEXT if row.id in turned else channel_of(row.channel),
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda message: message.id)


def give_back(t: Transaction, until: datetime) -> None:
    """Let others have what was claimed until then, of which nobody knows whether it was."""
    table = tables.messages
    t.connection.execute(sa.update(table).where(table.c.due_at == until).values(due_at=t.now))


def mark_sent(t: Transaction, message: QueuedMessage, reply: str) -> None:
    """Record that a server took the message, with its answer."""
    _close(t, message, handed_over(message.channel), reply, sent_at=t.now)


def mark_failed_for_good(t: Transaction, message: QueuedMessage, error: str) -> None:
    """Record that the message will not arrive: the code will not be there."""
    _close(t, message, failed(message.channel), error, failed_at=t.now)


def mark_failed_for_now(t: Transaction, message: QueuedMessage, next_try_at: datetime, error: str) -> None:
    """Put the message back until its next try."""
    t.connection.execute(
        sa.update(tables.messages)
        .where(tables.messages.c.id == message.id, tables.messages.c.failed_at.is_(None))
        .values(due_at=next_try_at, last_reply=error[:LONGEST_REPLY])
    )


def mark_bounced(t: Transaction, message_id: UUID, *, status: str, words: str) -> bool:
    """Record that a message came back: its code will not be there. A second time changes nothing.

    Tells whether there is such a message. One that waits to be sent once more is not sent again.
    """
    table = tables.messages
    row = t.connection.execute(sa.select(table).where(table.c.id == message_id).with_for_update()).one_or_none()
    if row is None or row.failed_at is not None:
        return row is not None
    ends = [Event(row.parcel_id, failed(row.channel, sent=True), t.now, {"message": row.kind, "status": status})]
    if row.sent_at is None:
        # It went out, or it could not have come back; the worker that sent it did not live to say so.
        ends.insert(0, Event(row.parcel_id, handed_over(row.channel), t.now, {"message": row.kind}))
    values = {"due_at": None, "failed_at": t.now, "sent_at": row.sent_at or t.now, "last_reply": words[:LONGEST_REPLY]}
    values["address"] = None
    t.connection.execute(sa.update(table).where(table.c.id == message_id).values(values))
    t.record(*ends)
    return True


def kind_of_message(t: Transaction, message_id: UUID) -> MessageKind | None:
    """Return what a message tells; None if there is none."""
    kind = t.connection.execute(sa.select(tables.messages.c.kind).where(tables.messages.c.id == message_id)).scalar()
    return MessageKind(kind) if kind else None


def listed_messages(t: Transaction, *, limit: int, parcel_id: UUID | None = None) -> list[ListedMessage]:
    """Return the newest messages, of one parcel if asked."""
    query = _listing().order_by(tables.messages.c.id.desc()).limit(limit)
    if parcel_id is not None:
        query = query.where(tables.messages.c.parcel_id == parcel_id)
    return _listed(t, query)


def messages_with_ids(t: Transaction, message_ids: Sequence[UUID]) -> list[ListedMessage]:
    """Return these messages, in this order."""
    found = {each.id: each for each in _listed(t, _listing().where(tables.messages.c.id.in_(message_ids)))}
    return [found[message_id] for message_id in message_ids if message_id in found]


def forget_messages_to(t: Transaction, email: str) -> int:
    """Delete what waits to tell an address that was corrected; returns how many there were."""
    table = tables.messages
    waiting = t.connection.execute(sa.select(table.c.id, table.c.address).where(table.c.address.is_not(None)))
    theirs = [row.id for row in waiting if fold_address(row.address) == fold_address(email)]
    return t.connection.execute(sa.delete(table).where(table.c.id.in_(theirs))).rowcount


def _listing() -> sa.Select[Any]:
    messages, parcels, holders = tables.messages, tables.parcels, tables.holders
    return (
        sa.select(messages, parcels.c.reference, holders.c.email, holders.c.phone)
        .join(parcels, parcels.c.id == messages.c.parcel_id)
        .join(holders, holders.c.id == messages.c.holder_id)
    )


def _listed(t: Transaction, query: sa.Select[Any]) -> list[ListedMessage]:
    return [
        record_of(
            ListedMessage,
            row,
            kind=MessageKind(row.kind),
            recipient=_recipient_of(row),
            channel=channel_of(row.channel),
        )
        for row in t.connection.execute(query)
    ]


def _recipient_of(row: Any) -> str | None:
    by_holder = row.phone if row.channel == Channel.TEXT else row.email
    recipient: str | None = row.address if row.kind == MessageKind.CODE_MOVED else by_holder
    return recipient


def _due(t: Transaction, ways: Ways) -> sa.Select[tuple[UUID]]:
    table = tables.messages
    return sa.select(table.c.id).where(table.c.due_at <= t.now, _ours(ways))


def _close(t: Transaction, message: QueuedMessage, kind: EventKind, reply: str, **when: datetime) -> None:
    t.connection.execute(
        sa.update(tables.messages)
        .where(tables.messages.c.id == message.id)
        .values(due_at=None, address=None, last_reply=reply[:LONGEST_REPLY], **when)
    )
    t.record(Event(message.parcel_id, kind, t.now, {"message": message.kind.value}))


def _ours(ways: Ways) -> sa.ColumnElement[bool]:
    """Leave messages alone that have no way from here: without a mail server only those to a phone can go."""
    table, holders = tables.messages, tables.holders
    as_text = sa.exists().where(holders.c.id == table.c.holder_id, holders.c.phone.is_not(None))
    if Channel.MAIL in ways.open:
        return sa.true()
    return sa.or_(table.c.channel == Channel.TEXT.value, sa.and_(as_text, table.c.kind != MessageKind.REPORTED.value))


def _spread(t: Transaction, rows: Sequence[sa.Row[Any]], ways: Ways) -> set[UUID]:
    """Queue texts besides mails, and turn mails that cannot go into texts; returns those that were turned."""
    table, holders = tables.messages, tables.holders
    first = [row for row in rows if row.tries == 1 and row.channel is None and row.kind != MessageKind.REPORTED]
    of_first = sa.select(holders.c.id, holders.c.email).where(
        holders.c.id.in_({row.holder_id for row in first}), holders.c.phone.is_not(None)
    )
    has_address = {row.id: row.email is not None for row in t.connection.execute(of_first)}
    reached = [row for row in first if row.holder_id in has_address]
    turned = {row.id for row in reached if not has_address[row.holder_id] or Channel.MAIL not in ways.open}
    if turned:
        as_text = sa.update(table).where(table.c.id.in_(turned)).values(channel=Channel.TEXT.value)
        t.connection.execute(as_text)
    besides = [row for row in reached if row.id not in turned and row.kind in ways.texted]
    if besides:
        copied = ("parcel_id", "holder_id", "kind", "queued_at")
        fresh = {"due_at": t.now, "tries": 0, "channel": Channel.TEXT.value}
        texts = [{name: getattr(row, name) for name in copied} | fresh | {"id": uuid7(t.now)} for row in besides]
        t.connection.execute(sa.insert(table), texts)
    return turned
