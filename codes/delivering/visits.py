"""Visits that ended without a code: neutral reasons, supervised handovers, and what was reported afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.access import Member, Task
from codes.delivering.place import Place
from codes.derivation import derive_match_number
from codes.identifiers import uuid7
from codes.keys.keyring import KeyRing
from codes.life.issuing import Issuing, message_row
from codes.model import AttemptReason, EventKind, HolderKind, InHandBy, MessageKind, ReportKind
from codes.parcels import parcel_id_of
from codes.proving.chain import write_moment
from codes.proving.commitment import SALT_BYTES, text_commitment
from codes.proving.events import Event, Fact, record
from codes.settings import CodeSettings
from codes.store.database import Database

SHORTEST_REASON = 10
LONGEST_REASON = 500
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit without a handover as it may be listed. ``place`` is a geo URI, gone when the person is erased."""

    visit_id: UUID
    reference: str
    reason: AttemptReason
    attempted_at: datetime
    place: str | None


class AlreadyHandedOver(Exception):
    """The parcel has its one handover already."""


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
    place: Place | None = None


class Visits:
    """Records what happens besides a handover against a code."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[], KeyRing],
        issuing: Callable[[], Issuing],
        clock: Callable[[], datetime],
        *,
        settings: CodeSettings,
    ) -> None:
        self._database = database
        self._ring = ring
        self._issuing = issuing
        self._clock = clock
        self._settings = settings

    def end_without_handover(self, visit: Visit) -> None:
        """Record that a visit ended without a handover, and tell the recipient. Nobody is blamed.

        Raises UnknownParcel or AlreadyHandedOver. The same visit again changes nothing.
        """
        now = self._clock()
        place = visit.place.uri() if visit.place and self._settings.visit_place else None
        salt = secrets.token_bytes(SALT_BYTES) if place else None
        with self._database.writing() as connection:
            parcel_id = parcel_id_of(connection, visit.reference, locked=True)
            attempts = tables.delivery_attempts
            if connection.execute(sa.select(attempts.c.id).where(attempts.c.id == visit.visit_id)).first():
                return
            if _handed_over(connection, parcel_id):
                raise AlreadyHandedOver("this parcel was already handed over")
            connection.execute(
                sa.insert(attempts).values(
                    id=visit.visit_id,
                    parcel_id=parcel_id,
                    device_id=visit.device_id,
                    reason=visit.reason.value,
                    attempted_at=min(visit.attempted_at, now),
                    recorded_at=now,
                    place=place,
                    salt=salt,
                )
            )
            recipient_id = _recipient(connection, parcel_id)
            message = message_row(parcel_id, recipient_id, MessageKind.NOT_HANDED_OVER, now)
            connection.execute(sa.insert(tables.messages), [message])
            facts = {"visit": str(visit.visit_id), "device": str(visit.device_id), "reason": visit.reason.value}
            facts["attempted"] = write_moment(min(visit.attempted_at, now))
            if salt:
                facts["place"] = text_commitment(salt, place)
            record(connection, [Event(parcel_id, EventKind.NOT_HANDED_OVER, now, facts)])
            if self._settings.renew_after_visit and _has_code(connection, recipient_id):
                self._issuing().renew(connection, parcel_id, recipient_id, "policy", now)

    def of_parcel(self, parcel_id: UUID) -> list[Visited]:
        """Return the visits to a parcel's recipient, oldest first."""
        attempts = tables.delivery_attempts
        return self._listed(attempts.c.parcel_id == parcel_id, attempts.c.recorded_at)

    def of_device(self, device_id: UUID, since: datetime) -> list[Visited]:
        """Return the visits that a device reported since a moment, newest first."""
        attempts = tables.delivery_attempts
        mine = sa.and_(attempts.c.device_id == device_id, attempts.c.recorded_at >= since)
        return self._listed(mine, attempts.c.recorded_at.desc())

    def _listed(self, which: sa.ColumnElement[bool], order: sa.ColumnElement[datetime]) -> list[Visited]:
        attempts, parcels = tables.delivery_attempts, tables.parcels
        query = (
            sa.select(attempts.c.id, parcels.c.reference, attempts.c.reason, attempts.c.attempted_at, attempts.c.place)
            .join(parcels, parcels.c.id == attempts.c.parcel_id)
            .where(which)
            .order_by(order)
            .limit(MOST_LISTED)
        )
        with self._database.reading() as connection:
            return [
                Visited(row.id, row.reference, AttemptReason(row.reason), row.attempted_at, row.place)
                for row in connection.execute(query)
            ]

    def hand_over_supervised(self, reference: str, first: Member, second: Member, reason: str) -> str:
        """Record a handover without a code, answered for by two people by name; returns the match number.

        It is never recorded as accepted. Raises NotSupervised, UnknownParcel or AlreadyHandedOver.
        """
        reason = " ".join(reason.split())
        if first.staff_id == second.staff_id or Task.SUPERVISE not in first.tasks & second.tasks:
            raise NotSupervised("two different people who may supervise have to answer for it")
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            raise NotSupervised(f"give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters")
        now, ring, salt = self._clock(), self._ring(), secrets.token_bytes(SALT_BYTES)
        with self._database.writing() as connection:
            parcel_id = parcel_id_of(connection, reference, locked=True)
            if _handed_over(connection, parcel_id):
                raise AlreadyHandedOver("this parcel was already handed over")
            match_number = derive_match_number(ring.key(ring.current), parcel_id)
            connection.execute(
                sa.insert(tables.handovers).values(
                    parcel_id=parcel_id,
                    in_hand_by=InHandBy.CHOICE.value,
                    offline=False,
                    handed_over_at=now,
                    recorded_at=now,
                    match_number=match_number,
                    supervised_by=first.staff_id,
                    confirmed_by=second.staff_id,
                    reason=reason,
                    salt=salt,
                )
            )
            message = message_row(parcel_id, _recipient(connection, parcel_id), MessageKind.HANDED_OVER, now)
            connection.execute(sa.insert(tables.messages), [message])
            facts = {"first": str(first.staff_id), "second": str(second.staff_id), "match": match_number}
            facts["reason"] = text_commitment(salt, reason)
            record(connection, [Event(parcel_id, EventKind.SUPERVISED_HANDOVER, now, facts)])
        return match_number

    def report(self, reference: str, kind: ReportKind, by: str, facts: Mapping[str, Fact] | None = None) -> None:
        """Record that somebody says a parcel was lost, not received, or opened. Raises UnknownParcel."""
        now = self._clock()
        with self._database.writing() as connection:
            parcel_id = parcel_id_of(connection, reference, locked=True)
            values = {"id": uuid7(now), "parcel_id": parcel_id, "kind": kind.value, "by": by, "reported_at": now}
            connection.execute(sa.insert(tables.reports).values(values))
            said = {"report": str(values["id"]), "kind": kind.value, "by": by, **(facts or {})}
            record(connection, [Event(parcel_id, EventKind.REPORTED, now, said)])


def _handed_over(connection: sa.Connection, parcel_id: UUID) -> bool:
    handovers = tables.handovers
    return (
        connection.execute(sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id == parcel_id)).first()
        is not None
    )


def _recipient(connection: sa.Connection, parcel_id: UUID) -> UUID:
    holders = tables.holders
    recipient = sa.and_(holders.c.parcel_id == parcel_id, holders.c.kind == HolderKind.RECIPIENT.value)
    holder_id: UUID = connection.execute(sa.select(holders.c.id).where(recipient)).scalar_one()
    return holder_id


def _has_code(connection: sa.Connection, holder_id: UUID) -> bool:
    codes = tables.codes
    live = sa.and_(codes.c.holder_id == holder_id, codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None))
    return connection.execute(sa.select(codes.c.id).where(live)).first() is not None
