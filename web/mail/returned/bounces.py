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
# RFC 5321 §4.2.1, as it stands in running text: `550 no such user`, `550: : User unknown`, `said: 550`.
_REPLY = re.compile(r"(?<![\w.:])([45])[0-5]\d(?=[ ,:-]|$)", re.M)
_COPY_BEGINS = re.compile(
    r"^--.*(?:copy|original|returned|unsent).*$"
    r"|^[ \t]*(?:Below is a copy of|Original message follows|Original message:)"
    r"|^[ \t]*(?:Received|Return-Path|DKIM-Signature):",
    re.I | re.M,
)
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ROBOT = re.compile(
    r"(?:^|[\s<\"(])(?:mailer-daemon|post_?master|mail-daemon|mdaemon|mail[. ]deliver(?:y)?[. ](?:sub)?system)\b"
    r"|mailer daemon|^\s*<>|\bndr\b",
    re.I,
)
# What programs of every make write when they have given up, and while they have not. Servers' own words, which a
# program quotes, say "try again later" in final notices too; so only what programs say of themselves stands here.
_GOES_ON = re.compile(
    r"warning message only|need to resend|(?:will be|still being|is) (?:retried|tried again)|has been delayed"
    r"|(?:still|keep|continue) (?:trying|to try)|not (?:yet )?been delivered (?:yet|in|for|after|within)"
    r"|could not be delivered (?:yet|for the last|within the last)|^delayed mail|\(delay\)|message .{0,40}delayed",
    re.I | re.M,
)
_GAVE_UP = re.compile(
    r"permanent(?:ly)? (?:fatal )?(?:error|failure)|failed permanently|giv(?:en|ing) up|(?:retry|delivery) time ?-?out"
    r"|not (?:be |been |able to be )?deliver|undeliver|unable to deliver|did not reach|delivery (?:has )?fail"
    r"|delivery status notification \(failure\)|failure notice|returned mail|returning (?:message )?to sender"
    r"|fail(?:ed|ure) reasons?|failed addresses|was rejected by|mail system error|mail failure|had delivery errors"
    r"|error has occurred while attempting to deliver|delivery problems|incorrectly constructed|unknown user:",
    re.I,
)
_ACTION = re.compile(r"^Action:\s*(failed|expired|delayed|delivered|relayed|expanded)\b", re.I | re.M)
READ_AT_MOST = 1 << 16
"""So much of what a program wrote about the message is read; the reason stands at its beginning."""


class Fate(StrEnum):
    """What a returned mail says of the message."""

    LOST = "lost"
    DELAYED = "delayed"
    DELIVERED = "delivered"


UNSAID = {Fate.LOST: "5.0.0", Fate.DELAYED: "4.0.0", Fate.DELIVERED: "2.0.0"}
"""What stands for a status of RFC 3463 where none is said."""


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
    told = _told(message_id, _fields(status_part)) if status_part is not None else None
    return told or _guessed(message_id, mail, parts)


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
        if found := _RETURNED_ID.search(_text(part)):
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


def _told(message_id: UUID, fields: dict[str, str]) -> Bounce | None:
    """Judge by the machine's own words. The action says what becomes of the message, the status only why."""
    found = _STATUS.search(fields.get("status", ""))
    action = fields.get("action", "").split(maxsplit=1)[:1]
    fate = _FATES.get(action[0].lower() if action else "") or _BY_CLASS.get(found[1] if found else "")
    if fate is None:
        return None
    return Bounce(message_id, fate, found[0] if found else "", _worded(fields.get("diagnostic-code", "")))


def _guessed(message_id: UUID, mail: Message, parts: list[Message]) -> Bounce:
    """Judge a mail without a status that says anything: by what a mail program wrote before the copy."""
    # An absence note comes from nobody (`<>`) too, but in a person's name, and may hold any number.
    failed_for = bool(mail.get("X-Failed-Recipients"))
    is_report = mail.get_content_type() == "multipart/report" and mail.get_param("report-type") in (
        None,
        "delivery-status",
    )
    if not (failed_for or is_report or _ROBOT.search(str(mail.get("From", "")))):
        raise NoBounce("no mail program wrote it")
    text = "\n".join(_texts(parts))[:READ_AT_MOST]
    text = _COPY_BEGINS.split(text, maxsplit=1)[0]
    text = _RETURNED_ID.split(text, maxsplit=1)[0]
    found = _STATUS.search(text) or _REPLY.search(text)
    fate = _fate_of(f"{_subject(mail)}\n{text}", failed_for) or (_BY_CLASS[found[1]] if found else None)
    if fate is None:
        raise NoBounce("it says not why it came back")
    said = found or _GOES_ON.search(text) or _GAVE_UP.search(text)
    line = text[: said.end()].rpartition("\n")[2] + text[said.end() :].partition("\n")[0] if said else text
    status = "" if found is None else found[0] if found.re is _STATUS else f"{found[1]}.0.0"
    return Bounce(message_id, fate, status or UNSAID[fate], _worded(line))


def _fate_of(text: str, failed_for: bool) -> Fate | None:
    """Say whether the program goes on trying or has given up, whatever class the last server's answer has."""
    # The fields of a report whose parts are torn stand in the running text.
    if action := _ACTION.search(text):
        return _FATES[action[1].lower()]
    if _GOES_ON.search(text):
        return Fate.DELAYED
    return Fate.LOST if failed_for or _GAVE_UP.search(text) else None


def _subject(mail: Message) -> str:
    return one_line(str(mail.get("Subject", "")), DIAGNOSTIC_LENGTH)


def _texts(parts: list[Message]) -> Iterator[str]:
    """Return what was written about the message; what follows the first part is the message itself."""
    plain = any(part.get_content_type() == "text/plain" for part in parts)
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            return
        # A program that copies the message's own type calls its plain words HTML, or a report without parts.
        if kind == "text/plain" or (not plain and (kind == "text/html" or kind.startswith("multipart/"))):
            yield _text(part)


def _within(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _text(part: Message) -> str:
    data = part.get_payload(decode=True) if not part.is_multipart() else None
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _worded(text: str) -> str:
    return one_line(text.removeprefix("smtp;"), DIAGNOSTIC_LENGTH)


_FATES = {
    "failed": Fate.LOST,
    "expired": Fate.LOST,
    "delayed": Fate.DELAYED,
    "delivered": Fate.DELIVERED,
    "relayed": Fate.DELIVERED,
    "expanded": Fate.DELIVERED,
}
_BY_CLASS = {"5": Fate.LOST, "4": Fate.DELAYED, "2": Fate.DELIVERED}
