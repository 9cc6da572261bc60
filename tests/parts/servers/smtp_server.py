"""A real SMTP server on a free port; it can also refuse, delay, or hang up."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

READY_WITHIN_SECONDS = 30


@dataclass
class Behaviour:
    """What the server answers at each step; an answer is text such as ``550 No such mailbox``."""

    to_sender: str = "250 OK"
    to_recipient: str = "250 OK"
    to_message: str = "250 OK queued as 4711"
    hang_up_after_message: bool = False
    hang_up_in_message: bool = False
    messages_a_connection: int | None = None
    greylists: bool = False
    seconds_before_answer: float = 0.0
    seconds_after_taking: float = 0.0
    knows_utf8_addresses: bool = True
    user: str | None = None
    password: str | None = None


@dataclass
class SmtpServer:
    """A running server and what it has taken."""

    behaviour: Behaviour
    host: str = ""
    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    sign_ins: list[bool] = field(default_factory=list)
    connections: int = 0
    greylisted: set[str] = field(default_factory=set)

    @property
    def messages(self) -> list[EmailMessage]:
        """Return the messages as another program would read them from their bytes."""
        return [
            email.message_from_bytes(_content(envelope), policy=email.policy.default) for envelope in self.envelopes
        ]


@dataclass
class _Handler:
    """What aiosmtpd calls. It looks through all attributes at each connection, so here is nothing else."""

    house: SmtpServer

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer MAIL FROM; a server may say at any time that it takes no more on this connection."""
        most = self.house.behaviour.messages_a_connection
        if most is not None and isinstance(server, _Server) and server.taken >= most:
            return "421 Enough for one connection"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.house.behaviour.to_sender

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer RCPT TO; a greylist lets in who comes a second time."""
        if self.house.behaviour.greylists and address not in self.house.greylisted:
            self.house.greylisted.add(address)
            return "450 4.7.1 Greylisted, come again"
        if self.house.behaviour.to_recipient.startswith("25"):
            envelope.rcpt_tos.append(address)
        return self.house.behaviour.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the message, or do what the test asked for."""
        if isinstance(server, _Server):
            server.taken += 1
        await asyncio.sleep(self.house.behaviour.seconds_before_answer)
        if self.house.behaviour.to_message.startswith("25"):
            self.house.envelopes.append(envelope)
            await asyncio.sleep(self.house.behaviour.seconds_after_taking)
        if self.house.behaviour.hang_up_after_message:
            _cut(server)
        return self.house.behaviour.to_message

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Let in who knows the name and the password."""
        expected = (self.house.behaviour.user, self.house.behaviour.password)
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == expected
        self.house.sign_ins.append(known)
        return AuthResult(success=known, handled=False)


class _Server(SMTP):
    """One connection; it can break off in the middle of a message."""

    house: SmtpServer
    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count connections; the same one is made again when it turns to TLS."""
        self.house.connections += self.transport is None
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take the text, or break off in it."""
        if not self.house.behaviour.hang_up_in_message:
            await super().smtp_DATA(arg)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self._reader.readuntil(b"\r\n")
        _cut(self)


def _cut(server: SMTP) -> None:
    """End the connection without a word."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


class _OnAFreePort(Controller):
    """A controller that lets the system choose the port."""

    def factory(self) -> SMTP:
        """Make the server for one connection."""
        server = _Server(self.handler, **self.SMTP_kwargs)
        server.house = self.handler.house
        return server

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def running_smtp_server(
    behaviour: Behaviour | None = None, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> Iterator[SmtpServer]:
    """Run a server until the block ends."""
    house = SmtpServer(behaviour or Behaviour())
    handler = _Handler(house)
    controller = _OnAFreePort(
        handler,
        hostname="127.0.0.1",
        server_hostname="mail.example.org",  # or it would ask the DNS for its name at each connection
        port=0,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        enable_SMTPUTF8=house.behaviour.knows_utf8_addresses,
        authenticator=handler.authenticate if house.behaviour.user else None,
        auth_require_tls=tls is None,
        ready_timeout=READY_WITHIN_SECONDS,
    )
    controller.start()
    try:
        house.host, house.port = "127.0.0.1", controller.port
        house.connections = 0  # the controller has called to see whether it answers
        yield house
    finally:
        controller.stop()


def _content(envelope: Envelope) -> bytes:
    content = envelope.content
    return content if isinstance(content, bytes) else str(content).encode()
