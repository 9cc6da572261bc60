"""Mails as a mail program takes them apart."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from html.parser import HTMLParser

from codes.model import Announcement, Person
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, notice_of_message
from codes.service import DeliveryCodes
from tests.parts.calls import PAGES
from web.mail.compose import compose
from web.mail.settings import MailSettings

REFERENCE = "JD014600001234567890"


class Page(HTMLParser):
    """The parts of an HTML text that matter here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags of that name."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        """Return what is read, with single blanks."""
        return " ".join(" ".join(self.words).split())


def announced(codes: DeliveryCodes, person: Person | None = None, sender: str = "Uhren Müller & Söhne") -> Notice:
    recipient = person or Person("Sample Recipient", "ada@example.com", "en")
    codes.announce([Announcement(reference=REFERENCE, recipient=recipient, sender=sender)])
    (message,) = codes.read(listed_messages, limit=1)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    return notice


def received(notice: Notice, settings: MailSettings) -> EmailMessage:
    message = email.message_from_bytes(compose(notice, settings, PAGES).as_bytes(), policy=email.policy.default)
    assert not any(part.defects for part in message.walk())
    return message


def html_of(message: EmailMessage) -> Page:
    part = message.get_body(("html",))
    assert part is not None
    return Page(part.get_content())


def plain_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
