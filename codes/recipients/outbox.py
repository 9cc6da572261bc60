"""The messages to send: rows written with the fact they tell of, claimed by a worker, never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import uuid7
from codes.model import Channel, EventKind, MessageKind
from codes.proving.events import Event, record
from codes.store.database import Database


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


class Outbox:
    """The queue of messages. A claim is a lease: if its worker dies, the message is due again when it ends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_due(
        self, now: datetime, *, limit: int, lease: timedelta, ways: Ways | None = None
    ) -> list[QueuedMessage]:
        """Claim messages that are due, oldest first; no other worker gets them until the lease ends.

        A message that is claimed for the first time is spread over the other ways to its holder in the same
        transaction, so that each way gets it once.
        """
        table, ways = tables.messages, ways or Ways()
        due = sa.select(table.c.id).where(table.c.due_at <= now, _ours(ways)).order_by(table.c.due_at).limit(limit)
        with self._database.reading() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        with self._database.writing() as connection:
            ids = connection.execute(due.with_for_update(skip_locked=True)).scalars().all()
            rows = connection.execute(
                sa.update(table)
                .where(table.c.id.in_(ids))
                .values(due_at=now + lease, tries=table.c.tries + 1)
                .returning(table)
            ).all()
            turned = _spread(connection, rows, ways, now) if Channel.TEXT in ways.open else set()
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

    def mark_sent(self, message: QueuedMessage, now: datetime, reply: str) -> None:
        """Record that a server took the message, with its answer."""
        self._close(message, handed_over(message.channel), now, reply, sent_at=now)

    def mark_failed_for_good(self, message: QueuedMessage, now: datetime, error: str) -> None:
        """Record that the message will not arrive: the code will not be there."""
        self._close(message, failed(message.channel), now, error, failed_at=now)

    def mark_bounced(self, message_id: UUID, now: datetime, *, status: str, words: str) -> bool:
        """Record that a message came back: its code will not be there. A second time changes nothing.

        Tells whether there is such a message. One that waits to be sent once more is not sent again.
        """
        return self._database.transact(lambda connection: _bounce(connection, message_id, now, status, words))

    def mark_failed_for_now(self, message: QueuedMessage, now: datetime, next_try_at: datetime, error: str) -> None:
        """Put the message back until its next try."""
        with self._database.writing() as connection:
            connection.execute(
                sa.update(tables.messages)
                .where(tables.messages.c.id == message.id, tables.messages.c.failed_at.is_(None))
                .values(due_at=next_try_at, last_reply=error[:500])
            )

    def listed(self, *, limit: int, parcel_id: UUID | None = None) -> list[ListedMessage]:
        """Return the newest messages, of one parcel if asked."""
        messages, parcels, holders = tables.messages, tables.parcels, tables.holders
        query = (
            sa.select(messages, parcels.c.reference, holders.c.email, holders.c.phone)
            .join(parcels, parcels.c.id == messages.c.parcel_id)
            .join(holders, holders.c.id == messages.c.holder_id)
            .order_by(messages.c.id.desc())
            .limit(limit)
        )
        if parcel_id is not None:
            query = query.where(messages.c.parcel_id == parcel_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            ListedMessage(
                id=row.id,
                kind=MessageKind(row.kind),
                parcel_id=row.parcel_id,
                reference=row.reference,
                recipient=row.phone if row.channel == Channel.TEXT else row.email,
                channel=channel_of(row.channel),
                queued_at=row.queued_at,
                due_at=row.due_at,
                sent_at=row.sent_at,
                failed_at=row.failed_at,
                last_reply=row.last_reply,
            )
            for row in rows
        ]

    def _close(self, message: QueuedMessage, kind: EventKind, now: datetime, reply: str, **when: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(
                sa.update(tables.messages)
                .where(tables.messages.c.id == message.id)
                .values(due_at=None, last_reply=reply[:500], **when)
            )
            record(connection, [Event(message.parcel_id, kind, now, {"message": message.kind.value})])


def _ours(ways: Ways) -> sa.ColumnElement[bool]:
    """Leave messages alone that have no way from here: without a mail server only those to a phone can go."""
    table, holders = tables.messages, tables.holders
    as_text = sa.exists().where(holders.c.id == table.c.holder_id, holders.c.phone.is_not(None))
    if Channel.MAIL in ways.open:
        return sa.true()
    return sa.or_(table.c.channel == Channel.TEXT.value, sa.and_(as_text, table.c.kind != MessageKind.REPORTED.value))


def _spread(connection: sa.Connection, rows: Sequence[sa.Row[Any]], ways: Ways, now: datetime) -> set[UUID]:
    """Queue texts besides mails, and turn mails that cannot go into texts; returns those that were turned."""
    table, holders = tables.messages, tables.holders
    first = [row for row in rows if row.tries == 1 and row.channel is None and row.kind != MessageKind.REPORTED]
    of_first = sa.select(holders.c.id, holders.c.email).where(
        holders.c.id.in_({row.holder_id for row in first}), holders.c.phone.is_not(None)
    )
    has_address = {row.id: row.email is not None for row in connection.execute(of_first)}
    reached = [row for row in first if row.holder_id in has_address]
    turned = {row.id for row in reached if not has_address[row.holder_id] or Channel.MAIL not in ways.open}
    if turned:
        as_text = sa.update(table).where(table.c.id.in_(turned)).values(channel=Channel.TEXT.value)
        connection.execute(as_text)
    besides = [row for row in reached if row.id not in turned and row.kind in ways.texted]
    if besides:
        copied = ("parcel_id", "holder_id", "kind", "queued_at")
        fresh = {"due_at": now, "tries": 0, "channel": Channel.TEXT.value}
        texts = [{name: getattr(row, name) for name in copied} | fresh | {"id": uuid7(now)} for row in besides]
        connection.execute(sa.insert(table), texts)
    return turned


def _bounce(connection: sa.Connection, message_id: UUID, now: datetime, status: str, words: str) -> bool:
    table = tables.messages
    row = connection.execute(sa.select(table).where(table.c.id == message_id).with_for_update()).one_or_none()
    if row is None or row.failed_at is not None:
        return row is not None
    ends = [Event(row.parcel_id, failed(row.channel, sent=True), now, {"message": row.kind, "status": status})]
    if row.sent_at is None:
        # It went out, or it could not have come back; the worker that sent it did not live to say so.
        ends.insert(0, Event(row.parcel_id, handed_over(row.channel), now, {"message": row.kind}))
    values = {"due_at": None, "failed_at": now, "sent_at": row.sent_at or now, "last_reply": words[:500]}
    connection.execute(sa.update(table).where(table.c.id == message_id).values(values))
    record(connection, ends)
    return True
