"""The mail worker: takes due messages from the outbox, writes them, sends them, and records what became of them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from threading import Event
from typing import Protocol
from uuid import UUID

from codes.identifiers import TEST_PARCELS
from codes.outbox import QueuedMessage
from codes.tickets import Notice
from web.mail.addresses import NotAnAddress
from web.mail.compose import NothingToTell, compose
from web.mail.delivery import Delivered, Delivery, PermanentFailure, TemporaryFailure
from web.mail.settings import MailSettings

log = logging.getLogger(__name__)

TOGETHER = 10
# Longer than the slowest server may take for all that are claimed together; then another worker may try.
LEASE = timedelta(minutes=10)
POLL_SECONDS = 1.0
WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)


class Queue(Protocol):
    """What the worker needs of the outbox."""

    def claim_due(self, now: datetime, *, limit: int, lease: timedelta) -> list[QueuedMessage]:
        """Claim messages that are due."""

    def mark_sent(self, message: QueuedMessage, now: datetime, reply: str) -> None:
        """Record that SMTP took the message."""

    def mark_failed_for_now(self, message: QueuedMessage, now: datetime, next_try_at: datetime, error: str) -> None:
        """Put the message back."""

    def mark_failed_for_good(self, message: QueuedMessage, now: datetime, error: str) -> None:
        """Record that the message will not arrive."""


class Sender(Protocol):
    """What takes a message out of the house."""

    def send(self, message: EmailMessage) -> Delivery:
        """Send to the message's one recipient."""


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts; the last wait repeats for as long as it takes."""
    return WAITS[min(attempts, len(WAITS)) - 1]


@dataclass(frozen=True, slots=True)
class MailWorker:
    """Delivers the outbox. Several may run at once, also on several machines."""

    outbox: Queue
    notice_of: Callable[[UUID], Notice | None]
    sender: Sender
    settings: MailSettings
    pages: str
    clock: Callable[[], datetime]

    def run(self, stop: Event) -> None:
        """Deliver what is due, again and again, until told to stop. A broken world is waited out."""
        while not stop.is_set():
            try:
                delivered = self.deliver_due()
            except Exception:
                log.exception("mail: the outbox could not be worked on; trying again")
                delivered = 0
            if delivered == 0:
                stop.wait(POLL_SECONDS)

    def deliver_due(self) -> int:
        """Try each message that is due once, and return how many there were."""
        claimed = self.outbox.claim_due(self.clock(), limit=TOGETHER, lease=LEASE)
        for message in claimed:
            self._record(message, self._deliver(message))
        return len(claimed)

    def _deliver(self, queued: QueuedMessage) -> Delivery:
        try:
            notice = self.notice_of(queued.id)
            if notice is None:
                return PermanentFailure("nobody is to be told any more")
            if notice.ticket.reference.startswith(TEST_PARCELS):
                return Delivered("a test parcel: not sent")
            return self.sender.send(compose(notice, self.settings, self.pages))
        except (NotAnAddress, NothingToTell) as error:
            return PermanentFailure(str(error))
        except Exception as error:  # noqa: BLE001
            # One message that cannot be written must not hold up those behind it. The error's text may hold a
            # code, so only its name and place are kept.
            place = "".join(traceback.format_tb(error.__traceback__))
            log.error("mail: message %s could not be written: %s\n%s", queued.id, type(error).__name__, place)
            return TemporaryFailure(type(error).__name__)

    def _record(self, queued: QueuedMessage, delivery: Delivery) -> None:
        now = self.clock()
        match delivery:
            case Delivered(reply):
                # If this is lost, the message goes out again under the same Message-ID.
                self.outbox.mark_sent(queued, now, reply)
            case TemporaryFailure(reason):
                log.warning("mail: message %s has to wait: %s", queued.id, reason)
                self.outbox.mark_failed_for_now(queued, now, now + wait_after(queued.attempts), reason)
            case PermanentFailure(reason):
                log.error("mail: message %s will not arrive: %s", queued.id, reason)
                self.outbox.mark_failed_for_good(queued, now, reason)
