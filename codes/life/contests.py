"""After the handover: a holder contests it, and a named member of staff answers. Neither can be taken back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.access import Member
from codes.identifiers import uuid7
from codes.life.issuing import message_row
from codes.model import EventKind, MessageKind, ReportKind
from codes.proving.commitment import SALT_BYTES, text_commitment
from codes.proving.events import Event, record
from codes.store.database import Database

BY_HOLDER = "holder"
CONTESTS = frozenset({ReportKind.NOT_RECEIVED, ReportKind.OPENED})
SHORTEST_ANSWER, LONGEST_ANSWER = 10, 1000


class CannotContest(Exception):
    """The parcel was not handed over, or the time for that is over."""


class CannotAnswer(Exception):
    """There is no such open report, or the answer says nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported of a parcel, and what was answered by whom. ``answered_by`` is the member's name."""

    report_id: UUID
    kind: ReportKind
    by: str
    reported_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None


class Contests:
    """Contesting and answering."""

    def __init__(self, database: Database, clock: Callable[[], datetime], days: int) -> None:
        self._database = database
        self._clock = clock
        self._time = timedelta(days=days)

    def until(self, handed_over_at: datetime | None) -> datetime | None:
        """Return until when a handover can be contested, or None if it cannot (any more)."""
        if handed_over_at is None or self._clock() > handed_over_at + self._time:
            return None
        return handed_over_at + self._time

    def contest(self, holder_id: UUID, kind: ReportKind) -> None:
        """Record that a holder contests the handover, and tell the house; again changes nothing.

        Raises CannotContest.
        """
        now, holders, handovers, reports = self._clock(), tables.holders, tables.handovers, tables.reports
        if kind not in CONTESTS:
            raise CannotContest("a holder can say: not received, or opened")
        with self._database.writing() as connection:
            parcel_id = connection.execute(
                sa.select(holders.c.parcel_id).where(holders.c.id == holder_id, holders.c.erased_at.is_(None))
            ).scalar()
            connection.execute(sa.select(tables.parcels.c.id).where(tables.parcels.c.id == parcel_id).with_for_update())
            handed_over_at = connection.execute(
                sa.select(handovers.c.recorded_at).where(handovers.c.parcel_id == parcel_id)
            ).scalar()
            if parcel_id is None or self.until(handed_over_at) is None:
                raise CannotContest("this handover cannot be contested here (any more)")
            same = sa.and_(reports.c.parcel_id == parcel_id, reports.c.kind == kind.value, reports.c.by == BY_HOLDER)
            if connection.execute(sa.select(reports.c.id).where(same, reports.c.answered_at.is_(None))).first():
                return
            report_id = uuid7(now)
            connection.execute(
                sa.insert(reports).values(
                    id=report_id, parcel_id=parcel_id, kind=kind.value, by=BY_HOLDER, reported_at=now
                )
            )
            message = message_row(parcel_id, holder_id, MessageKind.REPORTED, now)
            connection.execute(sa.insert(tables.messages), [message])
            facts = {"report": str(report_id), "kind": kind.value, "by": BY_HOLDER, "holder": str(holder_id)}
            record(connection, [Event(parcel_id, EventKind.REPORTED, now, facts)])

    def answer(self, report_id: UUID, member: Member, answer: str) -> None:
        """Answer an open report by name, and tell the recipient. There is no other way to close one."""
        answer = " ".join(answer.split())
        if not SHORTEST_ANSWER <= len(answer) <= LONGEST_ANSWER:
            raise CannotAnswer(f"write an answer of {SHORTEST_ANSWER} to {LONGEST_ANSWER} characters")
        now, salt, reports, holders = self._clock(), secrets.token_bytes(SALT_BYTES), tables.reports, tables.holders
        with self._database.writing() as connection:
            parcel_id = connection.execute(
                sa.update(reports)
                .where(reports.c.id == report_id, reports.c.answered_at.is_(None))
                .values(answered_at=now, answered_by=member.staff_id, answer=answer, salt=salt)
                .returning(reports.c.parcel_id)
            ).scalar()
            if parcel_id is None:
                raise CannotAnswer("there is no such open report")
            recipient = sa.and_(
                holders.c.parcel_id == parcel_id, holders.c.kind == "recipient", holders.c.erased_at.is_(None)
            )
            if holder_id := connection.execute(sa.select(holders.c.id).where(recipient)).scalar():
                message = message_row(parcel_id, holder_id, MessageKind.REPORT_ANSWERED, now)
                connection.execute(sa.insert(tables.messages), [message])
            facts = {
                "report": str(report_id),
                "staff": str(member.staff_id),
                "answer": text_commitment(salt, answer),
            }
            record(connection, [Event(parcel_id, EventKind.REPORT_ANSWERED, now, facts)])

    def of(self, parcel_id: UUID) -> list[Report]:
        """Return what was reported of a parcel, in order."""
        reports, staff = tables.reports, tables.staff
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(reports, staff.c.name)
                .outerjoin(staff, staff.c.id == reports.c.answered_by)
                .where(reports.c.parcel_id == parcel_id)
                .order_by(reports.c.reported_at, reports.c.id)
            ).all()
        return [
            Report(row.id, ReportKind(row.kind), row.by, row.reported_at, row.answered_at, row.name, row.answer)
            for row in rows
        ]

    def open_among(self, parcel_ids: list[UUID]) -> set[UUID]:
        """Return those parcels that somebody reported without an answer so far."""
        reports = tables.reports
        unanswered = sa.and_(reports.c.parcel_id.in_(parcel_ids), reports.c.answered_at.is_(None))
        with self._database.reading() as connection:
            return set(connection.execute(sa.select(reports.c.parcel_id).where(unanswered)).scalars())
