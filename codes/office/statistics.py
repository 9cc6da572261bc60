"""Counts by day, over all drivers and devices, never by one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.model import AttemptReason, EventKind, Outcome, Realm
from codes.store.clauses import in_realm
from codes.store.transaction import Transaction


@dataclass(slots=True)
class Day:
    """What happened on one day of the house."""

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


QUARTER = 15 * 60
COUNTS = tuple(each.name for each in fields(Day) if each.name != "day")


def by_day(t: Transaction, first: date, last: date, realm: Realm = Realm.LIVE) -> list[Day]:
    """Count what happened to the parcels of a realm, from one day to another, both included."""
    sqlite = t.connection.dialect.name == "sqlite"
    days = {first + timedelta(days=n): Day(first + timedelta(days=n)) for n in range((last - first).days + 1)}
    begin, end = t.house.days.borders(first, last)
    for name, column, what, which in _counted(realm, sqlite=sqlite):
        seconds: Any = sa.extract("epoch", column)
        # In every zone a day begins at a quarter of an hour, and SQLite knows no zones.
        quarter = seconds // QUARTER if sqlite else sa.func.floor(seconds / QUARTER)
        quarter = quarter.label("quarter")
        query = sa.select(quarter, what.label("count"))
        for row in t.connection.execute(query.where(column >= begin, column < end, which).group_by(quarter)):
            day = days[t.house.days.day_of(datetime.fromtimestamp(int(row.quarter) * QUARTER, UTC))]
            setattr(day, name, getattr(day, name) + row.count)
    return list(days.values())


def _counted(realm: Realm, *, sqlite: bool) -> Iterator[tuple[str, Any, Any, Any]]:
    """Name each count, the moment it goes by, what is counted, and of what."""
    parcels, holders, handovers, events = tables.parcels, tables.holders, tables.handovers, tables.events
    attempts, reports, messages = tables.delivery_attempts, tables.reports, tables.messages

    def ours(parcel_id: Any) -> Any:
        return sa.exists().where(parcels.c.id == parcel_id, in_realm(realm)).correlate_except(parcels)

    before = sa.exists().where(
        attempts.c.parcel_id == handovers.c.parcel_id, attempts.c.attempted_at < handovers.c.handed_over_at
    )
    consignments, rows = tables.consignments, sa.func.count()
    of_holder = sa.and_(consignments.c.id == holders.c.consignment_id, consignments.c.realm == realm.value)
    opened = sa.exists().where(of_holder).correlate_except(consignments)
    by_code, handed_over = handovers.c.supervised_by.is_(None), ours(handovers.c.parcel_id)
    facts: Any = sa.type_coerce(events.c.facts, sa.JSON) if sqlite else sa.cast(events.c.facts, sa.JSON)
    # A presentation stands in the chain of each parcel in hand.
    presentations = sa.func.count(sa.distinct(facts["presentation"].as_string()))
    refused = sa.and_(
        events.c.kind == EventKind.PRESENTED.value,
        facts["outcome"].as_string().not_in([Outcome.ACCEPTED.value, Outcome.CODE_NOT_REQUIRED.value]),
        ours(events.c.parcel_id),
    )
    yield "announced", parcels.c.announced_at, rows, in_realm(realm)
    yield "codes_opened", holders.c.opened_at, rows, opened
    yield "handed_over", handovers.c.handed_over_at, rows, sa.and_(by_code, handed_over)
    yield "at_first_attempt", handovers.c.handed_over_at, rows, sa.and_(by_code, handed_over, ~before)
    yield "offline", handovers.c.handed_over_at, rows, sa.and_(handovers.c.offline, handed_over)
    yield "supervised", handovers.c.handed_over_at, rows, sa.and_(~by_code, handed_over)
    yield "refused", events.c.at, presentations, refused
    for reason in (AttemptReason.NO_CODE, AttemptReason.NOBODY_HOME):
        which = sa.and_(attempts.c.reason == reason.value, ours(attempts.c.parcel_id))
        yield reason.value, attempts.c.attempted_at, rows, which
    yield "contested", reports.c.reported_at, rows, sa.and_(reports.c.by == "holder", ours(reports.c.parcel_id))
    yield "bounced", messages.c.failed_at, rows, ours(messages.c.parcel_id)
