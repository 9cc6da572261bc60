"""Counts by day, over all drivers and devices, never by one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.identifiers import TEST_PARCELS
from codes.model import AttemptReason, Outcome
from codes.store.database import Database


@dataclass(slots=True)
class Day:
    """What happened on one day (UTC)."""

    day: date
    announced: int = 0
    codes_opened: int = 0
    handed_over: int = 0
    at_first_attempt: int = 0
    offline: int = 0
    supervised: int = 0
    refused: int = 0
    no_code: int = 0
    nobody_home: int = 0
    contested: int = 0
    bounced: int = 0


COUNTS = tuple(each.name for each in fields(Day) if each.name != "day")


def by_day(database: Database, first: date, last: date) -> list[Day]:
    """Count what happened from one day to another, both included."""
    days = {first + timedelta(days=n): Day(first + timedelta(days=n)) for n in range((last - first).days + 1)}
    start, end = (datetime.combine(day, time.min, UTC) for day in (first, last + timedelta(days=1)))
    with database.reading() as connection:
        for name, column, which in _counted():
            # SQLite keeps UTC as text, PostgreSQL turns into the session's zone unless told otherwise.
            day = sa.func.date(column) if database.is_sqlite else sa.func.date(sa.func.timezone("UTC", column))
            query = sa.select(day.label("day"), sa.func.count().label("count"))
            rows = connection.execute(query.where(column >= start, column < end, which).group_by(day))
            for row in rows:
                at = date.fromisoformat(row.day) if isinstance(row.day, str) else row.day
                setattr(days[at], name, row.count)
    return list(days.values())


def _counted() -> Iterator[tuple[str, Any, Any]]:
    """Name each count, the moment it goes by, and what is counted."""
    parcels, holders, handovers, verifications = tables.parcels, tables.holders, tables.handovers, tables.verifications
    attempts, reports, messages = tables.delivery_attempts, tables.reports, tables.messages

    def real(parcel_id: Any) -> Any:
        test = parcels.c.reference.startswith(TEST_PARCELS)
        return ~sa.exists().where(parcels.c.id == parcel_id, test).correlate_except(parcels)

    before = sa.exists().where(
        attempts.c.parcel_id == handovers.c.parcel_id, attempts.c.attempted_at < handovers.c.handed_over_at
    )
    by_code, ours = handovers.c.supervised_by.is_(None), real(handovers.c.parcel_id)
    unanswered = verifications.c.outcome.not_in([Outcome.ACCEPTED.value, Outcome.CODE_NOT_REQUIRED.value])
    yield "announced", parcels.c.announced_at, ~parcels.c.reference.startswith(TEST_PARCELS)
    yield "codes_opened", holders.c.opened_at, real(holders.c.parcel_id)
    yield "handed_over", handovers.c.handed_over_at, sa.and_(by_code, ours)
    yield "at_first_attempt", handovers.c.handed_over_at, sa.and_(by_code, ours, ~before)
    yield "offline", handovers.c.handed_over_at, sa.and_(handovers.c.offline, ours)
    yield "supervised", handovers.c.handed_over_at, sa.and_(~by_code, ours)
    yield "refused", verifications.c.decided_at, unanswered
    for reason in (AttemptReason.NO_CODE, AttemptReason.NOBODY_HOME):
        which = sa.and_(attempts.c.reason == reason.value, real(attempts.c.parcel_id))
        yield reason.value, attempts.c.attempted_at, which
    yield "contested", reports.c.reported_at, sa.and_(reports.c.by == "holder", real(reports.c.parcel_id))
    yield "bounced", messages.c.failed_at, real(messages.c.parcel_id)
