"""How the house stands at this moment, in figures for a monitoring program. Each is one look into an index.

One of them is an alarm: a sudden rise of wrong digits, whichever parcels and devices they are spread over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from codes import tables
from codes.accounts.heartbeats import SILENT_AFTER
from codes.model import Means, Outcome
from codes.store.transaction import Transaction

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits, for how long, and what was answered in the last hour."""

    verifications: Mapping[str, int]
    mails_waiting: int
    mails_waiting_seconds: float
    webhooks_waiting: int
    webhooks_waiting_seconds: float
    checkpoint_seconds: float | None
    silent_devices: int
    imports_running: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """How many wrong digits there were in the last hour, and how many are borne."""

    wrong_digits: int
    borne: int

    @property
    def raised(self) -> bool:
        """Tell whether somebody has to look."""
        return self.wrong_digits > self.borne


def count_waiting(t: Transaction) -> Counts:
    """Count what waits and what was answered, for a monitoring program."""
    verifications, signs = tables.verifications, tables.device_signs
    since, devices, imports = t.now - WINDOW, tables.devices, tables.imports
    outcomes = (
        sa.select(verifications.c.outcome, sa.func.count())
        .where(verifications.c.outcome.in_([each.value for each in Outcome]), verifications.c.decided_at > since)
        .group_by(verifications.c.outcome)
    )
    silent = (
        sa.select(sa.func.count())
        .select_from(signs.join(devices, devices.c.id == signs.c.device_id))
        .where(
            signs.c.seen_at < t.now - SILENT_AFTER, devices.c.revoked_at.is_(None), signs.c.out_of_order_at.is_(None)
        )
    )
    running = (
        sa.select(sa.func.count())
        .select_from(imports)
        .where(imports.c.started_at.is_not(None), imports.c.stopped_at.is_(None), imports.c.finished_at.is_(None))
    )
    found = {row[0]: row[1] for row in t.connection.execute(outcomes)}
    mails, mails_since = _waiting(t, tables.messages)
    hooks, hooks_since = _waiting(t, tables.webhook_messages)
    sealed_at = t.connection.execute(
        sa.select(tables.checkpoints.c.at).order_by(tables.checkpoints.c.number.desc()).limit(1)
    ).scalar()
    return Counts(
        verifications=found,
        mails_waiting=mails,
        mails_waiting_seconds=_seconds(t.now, mails_since),
        webhooks_waiting=hooks,
        webhooks_waiting_seconds=_seconds(t.now, hooks_since),
        checkpoint_seconds=None if sealed_at is None else _seconds(t.now, sealed_at),
        silent_devices=t.connection.execute(silent).scalar_one(),
        imports_running=t.connection.execute(running).scalar_one(),
    )


def watch_wrong_digits(t: Transaction) -> Alarm:
    """Count the wrong digits of the last hour in what was recorded, so that nothing hot has to be counted."""
    table = tables.verifications
    counted = t.connection.execute(
        sa.select(sa.func.count())
        .select_from(table)
        .where(
            table.c.outcome == Outcome.WRONG_CODE.value,
            table.c.decided_at > t.now - WINDOW,
            table.c.means == Means.DIGITS.value,
        )
    ).scalar_one()
    return Alarm(counted, t.settings.house_wrong_digits_per_hour)


def _waiting(t: Transaction, table: sa.Table) -> tuple[int, datetime | None]:
    waiting = sa.select(sa.func.count(), sa.func.min(table.c.queued_at)).where(table.c.due_at.is_not(None))
    number, since = t.connection.execute(waiting).one()
    return number, since


def _seconds(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
