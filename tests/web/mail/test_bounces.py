"""Mails that came back are read, from whoever wrote them, and noted once."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codes.auditing.audit import audit
from codes.delivering.delivery_day import missed_among
from codes.life.parcel_records import ParcelRecord, events_of_parcel, find_parcel
from codes.model import Announcement, Channel, EventKind, MessageKind, Person
from codes.recipients.outbox import claim_due, listed_messages, mark_failed_for_now, mark_sent
from codes.service import DeliveryCodes
from tests.parts.calls import PAGES
from tests.parts.clock import TurnableClock
from tests.parts.mails.returned_mail import (
    ABSENT,
    COLON,
    COMPLAINT,
    EXIM,
    GIVEN_UP,
    OURS,
    QMAIL,
    READ_RECEIPT,
    TORN,
    WAITING,
    WARNING,
    WITHOUT_A_CODE,
    letter,
    report,
)
from tests.parts.servers.smtp_server import SmtpServer
from web.mail.channels import MailChannel
from web.mail.delivery import SmtpSender
from web.mail.mail_worker import MailWorker
from web.mail.returned.bounces import Fate, NoBounce, read_bounce
from web.mail.returned.folder import LARGEST, ReturnedMails
from web.mail.settings import BounceSettings, MailSettings, SmtpSettings

MARKED = f"bounces+{UUID(OURS).hex}@example.org"


@pytest.mark.parametrize(
    ("data", "fate", "status"),
    [
        (report(), Fate.LOST, "5.1.1"),
        (report(returned="message/rfc822"), Fate.LOST, "5.1.1"),
        (report(returned=None, to=MARKED), Fate.LOST, "5.1.1"),
        (report(action="Failed (final)", status="5.7.1 (refused)"), Fate.LOST, "5.7.1"),
        # After days of tries the server has given up: nothing of it is for now, whatever the class says.
        (report(action="failed", status="4.4.7"), Fate.LOST, "4.4.7"),
        (report(action="delayed", status="4.4.1"), Fate.DELAYED, "4.4.1"),
        (report(action="", status="4.2.2"), Fate.DELAYED, "4.2.2"),
        (report(action="", status="5.2.2"), Fate.LOST, "5.2.2"),
        (report(action="delivered", status="2.0.0"), Fate.DELIVERED, "2.0.0"),
        (letter(QMAIL), Fate.LOST, "5.1.1"),
        (letter(EXIM, more="X-Failed-Recipients: ada@example.com\n"), Fate.LOST, "5.0.0"),
        (letter("Delivery failed: 550 5.2.1 account closed", to=MARKED), Fate.LOST, "5.2.1"),
        (letter(WAITING), Fate.DELAYED, "4.2.2"),
        # Whatever the last server said for now, the program has given up; and the other way round.
        (letter(GIVEN_UP), Fate.LOST, "4.2.2"),
        (letter(WARNING), Fate.DELAYED, "5.0.0"),
        (letter(WITHOUT_A_CODE), Fate.LOST, "5.0.0"),
        (letter(WITHOUT_A_CODE, author="MAILER-DAEMON <>"), Fate.LOST, "5.0.0"),
        (letter(WITHOUT_A_CODE, author="Mail Delivery System <>"), Fate.LOST, "5.0.0"),
        (letter(WITHOUT_A_CODE, author="<>"), Fate.LOST, "5.0.0"),
        (letter(WITHOUT_A_CODE, more="Content-Type: text/html\n"), Fate.LOST, "5.0.0"),
        (letter("We could not deliver your message.", to=MARKED), Fate.LOST, "5.0.0"),
        (report(action="", status=""), Fate.LOST, "5.0.0"),
        (letter(COLON), Fate.LOST, "5.0.0"),
        (letter(TORN, more="Content-Type: multipart/report; boundary=torn\n"), Fate.LOST, "4.4.7"),
        (
            letter("Die Gruppe gibt es nicht.", more="X-Failed-Recipients: ada@example.com\n", to=MARKED),
            Fate.LOST,
            "5.0.0",
        ),
        (report(action="expired", status=""), Fate.LOST, ""),
    ],
)
def test_a_returned_mail_names_its_message_and_what_became_of_it(data: bytes, fate: Fate, status: str) -> None:
    bounce = read_bounce(data)
    assert (bounce.message_id, bounce.fate, bounce.status) == (UUID(OURS), fate, status)
    assert "483920" not in bounce.words


@pytest.mark.parametrize(
    "data",
    [
        b"",
        report(message_id=str(uuid4())),  # version 4: no id of ours
        report(returned=None),
        letter("550 5.1.1 no such user"),
        letter(ABSENT, author="Ada <ada@example.com>"),
        letter(ABSENT, author="Ada <ada@example.com>", to=MARKED),
        letter("We thank you for your message.", to=MARKED, subject="Hello"),
        letter("It was deleted unread.", author="Ada <ada@example.com>", more=READ_RECEIPT, to=MARKED),
        letter("This is spam: 550.", author="Abuse desk <abuse@example.com>", more=COMPLAINT, to=MARKED),
        letter("-" * 300_000, to=MARKED, subject="Hello"),  # not in the square of a line's length
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 3000,
    ],
)
def test_what_is_no_returned_mail_of_ours_is_not_taken_for_one(data: bytes) -> None:
    with pytest.raises(NoBounce):
        read_bounce(data)


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(min_value=0, max_value=900))
def test_a_mangled_mail_is_read_or_refused(noise: bytes, place: int) -> None:
    data = report(returned="message/rfc822")
    try:
        read_bounce(data[:place] + noise + data[place:])
    except NoBounce:
        return


@pytest.fixture
def parcel(codes: DeliveryCodes) -> ParcelRecord:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.com", "en"))])
    found = codes.read(find_parcel, "P-1")
    assert found is not None
    return found


@pytest.fixture
def returned(codes: DeliveryCodes, tmp_path: Path, clock: TurnableClock) -> ReturnedMails:
    folder = tmp_path / "returned"
    folder.mkdir()
    return ReturnedMails(folder, codes)


def sent(codes: DeliveryCodes, clock: TurnableClock) -> UUID:
    (message,) = codes.write(claim_due, limit=10, lease=timedelta(minutes=10))
    codes.write(mark_sent, message, "250 OK")
    return message.id


def missed(codes: DeliveryCodes, parcel: ParcelRecord) -> bool:
    return codes.read(missed_among, [parcel.parcel_id]) == {parcel.parcel_id}


def test_a_mail_that_came_back_stands_in_the_chain_and_its_code_will_not_be_there(
    codes: DeliveryCodes, parcel: ParcelRecord, returned: ReturnedMails, clock: TurnableClock
) -> None:
    message_id = sent(codes, clock)
    assert not missed(codes, parcel)
    clock.turn(timedelta(minutes=5))
    (returned.folder / "1.eml").write_bytes(report(str(message_id)))
    assert returned.read_all() == 1
    assert missed(codes, parcel)
    (message,) = codes.read(listed_messages, limit=10)
    assert message.failed_at == clock()
    assert message.last_reply == "5.1.1 550 5.1.1 <ada@example.com>: user unknown"
    event = codes.read(events_of_parcel, parcel.parcel_id)[-1]
    assert (event.kind, event.facts) == (EventKind.MAIL_BOUNCED, {"message": "code_issued", "status": "5.1.1"})
    assert [path.name for path in (returned.folder / "done").iterdir()] == ["1.eml"]
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_returned_mail_sends_nothing_and_one_that_is_read_twice_counts_once(
    codes: DeliveryCodes, parcel: ParcelRecord, returned: ReturnedMails, clock: TurnableClock
) -> None:
    """Between noting and putting away the worker may die: the same file is found again."""
    message_id = sent(codes, clock)
    for name in ("1.eml", "2.eml"):
        (returned.folder / name).write_bytes(report(str(message_id)))
    assert returned.read_all() == 2
    (returned.folder / "done" / "1.eml").replace(returned.folder / "1.eml")
    returned.read_all()
    kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
    assert kinds.count(EventKind.MAIL_BOUNCED) == 1
    assert len(codes.read(listed_messages, limit=10)) == 1
    clock.turn(timedelta(days=30))
    assert codes.write(claim_due, limit=10, lease=timedelta(1)) == []


def test_a_delay_changes_nothing(
    codes: DeliveryCodes, parcel: ParcelRecord, returned: ReturnedMails, clock: TurnableClock
) -> None:
    (returned.folder / "1.eml").write_bytes(report(str(sent(codes, clock)), action="delayed", status="4.4.1"))
    assert returned.read_all() == 0
    assert not missed(codes, parcel)
    assert codes.read(events_of_parcel, parcel.parcel_id)[-1].kind is EventKind.MAIL_HANDED_TO_SMTP


def test_a_mail_that_came_back_before_its_worker_could_say_so_is_not_sent_again(
    codes: DeliveryCodes, parcel: ParcelRecord, returned: ReturnedMails, clock: TurnableClock
) -> None:
    (message,) = codes.write(claim_due, limit=10, lease=timedelta(minutes=10))
    (returned.folder / "1.eml").write_bytes(report(str(message.id)))
    assert returned.read_all() == 1
    codes.write(mark_failed_for_now, message, clock(), "the answer was lost")
    clock.turn(timedelta(days=1))
    assert codes.write(claim_due, limit=10, lease=timedelta(1)) == []
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_forged_or_unreadable_mail_is_put_aside_and_tells_nothing(
    codes: DeliveryCodes,
    parcel: ParcelRecord,
    returned: ReturnedMails,
    clock: TurnableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A stranger knows no message's id; nor does anybody who read it on a parcel or in the office."""
    sent(codes, clock)
    secret = returned.folder.parent / "secret"
    secret.write_bytes(report(OURS))
    (returned.folder / "1.eml").write_bytes(report(OURS))
    (returned.folder / "2.eml").write_bytes(report(str(parcel.parcel_id)) + report(str(parcel.holder_id)))
    (returned.folder / "3.eml").write_bytes(b"x" * (LARGEST + 1))
    (returned.folder / "4.eml").symlink_to(secret)
    os.mkfifo(returned.folder / "5.eml")
    (returned.folder / "draft.tmp").write_bytes(report(OURS))
    assert returned.read_all() == 0
    assert not missed(codes, parcel)
    assert sorted(path.name for path in (returned.folder / "unread").iterdir()) == [f"{n}.eml" for n in range(1, 6)]
    assert caplog.text.count("is no returned mail of ours") == 5
    assert secret.exists()


def test_a_maildir_is_read_too(
    codes: DeliveryCodes, parcel: ParcelRecord, returned: ReturnedMails, clock: TurnableClock
) -> None:
    for name in ("new", "cur", "tmp"):
        (returned.folder / name).mkdir()
    (returned.folder / "cur" / "1700000000.1.mx:2,S").write_bytes(report(str(sent(codes, clock))))
    (returned.folder / "tmp" / "half").write_bytes(report(OURS))
    assert returned.read_all() == 1
    assert not list((returned.folder / "cur").iterdir())
    assert list((returned.folder / "tmp").iterdir())


def test_each_message_leaves_under_an_address_of_its_own(
    codes: DeliveryCodes, mail_settings: MailSettings, smtp_server: SmtpServer, clock: TurnableClock
) -> None:
    house = mail_settings.model_copy(update={"bounces": BounceSettings(address="bounces@example.net")})
    smtp = SmtpSettings.model_validate({"host": smtp_server.host, "port": smtp_server.port, "security": "none"})
    sender = SmtpSender(smtp, password=None, own_name="codes.example.org")
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.com", "en"))])
    MailWorker(codes, {Channel.MAIL: MailChannel(sender, house, PAGES)}).deliver_due()
    (envelope,), (message,) = smtp_server.envelopes, codes.read(listed_messages, limit=10)
    assert envelope.mail_from == f"bounces+{message.id.hex}@example.net"
    assert message.kind is MessageKind.CODE_ISSUED
    assert read_bounce(report(returned=None, to=str(envelope.mail_from))).message_id == message.id
