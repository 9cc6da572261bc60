"""Read a returned mail: which of our messages it tells of, and whether that one is lost for good. Pure.

Anybody can send such mails. One counts only if it names a message by its id, which holds 74 random bits and is
known to those alone through whose hands the message went.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from uuid import UUID

from web.outside_text import one_line

ID_VERSION = 7
"""Our messages' ids are UUIDs of version 7 (RFC 9562 §5.7)."""
DIAGNOSTIC_LENGTH = 300
_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})@[^<>\s]+>", re.I)
_RETURNED_ID = re.compile(r"^[> \t]*Message-ID:\s*" + _MESSAGE_ID.pattern, re.I | re.M)
_MARK = re.compile(r"\+([0-9a-f]{32})@", re.I)
# RFC 3463 §2, as programs write it: alone, after `#`, in brackets.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")
_COPY_BEGINS = re.compile(r"^-{2,}.*(?:copy|original|returned|unsent).*$", re.I | re.M)
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ROBOT = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)\b", re.I)


class Fate(StrEnum):
    """What a returned mail says of the message."""

    LOST = "lost"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Bounce:
    """Whom a returned mail tells of. ``status`` is RFC 3463's, such as ``5.1.1``; ``words`` may name an address."""

    message_id: UUID
    fate: Fate
    status: str
    words: str


class NoBounce(Exception):
    """The mail is none that came back, or names no message of ours, or says nothing for sure."""


def read_bounce(data: bytes) -> Bounce:
    """Read a mail that may be one of ours come back. Raises NoBounce."""
    try:
        return _read(email.message_from_bytes(data, policy=email.policy.compat32))
    except NoBounce:
        raise
    except Exception as error:
        # A stranger wrote this; whatever the parser stumbles over is no bounce.
        raise NoBounce(f"it cannot be read: {type(error).__name__}") from error


def _read(mail: Message) -> Bounce:
    parts = list(mail.walk())
    message_id = _marked(mail) or _returned(parts)
    if message_id is None:
        raise NoBounce("it names no message of ours")
    status_part = next((part for part in parts if part.get_content_type() in _STATUS_TYPES), None)
    fields = _fields(status_part) if status_part is not None else {}
    if fields.get("action") or fields.get("status"):
        return _told(message_id, fields)
    return _guessed(message_id, mail, parts)


def _marked(mail: Message) -> UUID | None:
    """Find the mark in the address that the mail came back to (VERP)."""
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To"):
        for value in mail.get_all(name, []):
            if found := _MARK.search(str(value)):
                return _ours(found[1])
    return None


def _returned(parts: list[Message]) -> UUID | None:
    """Find our Message-ID in the headers that were sent back, as parts of their own or in the running text."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            if found := _MESSAGE_ID.search("".join(str(inner.get("Message-ID", "")) for inner in _within(part))):
                return _ours(found[1])
        elif kind in ("text/rfc822-headers", "message/global-headers") and (found := _RETURNED_ID.search(_text(part))):
            return _ours(found[1])
    for part in parts:
        if part.get_content_type() == "text/plain" and (found := _RETURNED_ID.search(_text(part))):
            return _ours(found[1])
    return None


def _ours(text: str) -> UUID | None:
    found = UUID(text)
    return found if found.version == ID_VERSION else None


def _fields(part: Message) -> dict[str, str]:
    """Return the fields about the recipient (RFC 3464 §2.3); a message of ours has only one."""
    found: dict[str, str] = {}
    for block in _within(part) or [email.message_from_string(_text(part))]:
        for name in ("Action", "Status", "Diagnostic-Code"):
            if value := block.get(name):
                found.setdefault(name.lower(), str(value).strip())
    return found


def _told(message_id: UUID, fields: dict[str, str]) -> Bounce:
    """Judge by the machine's own words. The action says what becomes of the message, the status only why."""
    found = _STATUS.search(fields.get("status", ""))
    action = fields.get("action", "").split(maxsplit=1)[:1]
    fate = _FATES.get(action[0].lower() if action else "") or _BY_CLASS.get(found[1] if found else "")
    if fate is None:
        raise NoBounce("its status says neither that nor this")
    return Bounce(message_id, fate, found[0] if found else "", _worded(fields.get("diagnostic-code", "")))


def _guessed(message_id: UUID, mail: Message, parts: list[Message]) -> Bounce:
    """Judge a mail without a status part: by a mail program, and with a status or reply code before the copy."""
    # An absence note comes from nobody (`<>`) too, but in a person's name, and may hold any number.
    if not (_ROBOT.match(parseaddr(str(mail.get("From", "")))[1]) or mail.get("X-Failed-Recipients")):
        raise NoBounce("no mail program wrote it")
    text = "\n".join(_texts(parts))
    text = _COPY_BEGINS.split(text, maxsplit=1)[0]
    text = _RETURNED_ID.split(text, maxsplit=1)[0]
    found = _STATUS.search(text) or _REPLY.search(text)
    if found is None:
        raise NoBounce("it says not why it came back")
    line = text[: found.end()].rpartition("\n")[2] + text[found.end() :].partition("\n")[0]
    status = found[0] if found.re is _STATUS else f"{found[1]}.0.0"
    return Bounce(message_id, _BY_CLASS[found[1]], status, _worded(line))


def _texts(parts: list[Message]) -> Iterator[str]:
    """Return what was written about the message; what follows the first part is the message itself."""
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            return
        if part.get_content_type() == "text/plain":
            yield _text(part)


def _within(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""


def _worded(text: str) -> str:
    return one_line(text.removeprefix("smtp;"), DIAGNOSTIC_LENGTH)


_FATES = {
    "failed": Fate.LOST,
    "delayed": Fate.DELAYED,
    "delivered": Fate.DELIVERED,
    "relayed": Fate.DELIVERED,
    "expanded": Fate.DELIVERED,
}
_BY_CLASS = {"5": Fate.LOST, "4": Fate.DELAYED, "2": Fate.DELIVERED}
