"""Returned mails from a mailbox by IMAP (RFC 3501): each is read, noted, and moved away once."""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from codes import DeliveryCodes
from web.mail.returned.bounces import NoBounce, read_bounce
from web.mail.returned.folder import AT_ONCE, LARGEST, ReturnedMails, note
from web.mail.settings import BounceSettings, ImapSettings

log = logging.getLogger(__name__)

DONE, UNREAD = "doorcode-done", "doorcode-unread"


class MailboxUnusable(OSError):
    """The server refuses something, or speaks no IMAP; its words may be in the message."""


@dataclass(frozen=True, slots=True)
class MailboxReturns:
    """Notes what came back to a mailbox. Noting twice changes nothing, so a broken connection leaves no double."""

    settings: ImapSettings
    password: str
    codes: DeliveryCodes

    def read_all(self) -> int:
        """Read what lies there, and return how many messages of ours turned out lost. Raises OSError."""
        with mailbox_of(self.settings, self.password) as box:
            uids = (_said(box.uid("SEARCH", "ALL"))[0] or b"").split()[:AT_ONCE]
            if not uids:
                return 0
            for name in (DONE, UNREAD):
                box.create(name)  # refused where it is there already
            lost = sum(self._read(box, uid.decode()) for uid in uids)
            _said(box.expunge())
            return lost

    def _read(self, box: imaplib.IMAP4, uid: str) -> bool:
        try:
            lost = note(read_bounce(_content(box, uid)), self.codes)
        except NoBounce as error:
            log.warning("mail: number %s is no returned mail of ours, see %s: %s", uid, UNREAD, error)
            _put_away(box, uid, UNREAD)
            return False
        _put_away(box, uid, DONE)
        return lost


@contextmanager
def mailbox_of(settings: ImapSettings, password: str) -> Iterator[imaplib.IMAP4]:
    """Sign in over TLS and open the mailbox. Raises OSError, of which MailboxUnusable is one."""
    trust = ssl.create_default_context(cafile=settings.ca_file)
    box: imaplib.IMAP4 | None = None
    try:
        box = imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=trust, timeout=settings.timeout_seconds)
        _said(box.login(settings.user, password))
        _said(box.select(f'"{settings.mailbox}"'))
        yield box
        box.logout()
    except imaplib.IMAP4.error as error:
        raise MailboxUnusable(" ".join(str(error).split())[:200]) from error
    finally:
        if box is not None:
            with suppress(OSError):  # closed already, by either side
                box.shutdown()


def _content(box: imaplib.IMAP4, uid: str) -> bytes:
    parts = _said(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST + 1}>)"))
    data = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    if len(data) > LARGEST:
        raise NoBounce("it is too large")
    return bytes(data)


def _put_away(box: imaplib.IMAP4, uid: str, where: str) -> None:
    _said(box.uid("COPY", uid, where))
    _said(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))


def _said(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return what the server said. Raises IMAP4.error where it refuses."""
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(data[0].decode(errors="replace") if data and data[0] else kind)
    return data


def places_of(
    settings: BounceSettings, environment: Mapping[str, str], codes: DeliveryCodes
) -> list[ReturnedMails | MailboxReturns]:
    """Return the folder and the mailbox that the settings name. Raises SecretUnreadable."""
    places: list[ReturnedMails | MailboxReturns] = []
    if settings.folder is not None:
        places.append(ReturnedMails(settings.folder, codes))
    if settings.imap is not None:
        places.append(MailboxReturns(settings.imap, settings.imap.password(environment), codes))
    return places
