"""The messages for webhooks: taken from the sealed log, claimed by a worker, tried again for days, never forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.integrations.feed import FedEvent, events_from, fed_event
from codes.integrations.webhooks import kinds_read, live_secrets, secret_of
from codes.model import Realm
from codes.store.budgets import Budget, TooOften
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

GATHERED_TOGETHER = 200
GIVE_UP_AFTER = timedelta(days=5)
"""A webhook whose receiver took nothing for so long is switched off when the next message fails for good."""
REPLY_LENGTH = 1024
REPLAYS_PER_DAY = 50


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event that this worker may send now to one address. ``tries`` counts this claim.

    ``failing``: when it was claimed, the receiver had taken nothing since a failure.
    """

    message_id: UUID
    webhook_id: UUID
    url: str
    test: bool
    secrets: tuple[bytes, ...]
    event: FedEvent
    tries: int
    failing: bool = False

    def __repr__(self) -> str:
        return f"QueuedEvent({self.message_id}, tries={self.tries})"


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """What came of one delivery. No status means that there was no answer."""

    status: int | None
    milliseconds: int
    text: str


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """A message in a webhook's log, with its newest delivery."""

    message_id: UUID
    kind: str
    reference: str
    queued_at: datetime
    due_at: datetime | None
    tries: int
    delivered_at: datetime | None
    failed_at: datetime | None
    at: datetime | None
    status: int | None
    milliseconds: int | None
    reply: str | None


def webhooks_behind(t: Transaction) -> list[UUID]:
    """Return the webhooks that are on, and for which something was sealed that is not queued yet."""
    table, newest = tables.webhooks, sa.select(sa.func.max(tables.log_leaves.c.place)).scalar_subquery()
    behind = sa.select(table.c.id).where(table.c.disabled_at.is_(None), table.c.cursor <= newest)
    return list(t.connection.execute(behind).scalars())


def gather_for(t: Transaction, webhook_id: UUID) -> int:
    """Queue what was sealed since for one webhook; returns how many messages there are more."""
    table = tables.webhooks
    query = sa.select(table).where(table.c.id == webhook_id, table.c.disabled_at.is_(None))
    # SKIP LOCKED: another worker that gathers for it at the same time passes by.
    webhook = t.connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if webhook is None:
        return 0
    realm = Realm.TEST if webhook.test else Realm.LIVE
    found, cursor = events_from(t, webhook.cursor, GATHERED_TOGETHER, realm)
    wanted = kinds_read(webhook.kinds)
    events = [event for event in found if not wanted or event.kind in wanted]
    ids = sorted(uuid7(t.now) for _ in events)
    rows = [_row(new_id, webhook_id, event, t.now) for new_id, event in zip(ids, events, strict=True)]
    if rows:
        t.connection.execute(sa.insert(tables.webhook_messages), rows)
    t.connection.execute(sa.update(table).where(table.c.id == webhook_id).values(cursor=cursor))
    return len(rows)


def due_messages(t: Transaction, *, webhooks: int, each: int, but: Collection[UUID] = ()) -> list[UUID]:
    """Return what is due for so many webhooks, the oldest ``each`` of every one; not for those named in ``but``."""
    table = tables.webhook_messages
    on = sa.select(tables.webhooks.c.id).where(tables.webhooks.c.disabled_at.is_(None))
    due = sa.and_(table.c.due_at <= t.now, table.c.webhook_id.in_(on), table.c.webhook_id.not_in(list(but)))
    order = sa.func.row_number().over(partition_by=table.c.webhook_id, order_by=(table.c.due_at, table.c.id))
    ranked = sa.select(table.c.id, table.c.due_at, order.label("rank")).where(due).subquery()
    some = sa.select(ranked.c.id).where(ranked.c.rank <= each).order_by(ranked.c.due_at).limit(webhooks * each)
    return list(t.connection.execute(some).scalars())


def claim(t: Transaction, message_ids: Sequence[UUID], lease: timedelta) -> dict[UUID, list[QueuedEvent]]:
    """Claim those of these messages that are still due. If the worker dies, they are due again after the lease."""
    table = tables.webhook_messages
    still = sa.select(table.c.id).where(table.c.id.in_(message_ids), table.c.due_at <= t.now).order_by(table.c.id)
    mine = t.connection.execute(still.with_for_update(skip_locked=True)).scalars().all()
    claiming = sa.update(table).where(table.c.id.in_(mine))
    t.connection.execute(claiming.values(due_at=t.now + lease, tries=table.c.tries + 1))
    rows = t.connection.execute(_to_send().where(table.c.id.in_(mine)).order_by(table.c.id)).all()
    secrets = live_secrets(t, [row.webhook_id for row in rows])
    claimed: dict[UUID, list[QueuedEvent]] = {}
    for row in rows:
        signing = tuple(secret_of(t.ring, each) for each in secrets if each.webhook_id == row.webhook_id)
        known = (row.id, row.webhook_id, row.url, row.test, signing, fed_event(row), row.tries)
        event = QueuedEvent(*known, failing=row.failing_since is not None)
        claimed.setdefault(row.webhook_id, []).append(event)
    return claimed


def delivered(t: Transaction, message: QueuedEvent, reply: ReceiverReply) -> None:
    """Record that the receiver took the message."""
    _record(t, message, reply, due_at=None, delivered_at=t.now)
    if message.failing:
        table = tables.webhooks
        t.connection.execute(sa.update(table).where(table.c.id == message.webhook_id).values(failing_since=None))


def failed_for_now(t: Transaction, message: QueuedEvent, reply: ReceiverReply, next_try_at: datetime) -> None:
    """Put the message back until its next try."""
    _record(t, message, reply, due_at=next_try_at)
    _note_failing(t, message)


def failed_for_good(t: Transaction, message: QueuedEvent, reply: ReceiverReply) -> bool:
    """Record that nobody will try again by himself; tells whether the webhook was switched off for it."""
    _record(t, message, reply, due_at=None, failed_at=t.now)
    _note_failing(t, message)
    table = tables.webhooks
    this = sa.and_(table.c.id == message.webhook_id, table.c.disabled_at.is_(None))
    broken = sa.and_(this, table.c.failing_since <= t.now - GIVE_UP_AFTER)
    given_up = t.connection.execute(sa.update(table).where(broken).values(disabled_at=t.now, given_up_at=t.now))
    return given_up.rowcount > 0


def gone(t: Transaction, message: QueuedEvent, reply: ReceiverReply) -> None:
    """Switch the webhook off: its receiver said that it is no more. The message waits, as all others do."""
    table = tables.webhooks
    _record(t, message, reply, due_at=t.now)
    this = sa.and_(table.c.id == message.webhook_id, table.c.disabled_at.is_(None))
    t.connection.execute(sa.update(table).where(this).values(disabled_at=t.now, gone_at=t.now))


def secrets_to_try(t: Transaction, webhook_id: UUID) -> tuple[bytes, ...]:
    """Return what signs a message that tries a receiver; it is charged as one sent again. Raises TooOften."""
    _charge_replay(t, webhook_id)
    return tuple(secret_of(t.ring, each) for each in live_secrets(t, [webhook_id]))


def replay_messages(
    t: Transaction,
    webhook_id: UUID,
    *,
    message_id: UUID | None = None,
    since: datetime | None = None,
    only_failed: bool = False,
) -> int:
    """Send again what was sent before, one message or those queued since, under the same ids. Raises TooOften."""
    table = tables.webhook_messages
    which = [table.c.webhook_id == webhook_id, table.c.due_at.is_(None)]
    if message_id is not None:
        which.append(table.c.id == message_id)
    if since is not None:
        which.append(table.c.queued_at >= since)
    if only_failed:
        which.append(table.c.failed_at.is_not(None))
    _charge_replay(t, webhook_id)
    again = {"due_at": t.now, "tries": 0, "delivered_at": None, "failed_at": None}
    return t.connection.execute(sa.update(table).where(*which).values(**again)).rowcount


def listed_messages(t: Transaction, webhook_id: UUID, *, limit: int) -> list[ListedDelivery]:
    """Return the newest messages of a webhook, each with what came of its newest delivery."""
    messages, deliveries = tables.webhook_messages, tables.webhook_deliveries
    later = deliveries.alias("later")
    newest = (
        sa.select(later.c.id)
        .where(later.c.message_id == messages.c.id)
        .order_by(later.c.id.desc())
        .limit(1)
        .correlate(messages)
    )
    events, parcels = tables.events, tables.parcels
    query = (
        sa.select(messages, events.c.kind, parcels.c.reference)
        .add_columns(deliveries.c.at, deliveries.c.status, deliveries.c.milliseconds, deliveries.c.reply)
        .join(events, _of_message())
        .join(parcels, parcels.c.id == messages.c.parcel_id)
        .outerjoin(deliveries, deliveries.c.id == newest.scalar_subquery())
        .where(messages.c.webhook_id == webhook_id)
        .order_by(messages.c.id.desc())
        .limit(limit)
    )
    rows = t.connection.execute(query).all()
    names = ListedDelivery.__slots__
    return [
        ListedDelivery(**{name: row.id if name == "message_id" else getattr(row, name) for name in names})
        for row in rows
    ]


def forget_deliveries(t: Transaction, before: datetime) -> None:
    """Delete messages that ended before a moment, with their log."""
    messages, deliveries = tables.webhook_messages, tables.webhook_deliveries
    over = sa.and_(messages.c.due_at.is_(None), messages.c.queued_at < before)
    old = sa.select(messages.c.id).where(over)
    t.connection.execute(sa.delete(deliveries).where(deliveries.c.message_id.in_(old)))
    t.connection.execute(sa.delete(messages).where(over))


def _charge_replay(t: Transaction, webhook_id: UUID) -> None:
    if not t.spend(Budget.REPLAY, webhook_id, REPLAYS_PER_DAY):
        raise TooOften(f"a webhook's messages can be sent again {REPLAYS_PER_DAY} times a day")


def _row(message_id: UUID, webhook_id: UUID, event: FedEvent, now: datetime) -> dict[str, Any]:
    of_event = {"parcel_id": event.parcel_id, "position": event.position}
    return {"id": message_id, "webhook_id": webhook_id, **of_event, "queued_at": now, "due_at": now, "tries": 0}


def _of_message() -> sa.ColumnElement[bool]:
    messages, events = tables.webhook_messages, tables.events
    return sa.and_(events.c.parcel_id == messages.c.parcel_id, events.c.position == messages.c.position)


def _to_send() -> sa.Select[Any]:
    messages, webhooks, events, parcels = tables.webhook_messages, tables.webhooks, tables.events, tables.parcels
    return (
        sa.select(messages.c.id, messages.c.webhook_id, messages.c.tries, webhooks.c.url, webhooks.c.test)
        .add_columns(webhooks.c.failing_since)
        .add_columns(events.c.parcel_id, events.c.position, events.c.kind, events.c.at, events.c.facts)
        .add_columns(parcels.c.reference)
        .join(webhooks, webhooks.c.id == messages.c.webhook_id)
        .join(events, _of_message())
        .join(parcels, parcels.c.id == messages.c.parcel_id)
    )


def _note_failing(t: Transaction, message: QueuedEvent) -> None:
    """Keep since when nothing was taken."""
    if message.failing:
        return
    table = tables.webhooks
    first = sa.and_(table.c.id == message.webhook_id, table.c.failing_since.is_(None))
    t.connection.execute(sa.update(table).where(first).values(failing_since=t.now))


def _record(t: Transaction, message: QueuedEvent, reply: ReceiverReply, **what: datetime | None) -> None:
    table = tables.webhook_messages
    still_mine = sa.and_(table.c.id == message.message_id, table.c.tries == message.tries)
    if t.connection.execute(sa.update(table).where(still_mine).values(**what)).rowcount:
        row = {"id": uuid7(t.now), "message_id": message.message_id, "at": t.now, "status": reply.status}
        values = {**row, "milliseconds": reply.milliseconds, "reply": reply.text[:REPLY_LENGTH]}
        t.connection.execute(sa.insert(tables.webhook_deliveries).values(**values))
