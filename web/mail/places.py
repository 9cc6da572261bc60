"""The places where returned mails are looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from web.mail.mailbox import MailboxReturns
from web.mail.returned import Record, ReturnedMails
from web.mail.settings import BounceSettings


def places_of(
    settings: BounceSettings, environment: Mapping[str, str], outbox: Record, clock: Callable[[], datetime]
) -> list[ReturnedMails | MailboxReturns]:
    """Return the folder and the mailbox that the settings name. Raises PasswordUnreadable."""
    places: list[ReturnedMails | MailboxReturns] = []
    if settings.folder is not None:
        places.append(ReturnedMails(settings.folder, outbox, clock))
    if settings.imap is not None:
        places.append(MailboxReturns(settings.imap, settings.imap.password(environment), outbox, clock))
    return places
