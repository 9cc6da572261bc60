"""Hand one message to the SMTP server, and say what became of it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

from web.mail.settings import Security, SmtpSettings
from web.outside_text import one_line

# As much of a server's words as is worth keeping.
REPLY_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server has taken the message and answers for it (RFC 5321 §6.1)."""

    reply: str


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """Not now; the same message may be taken later, and not before the pause that the other side asked for."""

    reason: str
    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """Never; sending the same again is useless."""

    reason: str


Delivery = Delivered | TemporaryFailure | PermanentFailure


class SmtpSender:
    """Sends through one SMTP server. Its password stays in here and in no text."""

    def __init__(self, settings: SmtpSettings, *, password: str | None, own_name: str) -> None:
        self._settings = settings
        self._password = password
        self._own_name = own_name

    def send(self, message: EmailMessage) -> Delivery:
        """Send one message to its one recipient. Each expected ending is an answer, not an exception."""
        with self.session() as session:
            return session.send(message)

    @contextmanager
    def session(self) -> Iterator[SmtpSession]:
        """Give a session in which many messages share one connection. Not for two threads at once."""
        session = SmtpSession(self.connect)
        try:
            yield session
        finally:
            session.close()

    def connect(self) -> smtplib.SMTP:
        """Return a connection on which mail can be sent. Raises SMTPException or OSError."""
        settings = self._settings
        # The own name is given, or smtplib would ask the DNS for it and wait.
        name, seconds = self._own_name, settings.timeout_seconds
        smtp: smtplib.SMTP
        if settings.security is Security.TLS:
            smtp = smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=seconds, context=self._trust())
        else:
            smtp = smtplib.SMTP(settings.host, settings.port, name, timeout=seconds)
        try:
            if settings.security is Security.STARTTLS:
                # Raises where the server offers none: a code never travels in the clear by accident.
                smtp.starttls(context=self._trust())
            if settings.user is not None and self._password is not None:
                smtp.login(settings.user, self._password)
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)


class SmtpSession:
    """One connection for many messages, opened at the first, and anew where the server closed it in between."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        self._smtp: smtplib.SMTP | None = None
        self._unreachable: TemporaryFailure | None = None

    def send(self, message: EmailMessage, envelope_sender: str | None = None) -> Delivery:
        """Send to the message's one recipient. Each expected ending is an answer, not an exception.

        A server that could not be reached is not called again in this session, or each message would wait for it.
        """
        if self._unreachable is not None:
            return self._unreachable
        kept = self._smtp is not None
        try:
            smtp = self._opened()
            refusal = _address(smtp, envelope_sender or _only_address(message, "From"), _only_address(message, "To"))
        except (smtplib.SMTPException, OSError) as error:
            unreachable = self._smtp is None
            self._drop()
            if kept:
                # Nothing of this message had been sent on the connection that the server closed.
                return self.send(message, envelope_sender)
            failure = _not_now(error)
            self._unreachable = failure if unreachable else None
            return failure
        return self._refused(refusal) if refusal else self._hand_over(smtp, message)

    def close(self) -> None:
        """Say good-bye. What was sent is the server's by now, whatever happens to the farewell."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()

    def _opened(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _hand_over(self, smtp: smtplib.SMTP, message: EmailMessage) -> Delivery:
        """Hand the text over. Where the answer is lost, the server may have it: the same message is sent again."""
        international = not _only_address(message, "To").isascii()
        try:
            # A 4xx or 5xx to DATA itself raises SMTPDataError, which counts as temporary: nothing was judged yet.
            code, reply = smtp.data(message.as_bytes(policy=SMTP.clone(utf8=international, cte_type="7bit")))
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return _not_now(error)
        return Delivered(_worded(code, reply)) if code == 250 else self._refused(_refused(code, reply))

    def _refused(self, refusal: Delivery) -> Delivery:
        """Make the connection ready for the next message."""
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()
        return refusal

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _address(smtp: smtplib.SMTP, sender: str, recipient: str) -> Delivery | None:
    """MAIL and RCPT by hand, because smtplib's own way drops the reply that names the queue; None if both are taken.

    Raises SMTPException where the server wants no more on this connection.
    """
    international = not recipient.isascii()
    if international and not smtp.has_extn("smtputf8"):
        return PermanentFailure("the SMTP server cannot send to addresses beyond ASCII (RFC 6531)")
    code, reply = smtp.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if international else [])
    if code == 421:
        raise smtplib.SMTPResponseException(code, reply)
    if code != 250:
        return TemporaryFailure(_worded(code, reply))
    code, reply = smtp.rcpt(recipient)
    return None if code in (250, 251) else _refused(code, reply)


def _not_now(error: smtplib.SMTPException | OSError) -> TemporaryFailure:
    """Greeting, STARTTLS or sign-in refused, or cut off: server or settings are at fault, the message is not."""
    if isinstance(error, smtplib.SMTPResponseException):
        return TemporaryFailure(_worded(error.smtp_code, error.smtp_error))
    return TemporaryFailure(one_line(f"{type(error).__name__}: {error}", REPLY_LENGTH))


def _only_address(message: EmailMessage, header: str) -> str:
    (address,) = message[header].addresses
    return str(address.addr_spec)


def _refused(code: int, reply: bytes) -> Delivery:
    if 500 <= code < 600:
        return PermanentFailure(_worded(code, reply))
    return TemporaryFailure(_worded(code, reply))


def _worded(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return one_line(f"{code} {words}", REPLY_LENGTH)
