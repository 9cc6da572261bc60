"""Handing a message to a real SMTP server, which takes it, refuses it, or vanishes."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.parts.servers.smtp_server import Behaviour, SmtpServer, running_smtp_server
from web.mail.addresses import mailbox
from web.mail.compose import MAIL
from web.mail.delivery import Delivered, PermanentFailure, SmtpSender, TemporaryFailure
from web.mail.headers import mailbox_header
from web.mail.settings import Security, SmtpSettings
from web.processes.tls import ensure_certificate

PASSWORD = "correct horse battery staple"


def letter(to: object = None) -> EmailMessage:
    message = EmailMessage(policy=MAIL)
    message["From"] = Address("Paketdienst Größe", "codes", "example.org")
    message["To"] = to or Address("Ada", "ada", "example.com")
    message["Subject"] = "Zustellcode"
    message["Message-ID"] = "<1@example.org>"
    message.set_content("Grüße\n.\n483920\n", cte="quoted-printable")
    return message


def sender_to(server: SmtpServer, password: str | None = None, **settings: object) -> SmtpSender:
    values = {"host": server.host, "port": server.port, "security": "none", "timeout_seconds": 20} | settings
    return SmtpSender(SmtpSettings.model_validate(values), password=password, own_name="codes.example.org")


@pytest.fixture
def secure(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server needs for TLS, and what a client needs to trust it."""
    paths = ensure_certificate(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths.certificate, paths.key)
    return context, paths.certificate


def test_a_message_arrives_as_it_was_written(smtp_server: SmtpServer) -> None:
    assert sender_to(smtp_server).send(letter()) == Delivered("250 OK queued as 4711")
    (message,) = smtp_server.messages
    (envelope,) = smtp_server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("codes@example.org", ["ada@example.com"])
    assert message.get_content().splitlines() == ["Grüße", ".", "483920"]
    assert message["From"].addresses[0].display_name == "Paketdienst Größe"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour(to_recipient="550 No such mailbox"), PermanentFailure("550 No such mailbox")),
        (Behaviour(to_recipient="451 Greylisted"), TemporaryFailure("451 Greylisted")),
        (Behaviour(to_message="554 Not wanted"), PermanentFailure("554 Not wanted")),
        (Behaviour(to_message="452 Disk is full"), TemporaryFailure("452 Disk is full")),
        # Our own address is refused: a setting of ours is wrong, and no message may be lost for that.
        (Behaviour(to_sender="550 Who are you"), TemporaryFailure("550 Who are you")),
    ],
)
def test_a_refusal_is_for_now_or_for_good(behaviour: Behaviour, expected: object) -> None:
    with running_smtp_server(behaviour) as server:
        assert sender_to(server).send(letter()) == expected
        assert server.messages == []


def test_a_server_that_hangs_up_before_its_answer_is_tried_again(smtp_server: SmtpServer) -> None:
    smtp_server.behaviour.hang_up_after_message = True
    assert isinstance(sender_to(smtp_server).send(letter()), TemporaryFailure)


def test_a_server_that_does_not_answer_in_time_is_tried_again(smtp_server: SmtpServer) -> None:
    smtp_server.behaviour.seconds_before_answer = 30
    assert isinstance(sender_to(smtp_server, timeout_seconds=0.5).send(letter()), TemporaryFailure)


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = SmtpServer(Behaviour(), "127.0.0.1", listener.getsockname()[1])
    delivery = sender_to(gone).send(letter())
    assert isinstance(delivery, TemporaryFailure)
    assert "ConnectionRefusedError" in delivery.reason


def test_a_host_without_address_is_tried_again(smtp_server: SmtpServer) -> None:
    assert isinstance(sender_to(smtp_server, host="mail.invalid").send(letter()), TemporaryFailure)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_message_travels_unreadable_and_we_sign_in(secure: tuple[ssl.SSLContext, Path], security: Security) -> None:
    context, trusted = secure
    behaviour = Behaviour(user="codes", password=PASSWORD)
    tls, starttls = (context, None) if security is Security.TLS else (None, context)
    with running_smtp_server(behaviour, tls=tls, starttls=starttls) as server:
        sender = sender_to(server, PASSWORD, security=security, user="codes", ca_file=trusted)
        assert sender.send(letter()) == Delivered("250 OK queued as 4711")
        assert server.sign_ins == [True]


def test_a_wrong_password_loses_no_message_and_is_told_to_nobody(secure: tuple[ssl.SSLContext, Path]) -> None:
    context, trusted = secure
    with running_smtp_server(Behaviour(user="codes", password=PASSWORD), starttls=context) as server:
        delivery = sender_to(server, "wrong", security="starttls", user="codes", ca_file=trusted).send(letter())
    assert isinstance(delivery, TemporaryFailure)
    assert "wrong" not in delivery.reason


def test_nothing_is_sent_in_the_clear_where_starttls_was_asked_for(smtp_server: SmtpServer) -> None:
    delivery = sender_to(smtp_server, security="starttls").send(letter())
    assert isinstance(delivery, TemporaryFailure)
    assert smtp_server.messages == []


def test_nothing_is_sent_to_a_server_whose_certificate_is_not_trusted(secure: tuple[ssl.SSLContext, Path]) -> None:
    context, _trusted = secure
    with running_smtp_server(starttls=context) as server:
        delivery = sender_to(server, security="starttls").send(letter())
        assert isinstance(delivery, TemporaryFailure)
        assert "CERTIFICATE_VERIFY_FAILED" in delivery.reason
        assert server.messages == []


def test_an_address_beyond_ascii_arrives(smtp_server: SmtpServer) -> None:
    to = mailbox_header("To", "Jürgen", mailbox("jürgen@bücher.example"))
    assert isinstance(sender_to(smtp_server).send(letter(to)), Delivered)
    (envelope,) = smtp_server.envelopes
    assert envelope.rcpt_tos == ["jürgen@xn--bcher-kva.example"]


def test_an_address_beyond_ascii_fails_for_good_at_a_server_that_knows_none() -> None:
    with running_smtp_server(Behaviour(knows_utf8_addresses=False)) as server:
        delivery = sender_to(server).send(letter(mailbox_header("To", "Jürgen", mailbox("jürgen@example.com"))))
    assert isinstance(delivery, PermanentFailure)
    assert "RFC 6531" in delivery.reason


def test_many_messages_share_one_connection_whatever_becomes_of_one(smtp_server: SmtpServer) -> None:
    with sender_to(smtp_server).session() as session:
        assert isinstance(session.send(letter(), "bounces+1@example.org"), Delivered)
        smtp_server.behaviour.to_recipient = "550 No such mailbox"
        assert isinstance(session.send(letter()), PermanentFailure)
        smtp_server.behaviour.to_recipient = "250 OK"
        smtp_server.behaviour.to_message = "452 Disk is full"
        assert isinstance(session.send(letter()), TemporaryFailure)
        smtp_server.behaviour.to_message = "250 OK"
        assert isinstance(session.send(letter()), Delivered)
    assert [envelope.mail_from for envelope in smtp_server.envelopes] == ["bounces+1@example.org", "codes@example.org"]
    assert smtp_server.connections == 1


def test_a_server_that_takes_only_some_messages_a_connection_gets_them_all(smtp_server: SmtpServer) -> None:
    smtp_server.behaviour.messages_a_connection = 2
    with sender_to(smtp_server).session() as session:
        assert [type(session.send(letter())) for _ in range(5)] == [Delivered] * 5
    assert (len(smtp_server.envelopes), smtp_server.connections) == (5, 3)


def test_a_connection_that_breaks_in_a_message_is_made_anew_for_the_next(smtp_server: SmtpServer) -> None:
    with sender_to(smtp_server).session() as session:
        smtp_server.behaviour.hang_up_in_message = True
        assert isinstance(session.send(letter()), TemporaryFailure)
        smtp_server.behaviour.hang_up_in_message = False
        assert isinstance(session.send(letter()), Delivered)
    assert (len(smtp_server.envelopes), smtp_server.connections) == (1, 2)


def test_a_server_that_is_not_there_is_called_once_a_session() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = SmtpServer(Behaviour(), "127.0.0.1", listener.getsockname()[1])
    with sender_to(gone).session() as session:
        first = session.send(letter())
        assert session.send(letter()) is first
