"""Where events are sent to: addresses, the kinds wanted, and secrets that are derived, never stored.

A secret is derived like a code: from a row's id and a key outside the database. While it is rotated there are two.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import derive_webhook_secret
from codes.keys.keyring import KeyRing
from codes.model import EventKind
from codes.store.transaction import Transaction
from codes.tables.base import record_of, uuid7

SECRET_PREFIX = "whsec_"
ROTATION = timedelta(hours=24)
"""For so long after a rotation the old secret signs as well."""


MOST = 50
"""So many webhooks for real parcels, and for test parcels: each is sent a copy of every event."""


class TooManyWebhooks(Exception):
    """Some have to be removed before another one is added."""


class UnknownWebhook(Exception):
    """There is no such webhook."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that events are sent to. No kinds means all.

    ``gone_at``: it answered 410, and was switched off. ``failing_since``: since then it has taken nothing;
    ``given_up_at``: it was switched off for that.
    """

    webhook_id: UUID
    name: str
    url: str
    kinds: frozenset[EventKind]
    test: bool
    created_at: datetime
    disabled_at: datetime | None
    gone_at: datetime | None
    failing_since: datetime | None = None
    given_up_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        """Tell whether events are sent."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret that signs now, in the form that receivers are given; until when, if it is the old one."""

    text: str
    made_at: datetime
    ends_at: datetime | None

    def __repr__(self) -> str:
        return f"WebhookSecret(made_at={self.made_at}, ends_at={self.ends_at})"


def add_webhook(t: Transaction, name: str, url: str, kinds: Collection[EventKind] = (), *, test: bool = False) -> UUID:
    """Add a webhook; it is sent whatever is sealed from now on. Raises TooManyWebhooks."""
    webhook_id = uuid7(t.now)
    same = sa.select(sa.func.count()).select_from(tables.webhooks).where(tables.webhooks.c.test == test)
    if t.connection.execute(same).scalar_one() >= MOST:
        raise TooManyWebhooks(f"there are {MOST} webhooks already; remove one first")
    row = {"id": webhook_id, "name": name, "url": url, "kinds": _written(kinds), "test": test, "created_at": t.now}
    end = sa.select(sa.func.coalesce(sa.func.max(tables.log_leaves.c.place) + 1, 0)).scalar_subquery()
    t.connection.execute(sa.insert(tables.webhooks).values(**row, cursor=end))
    _add_secret(t, webhook_id)
    return webhook_id


def listed_webhooks(t: Transaction, *, test: bool | None = None) -> list[Webhook]:
    """Return all webhooks, or those of real or of test parcels, the newest first."""
    query = sa.select(tables.webhooks).order_by(tables.webhooks.c.id.desc())
    if test is not None:
        query = query.where(tables.webhooks.c.test == test)
    return [_webhook(row) for row in t.connection.execute(query)]


def webhook_of(t: Transaction, webhook_id: UUID, *, test: bool | None = None) -> Webhook:
    """Return one webhook. Raises UnknownWebhook."""
    found = next((each for each in listed_webhooks(t, test=test) if each.webhook_id == webhook_id), None)
    if found is None:
        raise UnknownWebhook("there is no such webhook")
    return found


def change_webhook(
    t: Transaction,
    webhook_id: UUID,
    *,
    name: str | None = None,
    url: str | None = None,
    kinds: Collection[EventKind] | None = None,
    enabled: bool | None = None,
) -> None:
    """Change what is given.

    What happened while it was switched off is sent when it is switched on again, and what its receiver did not
    take since it began to fail.
    """
    changes: dict[str, Any] = {"name": name, "url": url, "kinds": None if kinds is None else _written(kinds)}
    changes = {column: value for column, value in changes.items() if value is not None}
    if enabled is not None:
        changes |= {"disabled_at": None if enabled else t.now, "gone_at": None, "given_up_at": None}
    if enabled:
        changes |= {"failing_since": None, "office_told_at": None}
        _send_missed(t, webhook_id)
    if changes:
        table = tables.webhooks
        t.connection.execute(sa.update(table).where(table.c.id == webhook_id).values(**changes))


def untold_webhooks(t: Transaction) -> list[Webhook]:
    """Return the webhooks that were switched off because nothing was taken, and of which nobody was told yet."""
    table = tables.webhooks
    untold = sa.and_(table.c.given_up_at.is_not(None), table.c.office_told_at.is_(None))
    return [_webhook(row) for row in t.connection.execute(sa.select(table).where(untold).order_by(table.c.id))]


def mark_told(t: Transaction, webhook_id: UUID) -> None:
    """Record that the office was told."""
    table = tables.webhooks
    t.connection.execute(sa.update(table).where(table.c.id == webhook_id).values(office_told_at=t.now))


def remove_webhook(t: Transaction, webhook_id: UUID) -> None:
    """Forget a webhook, with its messages and their log."""
    messages, deliveries, secrets = tables.webhook_messages, tables.webhook_deliveries, tables.webhook_secrets
    mine = sa.select(messages.c.id).where(messages.c.webhook_id == webhook_id)
    _lock(t, webhook_id)
    t.connection.execute(sa.delete(deliveries).where(deliveries.c.message_id.in_(mine)))
    t.connection.execute(sa.delete(messages).where(messages.c.webhook_id == webhook_id))
    t.connection.execute(sa.delete(secrets).where(secrets.c.webhook_id == webhook_id))
    t.connection.execute(sa.delete(tables.webhooks).where(tables.webhooks.c.id == webhook_id))


def rotate_secret(t: Transaction, webhook_id: UUID) -> None:
    """Make a new secret; the one before signs as well for a day, older ones end now."""
    table = tables.webhook_secrets
    mine = table.c.webhook_id == webhook_id
    _lock(t, webhook_id)
    t.connection.execute(sa.delete(table).where(mine, table.c.ends_at.is_not(None)))
    t.connection.execute(sa.update(table).where(mine).values(ends_at=t.now + ROTATION))
    _add_secret(t, webhook_id)


def secrets_of_webhook(t: Transaction, webhook_id: UUID) -> list[WebhookSecret]:
    """Return the secrets that sign now, the newest first."""
    rows = live_secrets(t, [webhook_id])
    return [
        WebhookSecret(SECRET_PREFIX + base64.b64encode(secret_of(t.ring, row)).decode(), row.made_at, row.ends_at)
        for row in rows
    ]


def _lock(t: Transaction, webhook_id: UUID) -> None:
    """Keep whoever gathers for a webhook waiting, so that nothing is queued for it meanwhile. Raises UnknownWebhook."""
    this = sa.select(tables.webhooks.c.id).where(tables.webhooks.c.id == webhook_id)
    if t.connection.execute(this.with_for_update()).first() is None:
        raise UnknownWebhook("there is no such webhook")


def _send_missed(t: Transaction, webhook_id: UUID) -> None:
    """Queue again what was given up since the webhook began to fail."""
    webhooks, messages = tables.webhooks, tables.webhook_messages
    this = sa.select(webhooks.c.failing_since).where(webhooks.c.id == webhook_id)
    failing_since = t.connection.execute(this.with_for_update()).scalar()
    if failing_since is not None:
        missed = sa.and_(messages.c.webhook_id == webhook_id, messages.c.failed_at >= failing_since)
        again = {"due_at": t.now, "tries": 0, "failed_at": None}
        t.connection.execute(sa.update(messages).where(missed).values(**again))


def _add_secret(t: Transaction, webhook_id: UUID) -> None:
    row = {"id": uuid7(t.now), "webhook_id": webhook_id, "key_id": t.ring.current, "made_at": t.now}
    t.connection.execute(sa.insert(tables.webhook_secrets).values(**row))


def live_secrets(t: Transaction, webhook_ids: Sequence[UUID]) -> Sequence[sa.Row]:  # type: ignore[type-arg]
    """Return the rows of the secrets that sign at a moment, the newest first."""
    table = tables.webhook_secrets
    live = sa.or_(table.c.ends_at.is_(None), table.c.ends_at > t.now)
    query = sa.select(table).where(table.c.webhook_id.in_(webhook_ids), live)
    return t.connection.execute(query.order_by(table.c.ends_at.is_not(None), table.c.id.desc())).all()


def secret_of(ring: KeyRing, row: sa.Row) -> bytes:  # type: ignore[type-arg]
    """Derive a secret from its row."""
    return derive_webhook_secret(ring.key(row.key_id), row.id)


def kinds_read(text: str) -> frozenset[EventKind]:
    """Read the kinds as a row holds them."""
    return frozenset(EventKind(word) for word in text.split())


def _written(kinds: Collection[EventKind]) -> str:
    return " ".join(sorted(set(kinds)))


def _webhook(row: Any) -> Webhook:
    return record_of(Webhook, row, webhook_id=row.id, kinds=kinds_read(row.kinds))
