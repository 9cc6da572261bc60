"""Persons can be erased, and are erased by themselves; what happened to their parcels stays provable."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.staff import Role
from codes.delivering.visits import hand_over_supervised
from codes.life.contests import CannotAnswer, CannotContest, answer_report, contest_handover, reports_of
from codes.life.delegates import name_delegate
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import EventKind, HolderKind, MessageKind, ReportKind
from codes.office.parcel_list import Matter, matters_of
from codes.proving.proof import Grade
from codes.proving.proof_check import verify_proof
from codes.recipients.outbox import claim_due, listed_messages, mark_sent
from codes.recipients.tickets import ShownCode, notice_of_message, ticket_of_holder, ticket_of_key
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member, member_with
from tests.parts.stores import everything

NAME, NEIGHBOUR, EMAIL = "Zerlina Mustermann", "Quirin Nachbar", "zerlina@mustermann.example"
STREET, CITY, NOTE = "Quendelgasse 7b", "Zwiebelstadt", "Klingel am Hinterhaus"
NEEDLES = ("Zerlina", "Mustermann", "Quirin", "mustermann.example", "90210-Z", "Quendel", "Zwiebel", "Klingel")


def handed_over(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, reference: str = "P-1") -> None:
    """Let a parcel go the whole way, with everything that may name a person."""
    codes.announce([Announcement(reference, Person(NAME, EMAIL, "de", "90210-Z", street=STREET, city=CITY, note=NOTE))])
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    codes.write(name_delegate, parcel.holder_id, Person(NEIGHBOUR), clock() + timedelta(days=1))
    for message in codes.write(claim_due, limit=10, lease=timedelta(minutes=1)):
        codes.write(mark_sent, message, f"250 queued for <{EMAIL}>")
    ticket = codes.read(ticket_of_holder, parcel.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    assert codes.present(driver.presentation(ticket.code.payload, reference, now=clock())).accepted


@pytest.mark.parametrize("by", ["reference", "email"])
def test_an_erased_person_is_in_no_byte_and_the_proof_still_holds(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, tmp_path: Path, by: str
) -> None:
    for number in range(20):
        handed_over(codes, driver, clock, f"P-{number}")
    codes.seal()
    kept = everything(codes, tmp_path / "before")
    assert [needle for needle in NEEDLES if needle.encode() not in kept] == []
    if by == "email":
        erased = codes.erase_address(EMAIL.upper())
        assert erased.persons == 40
    else:
        assert [codes.erase_parcel(f"P-{number}").persons for number in range(20)] == [2] * 20
    kept = everything(codes, tmp_path / "after")
    assert [needle for needle in NEEDLES if needle.encode() in kept] == []
    proved = verify_proof(codes.proof_of("P-1"), codes.sealing_key.public_key())
    assert proved.grade is Grade.SYMBOL_AND_LABEL
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert parcel.recipient is None
    assert codes.read(events_of_parcel, parcel.parcel_id)[-1].kind is EventKind.ERASED


def test_a_supervisors_reason_is_erased_too(
    codes: DeliveryCodes, announce: Callable[..., ShownCode], tmp_path: Path
) -> None:
    announce("P-1")
    for name in ("first", "second"):
        add_member(codes, name, f"password of {name}", Role.SUPERVISOR)
    first, second = (member_with(codes, name, f"password of {name}") for name in ("first", "second"))
    assert first is not None
    assert second is not None
    codes.write(hand_over_supervised, "P-1", first, second, "Zerlina Mustermann lost her phone")
    codes.erase_parcel("P-1")
    assert b"Zerlina" not in everything(codes, tmp_path / "after")
    assert verify_proof(codes.proof_of("P-1"), codes.sealing_key.public_key()).grade is Grade.SUPERVISED


def test_a_ticket_dies_with_its_person_and_an_open_parcels_code_with_it(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    code = announce("P-1")
    (message,) = codes.write(claim_due, limit=1, lease=timedelta(minutes=1))
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    codes.erase_parcel("P-1")
    assert codes.read(ticket_of_key, notice.ticket_key) is None
    assert not codes.present(driver.presentation(code.payload, "P-1", now=clock())).accepted
    assert codes.erase_parcel("P-1").persons == 0, "a second time there is nobody"


def test_persons_are_kept_as_long_as_the_settings_say_and_not_longer(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    handed_over(codes, driver, clock)
    announce("NEVER")
    clock.turn(timedelta(days=90))
    assert codes.purge().persons == 0
    clock.turn(timedelta(seconds=1))
    assert codes.purge().persons == 2
    assert codes.purge().persons == 0
    clock.turn(timedelta(days=30))
    assert codes.purge().persons == 1, "a code that nobody used has expired ninety days ago"
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(tables.messages)).all() == []


def test_a_contested_parcel_is_kept_until_it_was_answered(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock
) -> None:
    handed_over(codes, driver, clock)
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    codes.write(contest_handover, parcel.holder_id, ReportKind.NOT_RECEIVED)
    codes.write(contest_handover, parcel.holder_id, ReportKind.NOT_RECEIVED)
    clock.turn(timedelta(days=91))
    assert codes.purge().persons == 0
    (report,) = codes.read(reports_of, parcel.parcel_id)
    assert codes.read(matters_of, [parcel.parcel_id]) == {parcel.parcel_id: {Matter.REPORTED}}
    add_member(codes, "Sample Member", "a long password", Role.DISPATCHER)
    member = member_with(codes, "Sample Member", "a long password")
    assert member is not None
    with pytest.raises(CannotAnswer):
        codes.write(answer_report, report.report_id, member, "  no  ")
    codes.write(answer_report, report.report_id, member, "We looked into it and pay for the parcel.")
    with pytest.raises(CannotAnswer):
        codes.write(answer_report, report.report_id, member, "Another answer to the same report.")
    (answered,) = codes.read(reports_of, parcel.parcel_id)
    assert (answered.answered_by, answered.answer) == ("Sample Member", "We looked into it and pay for the parcel.")
    assert codes.read(matters_of, [parcel.parcel_id]) == {parcel.parcel_id: set()}
    kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
    assert kinds.count(EventKind.REPORTED) == 1
    assert kinds[-1] is EventKind.REPORT_ANSWERED
    told = [message.kind for message in codes.read(listed_messages, limit=9)]
    assert {MessageKind.REPORTED, MessageKind.REPORT_ANSWERED} <= set(told)
    assert codes.purge().persons == 2


def test_only_a_handover_can_be_contested_and_only_for_its_time(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("WAITS")
    handed_over(codes, driver, clock)
    waiting, done = codes.read(find_parcel, "WAITS"), codes.read(find_parcel, "P-1")
    assert waiting is not None
    assert done is not None
    with pytest.raises(CannotContest):
        codes.write(contest_handover, waiting.holder_id, ReportKind.NOT_RECEIVED)
    clock.turn(timedelta(days=14, seconds=1))
    with pytest.raises(CannotContest):
        codes.write(contest_handover, done.holder_id, ReportKind.OPENED)


def test_no_log_names_anybody(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        handed_over(codes, driver, clock)
        codes.erase_address(EMAIL)
        codes.purge()
    assert [needle for needle in NEEDLES if needle in caplog.text] == []
    assert HolderKind.RECIPIENT.value not in caplog.text
