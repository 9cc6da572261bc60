"""A holder contests a handover in words, takes it back within a day, and reads the house's answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import DeliveryCodes
from codes.accounts.staff import Member
from codes.auditing.audit import audit
from codes.life.contests import (
    CONTESTS_A_DAY,
    LONGEST_WORDS,
    CannotAnswer,
    CannotContest,
    Report,
    answer_report,
    contest_handover,
    reports_of,
    withdraw_report,
)
from codes.life.history import history_by_address
from codes.life.parcel_records import events_of_parcel
from codes.model import EventKind, MessageKind, ReportKind
from codes.office.parcel_list import Filters, Matter, count_parcels
from codes.proving.proof_check import verify_proof
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, notice_of_message
from codes.store.budgets import TooOften
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded

Announce = Callable[..., ShownCode]
WORDS = "It was  opened\nat the side"


@pytest.fixture
def handed_over(codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock) -> None:
    """A parcel that was handed over a moment ago."""
    codes.present(driver.presentation(announce("P-1").payload, "P-1", now=clock()))
    clock.turn(timedelta(minutes=1))


def contest(codes: DeliveryCodes, kind: ReportKind = ReportKind.DAMAGED, words: str = WORDS) -> Report:
    """Let the recipient contest the handover; returns what is recorded last."""
    parcel = recorded(codes)
    codes.write(contest_handover, parcel.holder_id, kind, parcel.parcel_id, words)
    return codes.read(reports_of, parcel.parcel_id)[-1]


def sound(codes: DeliveryCodes) -> bool:
    """Tell whether tables and chains agree."""
    codes.seal()
    return audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def contested_in_proof(codes: DeliveryCodes) -> list[str]:
    """Return what a proof says is contested."""
    codes.seal()
    proved = verify_proof(codes.proof_of("P-1"), codes.sealing_key.public_key())
    return [str(each["kind"]) for each in proved.contested]


@pytest.mark.usefixtures("handed_over")
def test_what_is_said_reaches_the_house_and_its_answer_the_recipient(
    codes: DeliveryCodes, dispatcher: Member, clock: TurnableClock
) -> None:
    report = contest(codes)
    assert (report.kind, report.words, report.contests) == (ReportKind.DAMAGED, "It was opened at the side", True)
    clock.turn(timedelta(minutes=1))
    codes.write(answer_report, report.report_id, dispatcher, "We send you another one today.")
    told = {}
    for message in codes.read(listed_messages, limit=9):
        notice = codes.read(notice_of_message, message.id)
        assert notice is not None
        told[message.kind] = notice.report
    answered, reported = told[MessageKind.REPORT_ANSWERED], told[MessageKind.REPORTED]
    assert answered is not None
    assert reported is not None
    assert (answered.answer, reported.words) == ("We send you another one today.", "It was opened at the side")
    events = codes.read(events_of_parcel, recorded(codes).parcel_id)
    assert "opened at the side" not in str(events)
    assert contested_in_proof(codes) == ["damaged"]
    assert sound(codes)
    codes.erase_parcel("P-1")
    assert codes.read(reports_of, recorded(codes).parcel_id)[0].words is None
    assert sound(codes)


@pytest.mark.usefixtures("handed_over")
def test_a_mistake_is_taken_back_within_a_day_and_counts_no_more(
    codes: DeliveryCodes, dispatcher: Member, clock: TurnableClock
) -> None:
    parcel, report = recorded(codes), contest(codes, words="")
    assert codes.read(history_by_address, ["p-1@example.org"])["p-1@example.org"].disputes == 1
    clock.turn(timedelta(hours=23))
    codes.write(withdraw_report, parcel.holder_id, report.report_id)
    assert contested_in_proof(codes) == []
    assert codes.read(count_parcels, Filters(matters=frozenset({Matter.REPORTED}))) == 0
    assert codes.read(history_by_address, ["p-1@example.org"]) == {}
    codes.write(withdraw_report, parcel.holder_id, report.report_id)
    with pytest.raises(CannotAnswer):
        codes.write(answer_report, report.report_id, dispatcher, "Nothing to answer here.")
    again = contest(codes, words="")
    assert again.report_id != report.report_id
    clock.turn(timedelta(days=1))
    with pytest.raises(CannotContest):
        codes.write(withdraw_report, parcel.holder_id, again.report_id)
    kinds = [each.kind for each in codes.read(events_of_parcel, parcel.parcel_id)]
    assert kinds.count(EventKind.REPORT_WITHDRAWN) == 1, "a second tap changes nothing"
    assert sound(codes)


@pytest.mark.usefixtures("handed_over")
def test_nobody_takes_back_what_is_not_theirs_or_was_answered(
    codes: DeliveryCodes, dispatcher: Member, announce: Announce
) -> None:
    report = contest(codes)
    announce("P-2")
    for holder_id, report_id in (
        (recorded(codes, "P-2").holder_id, report.report_id),
        (recorded(codes).holder_id, uuid4()),
    ):
        with pytest.raises(CannotContest):
            codes.write(withdraw_report, holder_id, report_id)
    codes.write(answer_report, report.report_id, dispatcher, "We send you another one today.")
    with pytest.raises(CannotContest):
        codes.write(withdraw_report, recorded(codes).holder_id, report.report_id)


@pytest.mark.usefixtures("handed_over")
def test_contesting_is_bounded(codes: DeliveryCodes, clock: TurnableClock) -> None:
    with pytest.raises(CannotContest):
        contest(codes, words="x" * (LONGEST_WORDS + 1))
    with pytest.raises(CannotContest):
        contest(codes, ReportKind.LOST)
    for _ in range(CONTESTS_A_DAY):
        report = contest(codes)
        assert contest(codes).report_id == report.report_id
        codes.write(withdraw_report, recorded(codes).holder_id, report.report_id)
        clock.turn(timedelta(seconds=1))
    with pytest.raises(TooOften):
        contest(codes)
