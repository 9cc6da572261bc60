"""After the handover: a holder contests it in words, and takes that back within a day; a named member of staff answers.

An answer stands for good, and what was answered is not taken back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Member
from codes.life.consignments import lock_receivables
from codes.life.report_photos import digest_of, forget_photos, has_photo, keep_photo
from codes.model import CONTESTS, EventKind, MessageKind, ReportKind
from codes.proving.commitment import SALT_BYTES, text_commitment
from codes.proving.events import Event, Fact
from codes.store.budgets import Budget, TooOften
from codes.store.clauses import is_open, is_recipient, recipient_of_parcel, settled_at
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

BY_HOLDER = "holder"
SHORTEST_ANSWER, LONGEST_ANSWER = 10, 1000
LONGEST_WORDS = 1000
TAKEN_BACK_WITHIN = timedelta(days=1)
CONTESTS_A_DAY = 6


class CannotContest(Exception):
    """The parcel was neither handed over nor delivered elsewhere, or the time for that is over."""


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
    words: str | None = None
    withdrawn_at: datetime | None = None
    has_photo: bool = False

    @property
    def contests(self) -> bool:
        """Tell whether a holder's word stands against the handover, answered or not."""
        return self.by == BY_HOLDER and self.withdrawn_at is None

    def can_be_withdrawn_at(self, now: datetime) -> bool:
        """Tell whether its holder may still take it back."""
        return self.contests and self.answered_at is None and now < self.reported_at + TAKEN_BACK_WITHIN


def contestable_until(t: Transaction, recorded_at: datetime | None) -> datetime | None:
    """Return until when a handover can be contested, or None if it cannot (any more)."""
    time = timedelta(days=t.settings.contest_days)
    if recorded_at is None or t.now > recorded_at + time:
        return None
    return recorded_at + time


def contest_handover(
    t: Transaction,
    holder_id: UUID,
    kind: ReportKind,
    parcel_id: UUID | None = None,
    words: str = "",
    photo: bytes | None = None,
) -> None:
    """Record that the recipient contests a handover or a delivery elsewhere, and tell the house; again changes nothing.

    They say it in words if they like. Of several parcels the last one that came to somebody is meant if none is named.
    A photograph, one for each parcel, comes only with the word that it is damaged. Raises CannotContest or TooOften.
    """
    words = " ".join(words.split())
    if kind not in CONTESTS:
        raise CannotContest("a holder can say: not received, opened, not what was ordered, or damaged")
    if photo is not None and kind is not ReportKind.DAMAGED:
        raise CannotContest("a photograph shows what is damaged, and nothing else")
    if len(words) > LONGEST_WORDS:
        raise CannotContest(f"say it in at most {LONGEST_WORDS} characters")
    parcels, handovers, reports, holders = tables.parcels, tables.handovers, tables.reports, tables.holders
    theirs = [each.parcel_id for each in lock_receivables(t, holder_id).parcels]
    parcel_ids = theirs if parcel_id is None else [each for each in theirs if each == parcel_id]
    known = sa.exists().where(holders.c.id == holder_id, holders.c.erased_at.is_(None), is_recipient())
    settled = t.connection.execute(
        sa.select(parcels.c.id, settled_at().label("at"))
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id.in_(parcel_ids), settled_at().is_not(None), known)
        .order_by(settled_at().desc(), parcels.c.id.desc())
    ).first()
    if settled is None or contestable_until(t, settled.at) is None:
        raise CannotContest("this handover cannot be contested here (any more)")
    parcel_id = settled.id
    same = sa.and_(reports.c.parcel_id == parcel_id, reports.c.kind == kind.value, reports.c.by == BY_HOLDER)
    if t.connection.execute(sa.select(reports.c.id).where(same, is_open())).first():
        return
    if photo is not None and has_photo(t, parcel_id):
        raise CannotContest("there is a photograph of this parcel already")
    if not t.spend_for_parcel(Budget.CONTEST, parcel_id, CONTESTS_A_DAY):
        raise TooOften("this handover was contested too often today")
    report_id, salt = uuid7(t.now), secrets.token_bytes(SALT_BYTES) if words else None
    row = {"id": report_id, "parcel_id": parcel_id, "kind": kind.value, "by": BY_HOLDER, "reported_at": t.now}
    said = {"words": words or None, "salt": salt, "photo": digest_of(photo) if photo else None}
    t.connection.execute(sa.insert(reports).values(row | said))
    facts: dict[str, Fact] = {"report": str(report_id), "kind": kind.value, "by": BY_HOLDER, "holder": str(holder_id)}
    if salt:
        facts["words"] = text_commitment(salt, words)
    if photo is not None:
        keep_photo(t, report_id, parcel_id, photo)
        facts["photo"] = digest_of(photo)
    t.queue(MessageKind.REPORTED, parcel_id=parcel_id, holder_id=holder_id)
    t.record(Event(parcel_id, EventKind.REPORTED, t.now, facts))


def withdraw_report(t: Transaction, holder_id: UUID, report_id: UUID) -> None:
    """Take back what was said of a handover, within a day and before it is answered; again changes nothing.

    Raises CannotContest. Only for the recipient: a delegate, who may have the parcel, would silence whom it was for.
    """
    reports, holders = tables.reports, tables.holders
    theirs = [each.parcel_id for each in lock_receivables(t, holder_id).parcels]
    their_own = sa.exists().where(holders.c.id == holder_id, is_recipient())
    this = sa.and_(reports.c.id == report_id, reports.c.parcel_id.in_(theirs), reports.c.by == BY_HOLDER, their_own)
    row = t.connection.execute(
        sa.update(reports)
        .where(this, is_open(), reports.c.reported_at > t.now - TAKEN_BACK_WITHIN)
        .values(withdrawn_at=t.now)
        .returning(reports.c.parcel_id)
    ).one_or_none()
    if row is None:
        # A button that was tapped twice.
        if t.connection.execute(sa.select(reports.c.id).where(this, reports.c.withdrawn_at.is_not(None))).first():
            return
        raise CannotContest("this was answered or taken back, or it is too late to take it back")
    # Whoever was mistaken has no reason to leave a picture with the house.
    forget_photos(t, tables.report_photos.c.report_id == report_id)
    facts = {"report": str(report_id), "holder": str(holder_id)}
    t.record(Event(row.parcel_id, EventKind.REPORT_WITHDRAWN, t.now, facts))


def answer_report(t: Transaction, report_id: UUID, member: Member, answer: str) -> None:
    """Answer an open report by name, and tell the recipient whose it is. There is no other way to close one."""
    answer = " ".join(answer.split())
    if not SHORTEST_ANSWER <= len(answer) <= LONGEST_ANSWER:
        raise CannotAnswer(f"write an answer of {SHORTEST_ANSWER} to {LONGEST_ANSWER} characters")
    reports, holders, parcels = tables.reports, tables.holders, tables.parcels
    # What the holder said stands behind the same salt.
    stands = t.connection.execute(sa.select(reports.c.salt).where(reports.c.id == report_id)).scalar()
    salt = stands or secrets.token_bytes(SALT_BYTES)
    answered = t.connection.execute(
        sa.update(reports)
        .where(reports.c.id == report_id, is_open())
        .values(answered_at=t.now, answered_by=member.staff_id, answer=answer, salt=salt)
        .returning(reports.c.parcel_id, reports.c.by)
    ).one_or_none()
    if answered is None:
        raise CannotAnswer("there is no such open report")
    parcel_id = answered.parcel_id
    if answered.by == BY_HOLDER:
        recipient = sa.select(holders.c.id).join(parcels, recipient_of_parcel()).where(parcels.c.id == parcel_id)
        if holder_id := t.connection.execute(recipient.where(holders.c.erased_at.is_(None))).scalar():
            t.queue(MessageKind.REPORT_ANSWERED, parcel_id=parcel_id, holder_id=holder_id)
    facts = {"report": str(report_id), "staff": str(member.staff_id), "answer": text_commitment(salt, answer)}
    t.record(Event(parcel_id, EventKind.REPORT_ANSWERED, t.now, facts))


def reports_by_holder(t: Transaction, parcel_id: UUID) -> list[Report]:
    """Return what the recipient said of a parcel; what a sender or the office reported is no word of theirs."""
    return [each for each in reports_of(t, parcel_id) if each.by == BY_HOLDER]


def reports_of(t: Transaction, parcel_id: UUID) -> list[Report]:
    """Return what was reported of a parcel, in order."""
    reports, staff, photos = tables.reports, tables.staff, tables.report_photos
    rows = t.connection.execute(
        sa.select(reports, staff.c.name, photos.c.report_id.is_not(None).label("has_photo"))
        .outerjoin(staff, staff.c.id == reports.c.answered_by)
        .outerjoin(photos, photos.c.report_id == reports.c.id)
        .where(reports.c.parcel_id == parcel_id)
        .order_by(reports.c.reported_at, reports.c.id)
    )
    return [
        Report(
            row.id,
            ReportKind(row.kind),
            row.by,
            row.reported_at,
            row.answered_at,
            row.name,
            row.answer,
            row.words,
            row.withdrawn_at,
            row.has_photo,
        )
        for row in rows
    ]
