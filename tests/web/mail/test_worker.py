"""The mail worker between a real outbox and a real SMTP server."""

from __future__ import annotations

import itertools
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import report
from codes.life.history import history_by_address
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import Announcement, Channel, Person, ReportKind
from codes.recipients.outbox import ListedMessage, claim_due, listed_messages
from codes.recipients.tickets import Notice, notice_of_message
from codes.service import DeliveryCodes
from codes.store.database import CommitInDoubt
from codes.values.tracking_numbers import TEST_PARCELS
from tests.parts.calls import PAGES
from tests.parts.clock import TurnableClock
from tests.parts.servers.smtp_server import SmtpServer
from web.mail.channels import MailChannel
from web.mail.delivery import Delivery, SmtpSender
from web.mail.mail_worker import LEASE, TOGETHER, WAITS, MailWorker, wait_after
from web.mail.settings import MailSettings, SmtpSettings


@pytest.fixture
def worker(
    codes: DeliveryCodes, mail_settings: MailSettings, smtp_server: SmtpServer, clock: TurnableClock
) -> MailWorker:
    smtp = SmtpSettings.model_validate({"host": smtp_server.host, "port": smtp_server.port, "security": "none"})
    sender = SmtpSender(smtp, password=None, own_name="codes.example.org")
    return MailWorker(codes, {Channel.MAIL: MailChannel(sender, mail_settings, PAGES)})


def announce(codes: DeliveryCodes, number: int = 1, email: str | None = "ada@example.com") -> None:
    codes.announce([Announcement(reference=f"PARCEL{number}", recipient=Person("Ada", email, "en"))])


def listed(codes: DeliveryCodes) -> list[ListedMessage]:
    return codes.read(listed_messages, limit=100)


def events_of_first_parcel(codes: DeliveryCodes) -> list[str]:
    parcel = codes.read(find_parcel, "PARCEL1")
    assert parcel is not None
    return [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]


def test_nothing_of_a_test_parcel_leaves_the_house(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    announce(codes)
    codes.announce([Announcement(f"{TEST_PARCELS}1", Person("Ada", "ada@example.com", "en"))])
    codes.write(mark_out_for_delivery, f"{TEST_PARCELS}1")
    codes.write(report, f"{TEST_PARCELS}1", ReportKind.LOST, "sender")
    while worker.deliver_due():
        pass
    assert [message.reference for message in listed(codes) if message.sent_at is None] == []
    of_test = [message for message in listed(codes) if message.reference.startswith(TEST_PARCELS)]
    assert len(of_test) >= 2
    assert {message.last_reply for message in of_test} == {"a test parcel: not sent"}
    assert len(smtp_server.messages) == len(listed(codes)) - len(of_test) == 1
    # What was tried out says nothing of the recipient.
    assert codes.read(history_by_address, ["ada@example.com"]) == {}


def test_each_announced_parcel_is_written_of_once(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    for number in range(25):
        announce(codes, number)
    while worker.deliver_due():
        pass
    assert len(smtp_server.messages) == 25
    assert len({message["Message-ID"] for message in smtp_server.messages}) == 25
    assert all(message.sent_at and message.last_reply == "250 OK queued as 4711" for message in listed(codes))


def test_what_is_due_together_goes_over_one_connection(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    for number in range(TOGETHER):
        announce(codes, number)
    assert worker.deliver_due() == TOGETHER
    assert (len(smtp_server.messages), smtp_server.connections) == (TOGETHER, 1)


def test_a_greylist_lets_the_same_message_in_at_the_second_try(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    smtp_server.behaviour.greylists = True
    announce(codes)
    worker.deliver_due()
    assert listed(codes)[0].last_reply == "450 4.7.1 Greylisted, come again"
    clock.turn(WAITS[0])
    worker.deliver_due()
    assert len(smtp_server.messages) == 1


def test_the_servers_answer_is_kept_as_evidence(worker: MailWorker, codes: DeliveryCodes) -> None:
    announce(codes)
    worker.deliver_due()
    assert events_of_first_parcel(codes)[-1] == "mail_handed_to_smtp"


def test_a_message_waits_longer_and_longer_and_is_never_given_up(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    smtp_server.behaviour.to_recipient = "451 Try again later"
    announce(codes)
    for wait in (*WAITS, WAITS[-1], WAITS[-1]):
        assert worker.deliver_due() == 1
        clock.turn(wait - timedelta(seconds=1))
        assert worker.deliver_due() == 0
        clock.turn(timedelta(seconds=1))
    smtp_server.behaviour.to_recipient = "250 OK"
    assert worker.deliver_due() == 1
    assert len(smtp_server.messages) == 1


def test_the_first_wait_is_half_a_minute_and_the_last_a_few_hours() -> None:
    assert wait_after(1) == timedelta(seconds=30)
    assert wait_after(2) == timedelta(minutes=2)
    assert wait_after(len(WAITS)) == wait_after(len(WAITS) + 1) == wait_after(1000) == WAITS[-1]


def test_a_mailbox_that_is_not_there_is_named_and_not_tried_again(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    smtp_server.behaviour.to_recipient = "550 No such mailbox"
    announce(codes)
    worker.deliver_due()
    clock.turn(timedelta(days=30))
    assert worker.deliver_due() == 0
    (message,) = listed(codes)
    assert message.failed_at is not None
    assert message.last_reply == "550 No such mailbox"
    assert events_of_first_parcel(codes)[-1] == "mail_failed"


@pytest.mark.parametrize("address", [None, "not an address", "ada@example.com\nBcc: thief@example.net"])
def test_a_message_to_nowhere_does_not_hold_up_the_next(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, address: str | None
) -> None:
    announce(codes, 1, address)
    announce(codes, 2)
    while worker.deliver_due():
        pass
    assert [message["To"].addresses[0].addr_spec for message in smtp_server.messages] == ["ada@example.com"]


def test_a_worker_that_dies_between_sending_and_recording_sends_again_under_the_same_name(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    announce(codes)
    smtp_server.behaviour.hang_up_after_message = True  # the server has it, and we never learn that
    worker.deliver_due()
    smtp_server.behaviour.hang_up_after_message = False
    clock.turn(WAITS[0])
    worker.deliver_due()
    first, second = smtp_server.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_a_claim_of_a_worker_that_died_is_taken_over(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    announce(codes)
    assert len(codes.write(claim_due, limit=10, lease=LEASE)) == 1
    assert worker.deliver_due() == 0
    clock.turn(LEASE)
    assert worker.deliver_due() == 1
    assert len(smtp_server.messages) == 1


def test_a_server_too_slow_for_all_gets_the_rest_later_before_another_worker_takes_it(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    smtp_server.behaviour.seconds_before_answer = 0.3
    for number in range(3):
        announce(codes, number)
    hasty = replace(worker, lease=timedelta(seconds=0.4))
    assert hasty.deliver_due() == 3
    assert len(smtp_server.messages) < 3
    waiting = [message for message in listed(codes) if message.sent_at is None]
    assert {message.last_reply for message in waiting} == {"the server is too slow for so many messages"}
    smtp_server.behaviour.seconds_before_answer = 0.0
    clock.turn(WAITS[0])
    worker.deliver_due()
    assert len(smtp_server.messages) == len({message["Message-ID"] for message in smtp_server.messages}) == 3


def away_at(codes: DeliveryCodes, nth: int) -> None:
    """Let the database be away when a transaction changes messages for the nth time, and be there again then."""
    count = itertools.count(1)

    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE messages") and next(count) == nth:
            raise sa.exc.OperationalError(statement, {}, sqlite3.OperationalError("disk I/O error"))

    sa.event.listen(codes.database.engine, "before_cursor_execute", fail)


def test_what_could_not_be_recorded_is_recorded_later_and_those_behind_it_are_sent_at_once(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    for number in range(3):
        announce(codes, number)
    away_at(codes, 2)
    assert worker.deliver_due() == 3
    assert len(smtp_server.messages) == 3
    assert all(message.sent_at is not None for message in listed(codes))


def test_what_was_claimed_without_anybody_knowing_is_not_left_until_the_lease_ends(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    announce(codes)
    first = itertools.count()

    def doubt(connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE messages") and next(first) == 0:
            connection.info["doubts"].append("the standby was not waited for")

    sa.event.listen(codes.database.engine, "before_cursor_execute", doubt)
    with pytest.raises(CommitInDoubt):
        worker.deliver_due()
    assert worker.deliver_due() == 1
    assert len(smtp_server.messages) == 1


def test_two_workers_at_once_send_each_message_once(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    for number in range(40):
        announce(codes, number)

    def work() -> None:
        while worker.deliver_due():
            pass

    workers = [threading.Thread(target=work) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert len(smtp_server.messages) == len({message["Message-ID"] for message in smtp_server.messages}) == 40


def test_a_message_that_cannot_be_written_waits_and_its_code_stays_out_of_the_log(
    worker: MailWorker,
    codes: DeliveryCodes,
    clock: TurnableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    announce(codes)
    (message,) = listed(codes)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    assert notice.ticket.code is not None
    digits = notice.ticket.code.digits

    class Unwritable:
        @contextmanager
        def session(self) -> Iterator[Unwritable]:
            yield self

        def send(self, _notice: Notice) -> Delivery:
            raise RuntimeError(f"cannot write {digits}")

    with caplog.at_level(logging.DEBUG):
        MailWorker(codes, {Channel.MAIL: Unwritable()}).deliver_due()
    assert "RuntimeError" in caplog.text
    assert digits not in caplog.text
    (message,) = listed(codes)
    assert message.due_at == clock() + WAITS[0]
    assert message.last_reply == "RuntimeError"


def test_the_log_holds_no_code(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    announce(codes)
    (message,) = listed(codes)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    assert notice.ticket.code is not None
    with caplog.at_level(logging.DEBUG):
        smtp_server.behaviour.to_message = "452 Disk is full"
        worker.deliver_due()
    # The test's SMTP server, in the same process, logs what it is sent; that is not our log.
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    assert "has to wait: 452" in ours
    for secret in (notice.ticket.code.digits, notice.ticket.code.payload, notice.ticket_key):
        assert secret not in ours


def test_the_running_worker_waits_out_a_broken_store_and_stops_when_told(
    worker: MailWorker, codes: DeliveryCodes, smtp_server: SmtpServer
) -> None:
    announce(codes)
    with codes.database.writing() as connection:
        connection.execute(sa.text("ALTER TABLE messages RENAME TO mislaid"))
    stop = threading.Event()
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    try:
        stop.wait(0.3)
        with codes.database.writing() as connection:
            connection.execute(sa.text("ALTER TABLE mislaid RENAME TO messages"))
        while not smtp_server.envelopes:
            stop.wait(0.02)
    finally:
        stop.set()
        running.join()
    assert len(smtp_server.messages) == 1
