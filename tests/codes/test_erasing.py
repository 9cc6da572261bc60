"""Persons can be erased, and are erased by themselves; what happened to their parcels stays provable."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.access import Role
from codes.keys.backups import back_up
from codes.life.contests import CannotAnswer, CannotContest
from codes.model import EventKind, HolderKind, MessageKind, ReportKind
from codes.proving.proof import Grade, verify_proof
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice

NAME, NEIGHBOUR, EMAIL = "Zerlina Mustermann", "Quirin Nachbar", "zerlina@mustermann.example"
NEEDLES = ("Zerlina", "Mustermann", "Quirin", "mustermann.example", "90210-Z")


def handed_over(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, reference: str = "P-1") -> None:
    """Let a parcel go the whole way, with everything that may name a person."""
    codes.announce([Announcement(reference, Person(NAME, EMAIL, "de", "90210-Z"))])
    parcel = codes.parcel(reference)
    assert parcel is not None
    codes.delegates.name(parcel.holder_id, Person(NEIGHBOUR), clock() + timedelta(days=1))
    for message in codes.outbox.claim_due(clock(), limit=10, lease=timedelta(minutes=1)):
        codes.outbox.mark_sent(message, clock(), f"250 queued for <{EMAIL}>")
    ticket = codes.ticket_of(parcel.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    assert codes.present(driver.presentation(ticket.code.payload, reference, now=clock())).accepted


def everything(codes: DeliveryCodes, folder: Path) -> bytes:
    """Return every byte that is kept: all files of SQLite and a backup, or all rows of all tables."""
    if codes.database.is_sqlite:
        back_up(codes.database, codes.ring, folder / f"backup-{codes.clock():%H%M%S%f}", codes.clock())
        store = Path(codes.database.url.database or "")
        return b"".join(path.read_bytes() for path in [*store.parent.rglob("*"), *folder.rglob("*")] if path.is_file())
    with codes.database.reading() as connection:
        return repr([connection.execute(sa.select(each)).all() for each in tables.metadata.sorted_tables]).encode()


@pytest.mark.parametrize("by", ["reference", "email"])
def test_an_erased_person_is_in_no_byte_and_the_proof_still_holds(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, tmp_path: Path, by: str
) -> None:
    for number in range(20):
        handed_over(codes, driver, clock, f"P-{number}")
    codes.log.seal()
    kept = everything(codes, tmp_path / "before")
    assert [needle for needle in NEEDLES if needle.encode() not in kept] == []
    if by == "email":
        erased = codes.erasing.erase_address(EMAIL.upper())
        assert erased.persons == 40
    else:
        assert [codes.erasing.erase_parcel(f"P-{number}").persons for number in range(20)] == [2] * 20
    kept = everything(codes, tmp_path / "after")
    assert [needle for needle in NEEDLES if needle.encode() in kept] == []
    proved = verify_proof(codes.proofs.of("P-1"), codes.log.key.public_key())
    assert proved.grade is Grade.SYMBOL_AND_LABEL
    parcel = codes.parcel("P-1")
    assert parcel is not None
    assert parcel.recipient is None
    assert codes.events(parcel.parcel_id)[-1].kind is EventKind.ERASED


def test_a_supervisors_reason_is_erased_too(
    codes: DeliveryCodes, announce: Callable[..., ShownCode], tmp_path: Path
) -> None:
    announce("P-1")
    for name in ("first", "second"):
        codes.access.add_staff(name, f"password of {name}", Role.SUPERVISOR)
    first, second = (codes.access.member_by_password(name, f"password of {name}") for name in ("first", "second"))
    assert first is not None
    assert second is not None
    codes.visits.hand_over_supervised("P-1", first, second, "Zerlina Mustermann lost her phone")
    codes.erasing.erase_parcel("P-1")
    assert b"Zerlina" not in everything(codes, tmp_path / "after")
    assert verify_proof(codes.proofs.of("P-1"), codes.log.key.public_key()).grade is Grade.SUPERVISED


def test_a_ticket_dies_with_its_person_and_an_open_parcels_code_with_it(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    code = announce("P-1")
    (message,) = codes.outbox.claim_due(clock(), limit=1, lease=timedelta(minutes=1))
    notice = codes.notice(message.id)
    assert notice is not None
    codes.erasing.erase_parcel("P-1")
    assert codes.ticket(notice.ticket_key) is None
    assert not codes.present(driver.presentation(code.payload, "P-1", now=clock())).accepted
    assert codes.erasing.erase_parcel("P-1").persons == 0, "a second time there is nobody"


def test_persons_are_kept_as_long_as_the_settings_say_and_not_longer(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    handed_over(codes, driver, clock)
    announce("NEVER")
    clock.turn(timedelta(days=90))
    assert codes.erasing.purge().persons == 0
    clock.turn(timedelta(seconds=1))
    assert codes.erasing.purge().persons == 2
    assert codes.erasing.purge().persons == 0
    clock.turn(timedelta(days=30))
    assert codes.erasing.purge().persons == 1, "a code that nobody used has expired ninety days ago"
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(tables.messages)).all() == []


def test_a_contested_parcel_is_kept_until_it_was_answered(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock
) -> None:
    handed_over(codes, driver, clock)
    parcel = codes.parcel("P-1")
    assert parcel is not None
    codes.contests.contest(parcel.holder_id, ReportKind.NOT_RECEIVED)
    codes.contests.contest(parcel.holder_id, ReportKind.NOT_RECEIVED)
    clock.turn(timedelta(days=91))
    assert codes.erasing.purge().persons == 0
    (report,) = codes.contests.of(parcel.parcel_id)
    assert codes.contests.open_among([parcel.parcel_id]) == {parcel.parcel_id}
    codes.access.add_staff("Sample Member", "a long password", Role.DISPATCHER)
    member = codes.access.member_by_password("Sample Member", "a long password")
    assert member is not None
    with pytest.raises(CannotAnswer):
        codes.contests.answer(report.report_id, member, "  no  ")
    codes.contests.answer(report.report_id, member, "We looked into it and pay for the parcel.")
    with pytest.raises(CannotAnswer):
        codes.contests.answer(report.report_id, member, "Another answer to the same report.")
    (answered,) = codes.contests.of(parcel.parcel_id)
    assert (answered.answered_by, answered.answer) == ("Sample Member", "We looked into it and pay for the parcel.")
    assert codes.contests.open_among([parcel.parcel_id]) == set()
    kinds = [event.kind for event in codes.events(parcel.parcel_id)]
    assert kinds.count(EventKind.REPORTED) == 1
    assert kinds[-1] is EventKind.REPORT_ANSWERED
    told = [message.kind for message in codes.outbox.listed(limit=9)]
    assert {MessageKind.REPORTED, MessageKind.REPORT_ANSWERED} <= set(told)
    assert codes.erasing.purge().persons == 2


def test_only_a_handover_can_be_contested_and_only_for_its_time(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("WAITS")
    handed_over(codes, driver, clock)
    waiting, done = codes.parcel("WAITS"), codes.parcel("P-1")
    assert waiting is not None
    assert done is not None
    with pytest.raises(CannotContest):
        codes.contests.contest(waiting.holder_id, ReportKind.NOT_RECEIVED)
    clock.turn(timedelta(days=14, seconds=1))
    with pytest.raises(CannotContest):
        codes.contests.contest(done.holder_id, ReportKind.OPENED)


def test_no_log_names_anybody(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        handed_over(codes, driver, clock)
        codes.erasing.erase_address(EMAIL)
        codes.erasing.purge()
    assert [needle for needle in NEEDLES if needle in caplog.text] == []
    assert HolderKind.RECIPIENT.value not in caplog.text
