"""The messages to send: rows written with the fact they tell of, claimed by a worker, never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.database import Database
from codes.events import Event, record
from codes.model import EventKind, MessageKind


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that this worker may send now. ``attempts`` counts this claim."""

    id: UUID
    kind: MessageKind
    parcel_id: UUID
    holder_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as the office lists it."""

    id: UUID
    kind: MessageKind
    parcel_id: UUID
    reference: str
    recipient: str | None
    queued_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    failed_at: datetime | None
    last_reply: str | None


class Outbox:
    """The queue of messages. A claim is a lease: if its worker dies, the message is due again when it ends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_due(self, now: datetime, *, limit: int, lease: timedelta) -> list[QueuedMessage]:
        """Claim messages that are due, oldest first; no other worker gets them until the lease ends."""
        table = tables.messages
        due = sa.select(table.c.id).where(table.c.due_at <= now).order_by(table.c.due_at).limit(limit)
        with self._database.reading() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        with self._database.writing() as connection:
            ids = connection.execute(due.with_for_update(skip_locked=True)).scalars().all()
            rows = connection.execute(
                sa.update(table)
                .where(table.c.id.in_(ids))
                .values(due_at=now + lease, tries=table.c.tries + 1)
                .returning(table.c.id, table.c.kind, table.c.parcel_id, table.c.holder_id, table.c.tries)
            ).all()
        claimed = [
            QueuedMessage(row.id, MessageKind(row.kind), row.parcel_id, row.holder_id, row.tries) for row in rows
        ]
        return sorted(claimed, key=lambda message: message.id)

    def mark_sent(self, message: QueuedMessage, now: datetime, reply: str) -> None:
        """Record that SMTP took the message, with its answer."""
        self._close(message, EventKind.MAIL_HANDED_TO_SMTP, now, reply, sent_at=now)

    def mark_failed_for_good(self, message: QueuedMessage, now: datetime, error: str) -> None:
        """Record that the message will not arrive: the code will not be there."""
        self._close(message, EventKind.MAIL_FAILED, now, error, failed_at=now)

    def mark_failed_for_now(self, message: QueuedMessage, now: datetime, next_try_at: datetime, error: str) -> None:
        """Put the message back until its next try."""
        with self._database.writing() as connection:
            connection.execute(
                sa.update(tables.messages)
                .where(tables.messages.c.id == message.id)
                .values(due_at=next_try_at, last_reply=error[:500])
            )

    def listed(self, *, limit: int, parcel_id: UUID | None = None) -> list[ListedMessage]:
        """Return the newest messages, of one parcel if asked."""
        messages, parcels, holders = tables.messages, tables.parcels, tables.holders
        query = (
            sa.select(messages, parcels.c.reference, holders.c.email)
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
                recipient=row.email,
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
