"""Visits that ended without a code: neutral reasons, supervised handovers, and what was reported afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Member, Task
from codes.keys.derivation import derive_match_number
from codes.life.blocking import ParcelBlocked, is_blocked
from codes.life.consignments import receivables
from codes.life.issuing import renew_code
from codes.model import AttemptReason, EventKind, InHandBy, MessageKind, ReportKind
from codes.pickup.intake import NotWaiting, WaitsElsewhere
from codes.proving.chain import write_moment
from codes.proving.commitment import SALT_BYTES, text_commitment
from codes.proving.events import Event, Fact
from codes.store.budgets import Budget
from codes.store.clauses import is_standing, recipient_of_parcel
from codes.store.parcel_rows import live_parcel_id_of, parcel_id_of
from codes.store.transaction import Transaction
from codes.tables.base import uuid7
from codes.values.tracking_numbers import numbers_in
from codes.verification.reading_facts import read_labels

SHORTEST_REASON = 10
LONGEST_REASON = 500
MOST_LISTED = 500
RENEWALS_A_DAY = 1


@dataclass(frozen=True, slots=True)
class MeasuredPlace:
    """A point on the earth (WGS 84) and the radius of its uncertainty, as a device measured them."""

    latitude: float
    longitude: float
    accuracy_metres: float

    def uri(self) -> str:
        """Write it in one way only, as a geo URI (RFC 5870): to a metre, as no phone measures better."""
        return f"geo:{self.latitude:.5f},{self.longitude:.5f};u={round(self.accuracy_metres)}"


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit without a handover as it may be listed. ``place`` is a geo URI, gone when the person is erased."""

    visit_id: UUID
    reference: str
    reason: AttemptReason
    attempted_at: datetime
    place: str | None


@dataclass(frozen=True, slots=True)
class OwnHandover:
    """One handover as its driver may list it: no name, no address."""

    reference: str
    handed_over_at: datetime
    match_number: str


class AlreadyHandedOver(Exception):
    """The parcel has its one handover already."""


class OtherVisit(Exception):
    """This visit's id was used before, for another one."""


class NotSupervised(Exception):
    """A handover without a code needs two people who may, and a reason."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A delivery attempt that a device reports. ``visit_id`` makes it one, however often it is sent."""

    visit_id: UUID
    device_id: UUID
    reference: str
    reason: AttemptReason
    attempted_at: datetime
    place: MeasuredPlace | None = None


class VisitResult(StrEnum):
    """What came of reporting a visit; beyond the limits of the day it is counted and leaves no other trace."""

    RECORDED = "recorded"
    COUNTED = "counted"


def end_without_handover(t: Transaction, visit: Visit) -> VisitResult:
    """Record that a visit ended without a handover, and tell the recipient. Nobody is blamed.

    Raises UnknownParcel, AlreadyHandedOver or OtherVisit. The same visit again changes nothing.
    """
    parcel_id = parcel_id_of(t.connection, visit.reference, locked=True)
    if _is_recorded(t, visit, parcel_id):
        return VisitResult.RECORDED
    if _handed_over(t, parcel_id):
        raise AlreadyHandedOver("this parcel was already handed over")
    budgets = t.settings.budgets
    of_device = t.spend(Budget.VISIT, visit.device_id, budgets.visits_per_device)
    if not (t.spend_for_parcel(Budget.VISIT, parcel_id, budgets.visits_per_parcel) and of_device):
        return VisitResult.COUNTED
    place = visit.place.uri() if visit.place and t.settings.visit_place else None
    salt = secrets.token_bytes(SALT_BYTES) if place else None
    # A device's clock is a claim: what it cannot have held back for a shift is dated as of now.
    earliest = t.now - timedelta(hours=t.settings.shift_hours)
    attempted_at = visit.attempted_at if earliest <= visit.attempted_at <= t.now else t.now
    t.connection.execute(
        sa.insert(tables.delivery_attempts).values(
            id=visit.visit_id,
            parcel_id=parcel_id,
            device_id=visit.device_id,
            reason=visit.reason.value,
            attempted_at=attempted_at,
            recorded_at=t.now,
            place=place,
            salt=salt,
        )
    )
    recipient_id = _recipient(t, parcel_id)
    t.queue(MessageKind.NOT_HANDED_OVER, parcel_id=parcel_id, holder_id=recipient_id)
    facts: dict[str, Fact] = {
        "visit": str(visit.visit_id),
        "device": str(visit.device_id),
        "reason": visit.reason.value,
        "attempted": write_moment(attempted_at),
    }
    if salt:
        facts["place"] = text_commitment(salt, place)
    t.record(Event(parcel_id, EventKind.NOT_HANDED_OVER, t.now, facts))
    if t.settings.renew_after_visit and _may_renew(t, recipient_id):
        _renew_once_a_day(t, parcel_id, recipient_id)
    return VisitResult.RECORDED


def visits_of_parcel(t: Transaction, parcel_id: UUID) -> list[Visited]:
    """Return the visits to a parcel's recipient, oldest first."""
    attempts = tables.delivery_attempts
    return _listed(t, attempts.c.parcel_id == parcel_id, attempts.c.recorded_at)


def visits_of_device(t: Transaction, device_id: UUID, since: datetime) -> list[Visited]:
    """Return the visits that a device reported since a moment, newest first."""
    attempts = tables.delivery_attempts
    mine = sa.and_(attempts.c.device_id == device_id, attempts.c.recorded_at >= since)
    return _listed(t, mine, attempts.c.recorded_at.desc())


def handovers_of_device(t: Transaction, device_id: UUID, since: datetime) -> list[OwnHandover]:
    """Return what a device has handed over since a moment, newest first."""
    handovers, parcels = tables.handovers, tables.parcels
    query = (
        sa.select(parcels.c.reference, handovers.c.handed_over_at, handovers.c.match_number)
        .join(parcels, parcels.c.id == handovers.c.parcel_id)
        .where(handovers.c.device_id == device_id, handovers.c.recorded_at >= since)
        .order_by(handovers.c.recorded_at.desc())
        .limit(MOST_LISTED)
    )
    return [OwnHandover(*row) for row in t.connection.execute(query)]


def hand_over_supervised(
    t: Transaction, reference: str, first: Member, second: Member, reason: str, counter: UUID | None = None
) -> str:
    """Record a handover without a code, answered for by two people by name; returns the match number.

    It is never recorded as accepted. At a ``counter`` it takes what lies there, as with a code.
    Raises NotSupervised, UnknownParcel, AlreadyHandedOver, ParcelBlocked, WaitsElsewhere or NotWaiting.
    """
    reason = " ".join(reason.split())
    if first.staff_id == second.staff_id or Task.SUPERVISE not in first.tasks & second.tasks:
        raise NotSupervised("two different people who may supervise have to answer for it")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise NotSupervised(f"give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters")
    parcel_id = live_parcel_id_of(t.connection, reference)
    if _handed_over(t, parcel_id):
        raise AlreadyHandedOver("this parcel was already handed over")
    if is_blocked(t, parcel_id):
        raise ParcelBlocked("this parcel is blocked; the house has to let it go first")
    if counter is not None:
        _stop_if_elsewhere(t, counter, parcel_id, reference)
    salt, match_number = secrets.token_bytes(SALT_BYTES), derive_match_number(t.ring.key(t.ring.current), parcel_id)
    t.connection.execute(
        sa.insert(tables.handovers).values(
            parcel_id=parcel_id,
            in_hand_by=InHandBy.CHOICE.value,
            offline=False,
            handed_over_at=t.now,
            recorded_at=t.now,
            match_number=match_number,
            supervised_by=first.staff_id,
            confirmed_by=second.staff_id,
            reason=reason,
            salt=salt,
        )
    )
    t.queue(MessageKind.HANDED_OVER, parcel_id=parcel_id, holder_id=_recipient(t, parcel_id))
    facts = {"first": str(first.staff_id), "second": str(second.staff_id), "match": match_number}
    facts["reason"] = text_commitment(salt, reason)
    t.record(Event(parcel_id, EventKind.SUPERVISED_HANDOVER, t.now, facts))
    return match_number


def report(t: Transaction, reference: str, kind: ReportKind, by: str, facts: Mapping[str, Fact] | None = None) -> bool:
    """Record that somebody says a parcel was lost, not received, or opened; tells whether one more was recorded.

    Raises UnknownParcel.
    """
    parcel_id = parcel_id_of(t.connection, reference, locked=True)
    if not t.spend_for_parcel(Budget.REPORT, parcel_id, t.settings.budgets.reports_per_parcel):
        return False
    values = {"id": uuid7(t.now), "parcel_id": parcel_id, "kind": kind.value, "by": by, "reported_at": t.now}
    t.connection.execute(sa.insert(tables.reports).values(values))
    said = {"report": str(values["id"]), "kind": kind.value, "by": by, **(facts or {})}
    t.record(Event(parcel_id, EventKind.REPORTED, t.now, said))
    return True


def _is_recorded(t: Transaction, visit: Visit, parcel_id: UUID) -> bool:
    """Tell whether this visit stands in the record. Raises OtherVisit if another one does under its id."""
    attempts = tables.delivery_attempts
    columns = (attempts.c.parcel_id, attempts.c.device_id, attempts.c.reason)
    row = t.connection.execute(sa.select(*columns).where(attempts.c.id == visit.visit_id)).one_or_none()
    if row is not None and row != (parcel_id, visit.device_id, visit.reason.value):
        raise OtherVisit("this visit id was used before, for another visit")
    return row is not None


def _renew_once_a_day(t: Transaction, parcel_id: UUID, recipient_id: UUID) -> None:
    """Renew as the house's policy says; whoever reports visits again and again ends no code more often."""
    if t.spend_for_parcel(Budget.RENEWAL_BY_VISIT, parcel_id, RENEWALS_A_DAY):
        renew_code(t, recipient_id, "policy", unlocks=False)


def _listed(t: Transaction, which: sa.ColumnElement[bool], order: sa.ColumnElement[datetime]) -> list[Visited]:
    attempts, parcels = tables.delivery_attempts, tables.parcels
    query = (
        sa.select(attempts.c.id, parcels.c.reference, attempts.c.reason, attempts.c.attempted_at, attempts.c.place)
        .join(parcels, parcels.c.id == attempts.c.parcel_id)
        .where(which)
        .order_by(order)
        .limit(MOST_LISTED)
    )
    return [
        Visited(row.id, row.reference, AttemptReason(row.reason), row.attempted_at, row.place)
        for row in t.connection.execute(query)
    ]


def _stop_if_elsewhere(t: Transaction, counter: UUID, parcel_id: UUID, reference: str) -> None:
    """Ask what is asked of a code at a counter: whether the parcel lies there."""
    facts = read_labels(t.connection, counter, numbers_in([reference]), t.now)
    parcel = facts.parcels[parcel_id]
    if facts.devices[counter].is_here(parcel):
        return
    if parcel.stay is not None:
        raise WaitsElsewhere(f"this parcel waits at {parcel.stay.point}")
    raise NotWaiting("this parcel does not wait here; take it in first")


def _handed_over(t: Transaction, parcel_id: UUID) -> bool:
    handovers = tables.handovers
    return (
        t.connection.execute(sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id == parcel_id)).first()
        is not None
    )


def _recipient(t: Transaction, parcel_id: UUID) -> UUID:
    holders, parcels = tables.holders, tables.parcels
    recipient = sa.select(holders.c.id).join(parcels, recipient_of_parcel()).where(parcels.c.id == parcel_id)
    holder_id: UUID = t.connection.execute(recipient).scalar_one()
    return holder_id


def _may_renew(t: Transaction, holder_id: UUID) -> bool:
    """Tell whether there is a code to renew, and somewhere to send it: without an address it may be on paper alone."""
    codes, holders = tables.codes, tables.holders
    reached = sa.or_(holders.c.email.is_not(None), holders.c.phone.is_not(None))
    theirs = sa.select(codes.c.id).join(holders, holders.c.id == codes.c.holder_id).where(holders.c.id == holder_id)
    has_code = t.connection.execute(theirs.where(is_standing(), reached)).first() is not None
    return has_code and not receivables(t, holder_id).are_blocked
