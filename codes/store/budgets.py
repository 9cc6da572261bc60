"""Budgets: how often anything may be asked for that makes the service send, record or compare something.

Each is charged in the transaction of what it is for, before that is done. What is asked for beyond is counted on, and
neither recorded nor sent.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from codes import tables

FOR_LIFE = date.min
"""The day of what has one budget for all its days."""
KEPT = timedelta(days=2)
MOST_EVENTS = 1000
"""A chain of so many events takes nothing more for which there is a budget, so its proof stays within its limit."""


EVENTS_BY_HOUSE = 200
"""So many more it takes of what the house does: however full a chain is, its recipient gets a new code."""


class Budget(StrEnum):
    """What is counted: above each, whose budget it is, and for which time."""

    # A parcel's and a device's, each of a day.
    VISIT = "visit"
    # A parcel's, of a day.
    RENEWAL_BY_VISIT = "renewal_by_visit"
    # A holder's, of a day: mails and renewals that they ask for themselves.
    MAIL_BY_HOLDER = "mail_by_holder"
    # A device's and a recipient's, each of a day: mails that are asked for at the door.
    MAIL_BY_DEVICE = "mail_by_device"
    # A holder's, of a day: whatever staff has sent, shown or redirected for them.
    MAIL_BY_STAFF = "mail_by_staff"
    # A holder's, of a day: renewals that the sender asks for.
    MAIL_BY_SENDER = "mail_by_sender"
    # A holder's, of a day: messages that can be told again and again, whoever causes them.
    MAIL_TO_HOLDER = "mail_to_holder"
    # A parcel's, of a day.
    UNBLOCKING = "unblocking"
    # A parcel's, of a day.
    WISH = "wish"
    # A consignment's, of a day: corrections of its recipient, whoever makes them.
    CORRECTION = "correction"
    # A parcel's, of a day: reports by its sender.
    REPORT = "report"
    # A parcel's, of a day: contested by its holders.
    CONTEST = "contest"
    # A parcel's, of a day: photographs that are opened, whatever comes of them.
    PHOTO = "photo"
    # A parcel's, of a day: taken in, moved or sent back at pickup points.
    STAY = "stay"
    # A device's, of a day.
    SHELF_COUNT = "shelf_count"
    # A parcel's and a device's, each of a day, and a parcel's for its life: what refused presentations write.
    REFUSAL = "refusal"
    # A parcel's, for its life: claims that somebody else handed it over, too, that are told.
    DISPUTE = "dispute"
    # A device's, of a day.
    LABEL = "label"
    # An API key's, of a day.
    IDEMPOTENCY_KEY = "idempotency_key"
    # A shop's, of a day.
    SHOP_CALL = "shop_call"
    # A webhook's, of a day.
    REPLAY = "replay"


class TooOften(Exception):
    """This was asked for too often; another day it may be asked for again."""


def spend(connection: sa.Connection, what: Budget, subject: UUID, most: int, day: date = FOR_LIFE) -> bool:
    """Charge a subject's budget of a day; tells whether it was enough."""
    return charge(connection, what, subject, day, 1) <= most


def charge(connection: sa.Connection, what: Budget, subject: UUID, day: date, amount: int) -> int:
    """Count, and return how much that makes."""
    table = tables.budgets
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    add = insert(table).values(subject=subject, what=what.value, day=day, spent=amount)
    add = add.on_conflict_do_update(
        index_elements=[table.c.subject, table.c.what, table.c.day], set_={"spent": table.c.spent + amount}
    )
    spent: int = connection.execute(add.returning(table.c.spent)).scalar_one()
    return spent


def spent_by(connection: sa.Connection, what: Budget, subjects: Collection[UUID]) -> dict[tuple[UUID, date], int]:
    """Return how much subjects have spent of a budget, by day."""
    table = tables.budgets
    rows = connection.execute(sa.select(table).where(table.c.subject.in_(subjects), table.c.what == what.value))
    return {(row.subject, row.day): row.spent for row in rows}


def seconds_left_of_day(now: datetime) -> int:
    """Return after how many seconds every budget of a day begins anew."""
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return math.ceil((tomorrow - now).total_seconds())


def forget_budgets(connection: sa.Connection, now: datetime) -> None:
    """Delete what was counted on days that are over."""
    table = tables.budgets
    over = sa.and_(table.c.day > FOR_LIFE, table.c.day < (now - KEPT).date())
    connection.execute(sa.delete(table).where(over))
