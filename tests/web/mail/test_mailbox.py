"""Returned mails in a mailbox: read by IMAP over TLS, noted once, and moved away."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import Announcement, EventKind, Person
from codes.recipients.outbox import claim_due, mark_sent
from codes.service import DeliveryCodes
from tests.parts.clock import TurnableClock
from tests.parts.mails.returned_mail import OURS, report
from tests.parts.servers.imap_server import ImapServer, running_imap_server
from web.commands.checks.finding import State
from web.commands.checks.mailing import check_mailing
from web.mail.returned.folder import LARGEST
from web.mail.returned.mailbox import DONE, UNREAD, MailboxReturns, MailboxUnusable, places_of
from web.mail.settings import BounceSettings, ImapSettings, MailSettings
from web.processes.tls import ensure_certificate


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """What a client needs to trust the server."""
    return ensure_certificate(tmp_path / "tls", ["127.0.0.1"], datetime.now(UTC)).certificate


@pytest.fixture
def imap(certificate: Path) -> Iterator[ImapServer]:
    """A server with an empty mailbox."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with running_imap_server(context) as server:
        yield server


@pytest.fixture
def settings(imap: ImapServer, certificate: Path) -> ImapSettings:
    """How the server is reached."""
    return ImapSettings(host="127.0.0.1", port=imap.port, user="bounces", ca_file=certificate, timeout_seconds=20)


def sent(codes: DeliveryCodes, clock: TurnableClock) -> str:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.com", "en"))])
    (message,) = codes.write(claim_due, limit=10, lease=timedelta(minutes=10))
    codes.write(mark_sent, message, "250 OK")
    return str(message.id)


def bounced(codes: DeliveryCodes) -> int:
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    return [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)].count(EventKind.MAIL_BOUNCED)


def test_a_mailbox_is_read_once_and_emptied(
    codes: DeliveryCodes, clock: TurnableClock, imap: ImapServer, settings: ImapSettings
) -> None:
    returned = MailboxReturns(settings, imap.password, codes)
    assert returned.read_all() == 0
    mail = report(sent(codes, clock))
    imap.put(mail)
    imap.put(report(OURS))
    imap.put(b"x" * (LARGEST + 1))
    assert returned.read_all() == 1
    assert imap.mailboxes["INBOX"] == {}
    assert list(imap.mailboxes[DONE].values()) == [mail]
    assert len(imap.mailboxes[UNREAD]) == 2
    assert returned.read_all() == 0
    assert bounced(codes) == 1


def test_a_connection_that_breaks_before_the_end_leaves_no_double(
    codes: DeliveryCodes, clock: TurnableClock, imap: ImapServer, settings: ImapSettings
) -> None:
    returned = MailboxReturns(settings, imap.password, codes)
    imap.put(report(sent(codes, clock)))
    imap.hang_up_before_expunge = True
    with pytest.raises(MailboxUnusable):
        returned.read_all()
    assert len(imap.mailboxes["INBOX"]) == 1
    imap.hang_up_before_expunge = False
    returned.read_all()
    assert imap.mailboxes["INBOX"] == {}
    assert bounced(codes) == 1


def test_a_mailbox_that_cannot_be_used_is_said_and_checked(
    codes: DeliveryCodes, clock: TurnableClock, imap: ImapServer, settings: ImapSettings, mail_settings: MailSettings
) -> None:
    with pytest.raises(MailboxUnusable, match="wrong password"):
        MailboxReturns(settings, "wrong", codes).read_all()
    elsewhere = settings.model_copy(update={"mailbox": "Elsewhere"})
    with pytest.raises(MailboxUnusable, match="no such mailbox"):
        MailboxReturns(elsewhere, imap.password, codes).read_all()
    untrusting = settings.model_copy(update={"ca_file": None})
    with pytest.raises(ssl.SSLCertVerificationError):
        MailboxReturns(untrusting, imap.password, codes).read_all()
    for changed, password, state in (
        (settings, imap.password, State.OK),
        (settings, "wrong", State.MISSING),
        (untrusting, imap.password, State.MISSING),
    ):
        bounces = BounceSettings(imap=changed)
        smtp = {"host": "127.0.0.1", "port": 9, "security": "none"}
        document = mail_settings.model_dump() | {"smtp": smtp, "bounces": bounces.model_dump()}
        environment = {"DOORCODE_IMAP_PASSWORD": password}
        found = list(check_mailing(MailSettings.model_validate(document), environment, clock()))
        assert next(each.state for each in found if each.what == "returned mails") is state


def test_folder_and_mailbox_can_both_be_read(
    codes: DeliveryCodes, clock: TurnableClock, imap: ImapServer, settings: ImapSettings, tmp_path: Path
) -> None:
    both = BounceSettings(folder=tmp_path, imap=settings)
    places = places_of(both, {"DOORCODE_IMAP_PASSWORD": imap.password}, codes)
    mail = report(sent(codes, clock))
    imap.put(mail)
    (tmp_path / "1.eml").write_bytes(mail)
    assert [place.read_all() for place in places] == [1, 1]
    assert bounced(codes) == 1
    assert places_of(BounceSettings(), {}, codes) == []


@pytest.mark.parametrize("mailbox", ["", 'INBOX" x', "a\\b", "in\r\nbox", "Zurück"])
def test_a_mailbox_with_signs_that_end_a_command_is_refused(mailbox: str) -> None:
    with pytest.raises(ValidationError):
        ImapSettings(host="imap.example.org", user="bounces", mailbox=mailbox)
