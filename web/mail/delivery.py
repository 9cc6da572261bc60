"""Hand one message to the SMTP server, and say what became of it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from web.mail.settings import Security, SmtpSettings

# As much of a server's words as is worth keeping.
REPLY_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server has taken the message and answers for it (RFC 5321 §6.1)."""

    reply: str


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """Not now; the same message may be taken later."""

    reason: str


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
        """Send to the message's one recipient. Each expected ending is an answer, not an exception."""
        try:
            with self._connected() as smtp:
                return _converse(smtp, message)
        except smtplib.SMTPResponseException as error:
            # Greeting, STARTTLS or sign-in refused: the server or our settings are at fault, the message is not.
            return TemporaryFailure(_worded(error.smtp_code, error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            return TemporaryFailure(f"{type(error).__name__}: {error}"[:REPLY_LENGTH])

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
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
            yield smtp
            # The message is the server's by now, whatever happens to the farewell.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            smtp.close()

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)


def _converse(smtp: smtplib.SMTP, message: EmailMessage) -> Delivery:
    """MAIL, RCPT, DATA by hand, because smtplib's own way drops the reply that names the queue."""
    smtp.ehlo_or_helo_if_needed()
    sender, recipient = _only_address(message, "From"), _only_address(message, "To")
    international = not recipient.isascii()
    if international and not smtp.has_extn("smtputf8"):
        return PermanentFailure("the SMTP server cannot send to addresses beyond ASCII (RFC 6531)")
    code, reply = smtp.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if international else [])
    if code != 250:
        return TemporaryFailure(_worded(code, reply))
    code, reply = smtp.rcpt(recipient)
    if code not in (250, 251):
        return _refused(code, reply)
    # A 4xx or 5xx to DATA itself raises SMTPDataError, which counts as temporary: nothing was judged yet.
    code, reply = smtp.data(message.as_bytes(policy=SMTP.clone(utf8=international, cte_type="7bit")))
    return Delivered(_worded(code, reply)) if code == 250 else _refused(code, reply)


def _only_address(message: EmailMessage, header: str) -> str:
    (address,) = message[header].addresses
    return str(address.addr_spec)


def _refused(code: int, reply: bytes) -> Delivery:
    if 500 <= code < 600:
        return PermanentFailure(_worded(code, reply))
    return TemporaryFailure(_worded(code, reply))


def _worded(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(f"{code} {words}".split())[:REPLY_LENGTH]
