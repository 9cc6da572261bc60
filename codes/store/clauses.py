"""Conditions of SQL that several packages ask by: whose a code is, whether it opens, whether a parcel is gone or waits.

What they say is said here alone, so that no query asks something else by mistake. Pages of a list are taken here, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes.model import DeviceKind, Ending, HolderKind, Realm
from codes.tables import (
    assignments,
    codes,
    delegate_parcels,
    devices,
    handovers,
    holders,
    parcels,
    reports,
    stays,
    wishes,
)
from codes.tables import (
    delivery_attempts as attempts,
)
from codes.values.tracking_numbers import TEST_PARCELS

Clause = sa.ColumnElement[bool]
# Written into the statement, since prepared ones have no parameters but lists.
_RECIPIENT = sa.text(f"'{HolderKind.RECIPIENT.value}'")
_DELEGATE = sa.text(f"'{HolderKind.DELEGATE.value}'")


def is_recipient(of: Any = holders) -> Clause:
    """Say of a holder that they are the recipient, not a delegate."""
    recipient: Clause = of.c.kind == _RECIPIENT
    return recipient


def is_delegate() -> Clause:
    """Say of a holder that the recipient named them."""
    delegate: Clause = holders.c.kind == _DELEGATE
    return delegate


def recipient_of_parcel() -> Clause:
    """Join a parcel with its recipient, who is that of its consignment."""
    return sa.and_(holders.c.consignment_id == parcels.c.consignment_id, is_recipient())


def may_receive() -> Clause:
    """Say of a holder and a parcel of their consignment: the recipient receives each, a delegate what was named."""
    named = sa.exists().where(
        delegate_parcels.c.holder_id == holders.c.id, delegate_parcels.c.parcel_id == parcels.c.id
    )
    return sa.or_(is_recipient(), named.correlate(holders, parcels))


def is_standing() -> Clause:
    """Say of a code that it was neither renewed nor revoked; it may have expired."""
    return sa.and_(codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None))


def is_live(now: datetime, epoch: int) -> Clause:
    """Say of a code that it opens at this moment."""
    return sa.and_(is_standing(), codes.c.expires_at > now, codes.c.epoch >= epoch)


def is_handed_over(parcel_id: sa.ColumnElement[UUID]) -> Clause:
    """Say of a parcel that it was handed over."""
    return sa.exists().where(handovers.c.parcel_id == parcel_id).correlate_except(handovers)


def is_over() -> Clause:
    """Say of a parcel that it was handed over or has ended: what was announced of its recipient stands for good."""
    return sa.or_(is_handed_over(parcels.c.id), parcels.c.ended_at.is_not(None))


def settled_at() -> sa.ColumnElement[datetime | None]:
    """Return when the service learned that a parcel came to somebody, here or elsewhere; it is joined with handovers.

    What is recorded then its holder can contest.
    """
    elsewhere = parcels.c.ended_as == Ending.DELIVERED_ELSEWHERE.value
    return sa.func.coalesce(handovers.c.recorded_at, sa.case((elsewhere, parcels.c.ended_at)))


def is_open() -> Clause:
    """Say of a report that it waits for its answer: it was neither answered nor taken back."""
    return sa.and_(reports.c.answered_at.is_(None), reports.c.withdrawn_at.is_(None))


def is_reported(parcel_id: sa.ColumnElement[UUID]) -> Clause:
    """Say of a parcel that a report of it waits for its answer."""
    open_report = sa.exists().where(reports.c.parcel_id == parcel_id, is_open())
    return open_report.correlate_except(reports)


def waits() -> Clause:
    """Say of a stay that its parcel is still there: not sent back, not handed over."""
    return sa.and_(stays.c.returned_at.is_(None), ~is_handed_over(stays.c.parcel_id))


def drives() -> Clause:
    """Say of a device that a driver carries parcels with it."""
    return sa.and_(devices.c.kind == DeviceKind.DRIVER.value, devices.c.revoked_at.is_(None))


def carries() -> Clause:
    """Say of a device and an assignment that the parcel is on the device's tour; what a revoked one carried is free."""
    return sa.and_(devices.c.id == assignments.c.device_id, drives())


def came_back() -> Clause:
    """Say of a parcel that a visit failed since it last left."""
    since = attempts.c.recorded_at >= parcels.c.out_for_delivery_at
    failed = sa.exists().where(attempts.c.parcel_id == parcels.c.id, since)
    return failed.correlate_except(attempts)


def is_wished() -> Clause:
    """Say of a wish and a parcel that the recipient wishes it so and has not taken that back."""
    return sa.and_(wishes.c.parcel_id == parcels.c.id, wishes.c.withdrawn_at.is_(None))


def in_realm(realm: Realm) -> Clause:
    """Say of a parcel that it is of this realm: the labels of test parcels begin so, and no others."""
    is_test = parcels.c.reference.startswith(TEST_PARCELS)
    return is_test if realm is Realm.TEST else ~is_test


def within(moment: sa.ColumnElement[datetime], borders: tuple[datetime, datetime]) -> Clause:
    """Say of a moment that it lies between two others, as those of a day."""
    begin, end = borders
    return sa.and_(moment >= begin, moment < end)


def paged(
    query: sa.Select[Any], columns: Sequence[sa.ColumnElement[Any]], descending: bool, limit: int, offset: int
) -> sa.Select[Any]:
    """Return a page of what is selected, in the order of these columns or the other way round."""
    ordered = [column.desc() if descending else column.asc() for column in columns]
    return query.order_by(*ordered).limit(limit).offset(offset)
