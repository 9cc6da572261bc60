"""The mail's road: the server, the sign-in, our own address, and the folder where mails come back."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import urlsplit

from web.commands.checks.finding import Checked, missing, ok, own_name, warn
from web.mail.addresses import NotAnAddress, mailbox
from web.mail.compose import MAIL
from web.mail.delivery import Delivered, SmtpSender
from web.mail.examining import examine
from web.mail.gateway_settings import SECRET_VARIABLE, GatewaySettings
from web.mail.headers import mailbox_header
from web.mail.look import BadLook
from web.mail.returned.mailbox import mailbox_of
from web.mail.returned.providers import secret_fault
from web.mail.settings import (
    BOUNCE_VARIABLE,
    IMAP_VARIABLE,
    PASSWORD_VARIABLE,
    BounceSettings,
    BounceWebhookSettings,
    ImapSettings,
    MailSettings,
    SmtpSettings,
)
from web.secret_files import SecretUnreadable

WHAT = "mail server"
EXAMPLES = ("example.org", "example.com", "example.net")


def check_mailing(
    settings: MailSettings, environment: Mapping[str, str], now: datetime, send_to: str | None = None
) -> Iterator[Checked]:
    """Walk the road as far as RCPT, or to its end with one real mail."""
    yield from _look(settings)
    yield from _gateway(settings.gateway, environment)
    if settings.smtp is None:
        words = "none is set: no mail leaves, the office shows them"
        yield (missing if send_to else warn)(WHAT, words, "set mail.smtp in config.yaml")
        if settings.bounces != BounceSettings():
            yield from _returned(settings.bounces, environment)
        return
    yield from _conversation(settings, settings.smtp, environment, now, send_to)
    if settings.domain in EXAMPLES:
        yield warn("sender", f"{settings.sender_address} is an example", "set mail.sender_address to yours")
    yield from _returned(settings.bounces, environment)


def _conversation(
    settings: MailSettings, smtp: SmtpSettings, environment: Mapping[str, str], now: datetime, send_to: str | None
) -> Iterator[Checked]:
    where = f"{smtp.host}:{smtp.port}"
    try:
        sender = SmtpSender(smtp, password=smtp.password(environment), own_name=settings.domain)
        connection = sender.connect()
    except SecretUnreadable as error:
        yield missing(WHAT, str(error), f"put the password into mail.smtp.password_file or {PASSWORD_VARIABLE}")
        return
    except (smtplib.SMTPException, OSError) as error:
        words, mend = _why(error, smtp)
        yield missing(WHAT, f"{where}: {words}", mend)
        return
    signed_in = ", signed in" if smtp.user else ""
    yield ok(WHAT, f"{where} answers, {smtp.security}{signed_in}")
    with connection:
        yield from _envelope(connection, settings)
    if send_to is not None:
        yield _sent(sender, settings, send_to, now)


def _envelope(connection: smtplib.SMTP, settings: MailSettings) -> Iterator[Checked]:
    """Name sender and recipient as for a mail, and take it back."""
    try:
        code, reply = connection.mail(settings.sender_address)
        if 400 <= code < 500:
            yield _later(settings.sender_address, code, reply)
            return
        if code != 250:
            mend = "set mail.sender_address to one that this server sends for"
            yield missing("sender", f"{settings.sender_address}: {code} {reply.decode(errors='replace')}", mend)
            return
        recipient = settings.operations_address or settings.sender_address
        code, reply = connection.rcpt(recipient)
        if 400 <= code < 500:
            yield _later(recipient, code, reply)
        elif code not in (250, 251):
            mend = "ask whoever runs the server whether it may send to others for us"
            yield warn("recipients", f"{recipient}: {code} {reply.decode(errors='replace')}", mend)
        else:
            yield ok("sender", f"{settings.sender_address} may send")
        connection.rset()
    except (smtplib.SMTPException, OSError) as error:
        yield missing("sender", f"the server hung up: {type(error).__name__}", "look into the mail server's log")


def _later(address: str, code: int, reply: bytes) -> Checked:
    """A server that asks to come again (greylisting) gets each mail again from the worker."""
    words = f"{address}: {code} {reply.decode(errors='replace')}"
    return ok("sender", f"{words}: the server asks to come again later, which the worker does")


def _sent(sender: SmtpSender, settings: MailSettings, address: str, now: datetime) -> Checked:
    message = EmailMessage(policy=MAIL)
    try:
        message["From"] = mailbox_header("From", settings.sender_name, mailbox(settings.sender_address))
        message["To"] = mailbox(address)
    except NotAnAddress as error:
        return missing("test mail", f"{address}: {error}", "give --send an address")
    message["Subject"] = "Doorcode: test"
    message["Date"] = now
    message["Message-ID"] = make_msgid("check", settings.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("This mail was sent by `app.py check --send`. It arrived, so mails with codes can.\n")
    delivery = sender.send(message)
    if isinstance(delivery, Delivered):
        return ok("test mail", f"taken for {address}: {delivery.reply}")
    return missing("test mail", f"not taken for {address}: {delivery.reason}", "see the server's words")


def _why(error: Exception, smtp: SmtpSettings) -> tuple[str, str]:
    """Say what is wrong and which setting mends it."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})", "set mail.smtp.ca_file, or mend its name"
        case ssl.SSLError():
            return "it speaks no TLS there", "set mail.smtp.security to starttls, or another mail.smtp.port"
        case socket.gaierror():
            return "there is no such name", "set mail.smtp.host"
        case ConnectionRefusedError():
            return "nothing listens there", "start the server, or set mail.smtp.port"
        case TimeoutError():
            return "it does not answer in time", "set mail.smtp.port, or open the firewall"
        case smtplib.SMTPNotSupportedError():
            return f"it offers no {smtp.security}", "set mail.smtp.security and mail.smtp.port to what it offers"
        case smtplib.SMTPAuthenticationError():
            return (
                "it refuses our name or password",
                f"set mail.smtp.user, and mend the password in {_password_of(smtp)}",
            )
        case smtplib.SMTPServerDisconnected():
            return "it hangs up at once", "set mail.smtp.security to tls, or look into its log"
        case smtplib.SMTPResponseException():
            return f"it answers {error.smtp_code}", "look into the mail server's log"
    return type(error).__name__, "set mail.smtp.host and mail.smtp.port"


def _password_of(smtp: SmtpSettings) -> str:
    return PASSWORD_VARIABLE if PASSWORD_VARIABLE in os.environ else str(smtp.password_file or PASSWORD_VARIABLE)


def _look(settings: MailSettings) -> Iterator[Checked]:
    try:
        examine(settings)
    except BadLook as error:
        yield missing("look", str(error), "mend that file, or set it to null in mail.look")


def _gateway(gateway: GatewaySettings | None, environment: Mapping[str, str]) -> Iterator[Checked]:
    """See whether the gateway can be reached; what it would do with a text, only a text can tell."""
    if gateway is None:
        return
    what, url = "text messages", urlsplit(gateway.url)
    try:
        gateway.secret(environment)
        where = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
        with socket.create_connection(where, gateway.timeout_seconds) as connection:
            if url.scheme == "https":
                ssl.create_default_context().wrap_socket(connection, server_hostname=where[0]).close()
    except SecretUnreadable as error:
        yield missing(what, str(error), f"put the secret into mail.gateway.secret_file or {SECRET_VARIABLE}")
    except OSError as error:
        yield missing(what, f"{where[0]}:{where[1]} cannot be reached ({type(error).__name__})", "set mail.gateway.url")
    else:
        if url.scheme == "http":
            words = f"go to {where[0]} readable for everybody on the way"
            yield warn(what, words, "set mail.gateway.url to an https address, unless the gateway is on this machine")
        else:
            yield ok(what, f"{where[0]} can be reached")


def _returned(bounces: BounceSettings, environment: Mapping[str, str]) -> Iterator[Checked]:
    what, folder = "returned mails", bounces.folder
    if folder is None and bounces.imap is None and bounces.webhook is None:
        yield warn(what, "are not read: nobody learns that a code did not arrive", "set mail.bounces.folder")
    if bounces.webhook is not None:
        yield _webhook(what, bounces.webhook, environment)
    if bounces.imap is not None:
        yield _mailbox(what, bounces.imap, environment)
    if folder is None:
        return
    if not folder.is_dir():
        yield missing(what, f"{folder} is not there", f"mkdir -m 700 {folder}")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield missing(what, f"{folder} cannot be read and written", f"chown {own_name()} {folder}")
    else:
        yield ok(what, f"are read from {folder}")


def _webhook(what: str, hook: BounceWebhookSettings, environment: Mapping[str, str]) -> Checked:
    try:
        fault = secret_fault(hook.provider, hook.secret(environment))
    except SecretUnreadable as error:
        return missing(what, str(error), f"put it into mail.bounces.webhook.secret_file or {BOUNCE_VARIABLE}")
    if fault is not None:
        mend = f"put what {hook.provider} shows into mail.bounces.webhook.secret_file or {BOUNCE_VARIABLE}"
        return missing(what, f"the secret of {hook.provider} cannot be used: {fault}", mend)
    return ok(what, f"are told by {hook.provider}")


def _mailbox(what: str, imap: ImapSettings, environment: Mapping[str, str]) -> Checked:
    where = f"{imap.user} at {imap.host}:{imap.port}"
    try:
        with mailbox_of(imap, imap.password(environment)):
            return ok(what, f"are read from {imap.mailbox} of {where}")
    except SecretUnreadable as error:
        return missing(what, str(error), f"put the password into mail.bounces.imap.password_file or {IMAP_VARIABLE}")
    except OSError as error:
        return missing(what, f"{where}: {error}", "set mail.bounces.imap: host, port, user, mailbox or ca_file")
