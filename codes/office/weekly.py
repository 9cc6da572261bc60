"""How deliveries went, by week, depot and sender, never by driver: a depot of few devices is told only among all."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import list_depots
from codes.model import AttemptReason, EventKind, Realm
from codes.store.clauses import in_realm, recipient_of_parcel
from codes.store.transaction import Transaction

FEWEST_DEVICES = 3
"""With fewer devices, a depot's figures would be those of a driver."""
AT_THE_DOOR = timedelta(minutes=30)
"""What was presented longer before the handover belongs to another visit."""
EVERYWHERE = ""
MOST_SENDERS = 10


@dataclass(slots=True)
class Week:
    """What became of deliveries in a week that begins on ``monday``: at one depot, of one sender, or all of them."""

    monday: date
    depot: str
    sender: str = ""
    handed_over: int = 0
    first_attempts: int = 0
    first_handed_over: int = 0
    ended: Counter[AttemptReason] = field(default_factory=Counter)
    why_no_code: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def first_attempt_share(self) -> float | None:
        """Return the share of first attempts that ended with a handover."""
        return self.first_handed_over / self.first_attempts if self.first_attempts else None

    @property
    def no_code_share(self) -> float | None:
        """Return the share of all attempts that ended because there was no code."""
        attempts = self.handed_over + sum(self.ended.values())
        return self.ended[AttemptReason.NO_CODE] / attempts if attempts else None

    @property
    def median_seconds(self) -> float | None:
        """Return the median time from the first code shown at a door to the handover, in seconds."""
        return median(self.seconds) if self.seconds else None


def by_week(t: Transaction, first: date, last: date) -> list[Week]:
    """Return the weeks from that of one day to that of another, newest first: everything, each depot, each sender.

    Of the senders only those with most deliveries are told apart.
    """
    begin, end = (_monday(day) for day in (first, last + timedelta(days=7)))
    start, stop = t.house.days.borders(begin, end - timedelta(days=1))
    depots = list_depots(t)
    named = {device: depot for device, depot in depots.items() if _is_told(depot, depots)}
    handovers, attempts = (t.connection.execute(each(start, stop)).all() for each in (_handovers, _attempts))
    deliveries = Counter(row.sender for row in (*handovers, *attempts) if row.sender)
    senders = {sender for sender, _ in deliveries.most_common(MOST_SENDERS)}
    of_depots, of_senders = [(each, "") for each in set(named.values())], [(EVERYWHERE, each) for each in senders]
    parts = [(EVERYWHERE, ""), *of_depots, *of_senders]
    mondays = [begin + timedelta(days=7 * n) for n in range((end - begin).days // 7)]
    weeks = {(monday, *part): Week(monday, *part) for monday in mondays for part in parts}

    # A house tells tens of thousands of deliveries: what is the same for many of them is found out once.
    days = t.house.days
    begins = [days.begin_of(monday) for monday in mondays]

    @cache
    def counting(monday: date, device: UUID, sender: str | None) -> list[Week]:
        depot = named.get(device)
        known = [(EVERYWHERE, ""), *([(depot, "")] if depot else []), (EVERYWHERE, sender)]
        return [weeks[monday, *part] for part in dict.fromkeys(known) if (monday, *part) in weeks]

    def of(row: Any) -> list[Week]:
        return counting(mondays[bisect_right(begins, row.at) - 1], row.device_id, row.sender)

    for row in handovers:
        for week in of(row):
            week.handed_over += 1
            week.first_attempts += not row.tried_before
            week.first_handed_over += not row.tried_before
            if row.shown_at and timedelta(0) <= row.at - row.shown_at <= AT_THE_DOOR:
                week.seconds.append((row.at - row.shown_at).total_seconds())
    for row in attempts:
        for week in of(row):
            week.first_attempts += not row.tried_before
            week.ended[AttemptReason(row.reason)] += 1
            if row.reason == AttemptReason.NO_CODE.value:
                week.why_no_code[_why(row)] += 1
    return sorted(weeks.values(), key=lambda week: (-week.monday.toordinal(), week.sender, week.depot))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _is_told(depot: str, depots: Mapping[UUID, str]) -> bool:
    return sum(other == depot for other in depots.values()) >= FEWEST_DEVICES


def _handovers(start: datetime, stop: datetime) -> sa.Select[Any]:
    """Select handovers against a code, whether the parcel was tried before, and since when its code was being shown."""
    handovers, attempts, events = tables.handovers, tables.delivery_attempts, tables.events
    parcels, consignments = tables.parcels, tables.consignments
    at = handovers.c.handed_over_at
    before = sa.exists().where(attempts.c.parcel_id == handovers.c.parcel_id, attempts.c.attempted_at < at)
    shown = sa.select(sa.func.min(events.c.at)).where(
        events.c.parcel_id == handovers.c.parcel_id,
        events.c.kind == EventKind.PRESENTED.value,
    )
    query = sa.select(
        at.label("at"),
        handovers.c.device_id,
        consignments.c.sender,
        before.label("tried_before"),
        shown.scalar_subquery().label("shown_at"),
    )
    joined = query.join(parcels, parcels.c.id == handovers.c.parcel_id).join(consignments, _of_parcel())
    return joined.where(at >= start, at < stop, handovers.c.supervised_by.is_(None), in_realm(Realm.LIVE))


def _attempts(start: datetime, stop: datetime) -> sa.Select[Any]:
    """Select attempts without handover, and what became of the code's message until then."""
    attempts, holders, messages, parcels = (
        tables.delivery_attempts,
        tables.holders,
        tables.messages,
        tables.parcels,
    )
    at, earlier = attempts.c.attempted_at, attempts.alias("earlier")
    before = sa.exists().where(earlier.c.parcel_id == attempts.c.parcel_id, earlier.c.attempted_at < at)
    # By the consignment's own mails, of which there are few, and not by all that ever failed before.
    together = parcels.alias("together")
    failed = sa.select(sa.func.min(messages.c.failed_at)).join(together, together.c.id == messages.c.parcel_id)
    failed = failed.where(together.c.consignment_id == holders.c.consignment_id, messages.c.holder_id == holders.c.id)
    query = sa.select(
        at.label("at"),
        attempts.c.device_id,
        tables.consignments.c.sender,
        attempts.c.reason,
        before.label("tried_before"),
        holders.c.email,
        holders.c.erased_at,
        (holders.c.opened_at < at).label("opened"),
        (failed.scalar_subquery() < at).label("failed"),
    )
    joined = query.join(parcels, parcels.c.id == attempts.c.parcel_id).join(holders, recipient_of_parcel())
    joined = joined.join(tables.consignments, _of_parcel())
    return joined.where(at >= start, at < stop, in_realm(Realm.LIVE))


def _of_parcel() -> sa.ColumnElement[bool]:
    """Join a parcel with its consignment, which names the sender."""
    return tables.consignments.c.id == tables.parcels.c.consignment_id


def _why(row: Any) -> str:
    """Say why there was no code: opened, no_address, bounced or unopened."""
    if row.opened:
        return "opened"
    if row.email is None and row.erased_at is None:
        return "no_address"
    return "bounced" if row.failed else "unopened"
