"""The ways by which a message leaves the house. Each takes a notice, and says what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from codes.recipients.tickets import Notice
from web.mail.compose import compose
from web.mail.delivery import Delivery, SmtpSender, SmtpSession
from web.mail.settings import MailSettings


class Session(Protocol):
    """Sends messages one after the other."""

    def send(self, notice: Notice) -> Delivery:
        """Write a message to the one it tells, and send it. Each expected ending is an answer, not an exception.

        Raises NotAnAddress or NothingToTell for one that cannot be written.
        """


class Way(Protocol):
    """A way out of the house. The same notice sent twice must be known there as the same message."""

    def session(self) -> AbstractContextManager[Session]:
        """Give a session for the messages that are due together."""


@dataclass(frozen=True, slots=True)
class MailChannel:
    """Mails, over one SMTP connection for those that are due together."""

    sender: SmtpSender
    settings: MailSettings
    pages: str

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session."""
        with self.sender.session() as connection:
            yield _Mailing(connection, self)


@dataclass(frozen=True, slots=True)
class _Mailing:
    connection: SmtpSession
    channel: MailChannel

    def send(self, notice: Notice) -> Delivery:
        """Write the mail and send it."""
        message = compose(notice, self.channel.settings, self.channel.pages)
        return self.connection.send(message, self.channel.settings.envelope_sender(notice.message_id))
