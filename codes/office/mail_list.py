"""The office's list of mails: filters that narrow each other, an order, a page of it, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.life.parcel_records import sought
from codes.recipients.outbox import ListedMessage, messages_with_ids
from codes.store.clauses import Clause, paged
from codes.store.transaction import Transaction
from codes.tables.base import uuid7


class MailState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    SENT = "sent"
    ARRIVED = "arrived"
    FAILED = "failed"


class MailOrder(StrEnum):
    """What the list is sorted by."""

    QUEUED = "queued"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class MailFilters:
    """What the listed mails have in common; what is empty narrows nothing. The search is that of the parcel list."""

    search: str = ""
    state: MailState | None = None
    day: date | None = None


def list_mails(
    t: Transaction,
    filters: MailFilters,
    *,
    order: MailOrder = MailOrder.QUEUED,
    descending: bool = True,
    limit: int,
    offset: int = 0,
) -> list[ListedMessage]:
    """Return some of the messages that fit, in this order."""
    messages, parcels = tables.messages, tables.parcels
    query: sa.Select[Any] = sa.select(messages.c.id)
    column: sa.ColumnElement[Any] = messages.c.id
    if order is MailOrder.REFERENCE:
        query = query.join(parcels, parcels.c.id == messages.c.parcel_id)
        # A second column would make SQLite sort them all; messages of one parcel come as their index has them.
        column = parcels.c.reference
    page = paged(query.where(*_fitting(t, filters)), [column], descending, limit, offset)
    return messages_with_ids(t, list(t.connection.execute(page).scalars()))


def count_mails(t: Transaction, filters: MailFilters) -> int:
    """Return how many messages fit."""
    query = sa.select(sa.func.count()).select_from(tables.messages).where(*_fitting(t, filters))
    return int(t.connection.execute(query).scalar_one())


def _fitting(t: Transaction, filters: MailFilters) -> list[Clause]:
    messages, parcels, clauses = tables.messages, tables.parcels, list[Clause]()
    if filters.search:
        found = sa.select(parcels.c.id).where(sought(filters.search))
        clauses.append(messages.c.parcel_id.in_(found))
    if filters.state is not None:
        clauses += _in_state(filters.state)
    if filters.day is not None:
        # An id begins with the moment at which the message was queued, so that the ids' own index finds a day.
        first, behind = (uuid7(moment, lambda _: 0) for moment in t.house.days.borders(filters.day))
        clauses += [messages.c.id >= first, messages.c.id < behind]
    return clauses


def _in_state(state: MailState) -> list[Clause]:
    """Say of a message what became of it, in the terms of its indexes."""
    messages = tables.messages
    if state is MailState.WAITING:
        return [messages.c.due_at.is_not(None)]
    if state is MailState.FAILED:
        return [messages.c.failed_at.is_not(None)]
    if state is MailState.ARRIVED:
        return [messages.c.delivered_at.is_not(None), messages.c.failed_at.is_(None)]
    return [messages.c.sent_at.is_not(None), messages.c.delivered_at.is_(None), messages.c.failed_at.is_(None)]
