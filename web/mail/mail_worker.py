"""The mail worker: takes due messages from the outbox, writes them, sends them, and records what became of them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from time import monotonic

from codes import DeliveryCodes
from codes.model import Channel, MessageKind
from codes.recipients import outbox
from codes.recipients.outbox import QueuedMessage, Ways
from codes.recipients.tickets import notice_of_message
from codes.values.tracking_numbers import TEST_PARCELS
from web.mail.addresses import NotAnAddress
from web.mail.channels import MailChannel, Session, Way
from web.mail.compose import NothingToTell
from web.mail.delivery import Delivered, Delivery, PermanentFailure, SmtpSender, TemporaryFailure
from web.mail.settings import MailSettings
from web.processes.repeating import repeat, wait_out
from web.processes.troubles import UNCONFIRMED, log_trouble

log = logging.getLogger(__name__)

TOGETHER = 10
# After so long another worker may try. What is not begun after half of it waits, so that no two ever send the same.
LEASE = timedelta(minutes=10)
TOO_SLOW = TemporaryFailure("the server is too slow for so many messages")
POLL_SECONDS = 1.0
WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts; the last wait repeats for as long as it takes."""
    return WAITS[min(attempts, len(WAITS)) - 1]


@dataclass(frozen=True, slots=True)
class MailWorker:
    """Delivers the outbox. Several may run at once, also on several machines."""

    codes: DeliveryCodes
    channels: Mapping[Channel, Way]
    texted: frozenset[MessageKind] = frozenset()
    lease: timedelta = LEASE

    def run(self, stop: Event) -> None:
        """Deliver what is due, again and again, until told to stop. A broken world is waited out."""
        repeat(self.deliver_due, stop, poll_seconds=POLL_SECONDS, on_trouble=_say)

    def deliver_due(self) -> int:
        """Try each message that is due once, and return how many there were."""
        ways = Ways(frozenset(self.channels), self.texted)
        if not self.codes.read(outbox.is_any_due, ways):
            return 0
        end = monotonic() + self.lease.total_seconds() / 2
        claimed = self._claim(ways, end)
        with ExitStack() as stack:
            sessions = {
                channel: stack.enter_context(self.channels[channel].session())
                for channel in sorted({message.channel for message in claimed} & self.channels.keys())
            }
            for message in claimed:
                delivery = self._deliver(message, sessions) if monotonic() < end else TOO_SLOW
                # While the database is away those behind it stay claimed, so it is waited for.
                wait_out(partial(self._record, message, delivery), end, _say)
        return len(claimed)

    def _claim(self, ways: Ways, end: float) -> list[QueuedMessage]:
        until = self.codes.clock() + self.lease
        try:
            return self.codes.write(outbox.claim_due, limit=TOGETHER, lease=self.lease, ways=ways, until=until)
        except UNCONFIRMED:
            # If they are claimed nevertheless, nobody would send them before the lease ends.
            wait_out(partial(self.codes.write, outbox.give_back, until), end, _say)
            raise

    def _deliver(self, queued: QueuedMessage, sessions: Mapping[Channel, Session]) -> Delivery:
        try:
            notice = self.codes.read(notice_of_message, queued.id)
            if notice is None:
                return PermanentFailure("nobody is to be told any more")
            if notice.ticket.reference.startswith(TEST_PARCELS):
                return Delivered("a test parcel: not sent")
            if queued.channel not in sessions:
                return PermanentFailure("this way is not open any more")
            return sessions[queued.channel].send(notice)
        except (NotAnAddress, NothingToTell) as error:
            return PermanentFailure(str(error))
        except Exception as error:  # noqa: BLE001
            # One message that cannot be written must not hold up those behind it. The error's text may hold a
            # code, so only its name and place are kept.
            place = " > ".join(f"{each.filename}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__))
            log.error("mail: message %s could not be written: %s at %s", queued.id, type(error).__name__, place)
            return TemporaryFailure(type(error).__name__)

    def _record(self, queued: QueuedMessage, delivery: Delivery) -> None:
        match delivery:
            case Delivered(reply):
                # If this is lost, the message goes out again under the same Message-ID.
                self.codes.write(outbox.mark_sent, queued, reply)
            case TemporaryFailure(reason, pause):
                log.warning("mail: message %s has to wait: %s", queued.id, _kind(reason))
                again = self.codes.clock() + max(wait_after(queued.attempts), pause)
                self.codes.write(outbox.mark_failed_for_now, queued, again, reason)
            case PermanentFailure(reason):
                log.error("mail: message %s will not arrive: %s", queued.id, _kind(reason))
                self.codes.write(outbox.mark_failed_for_good, queued, reason)


def _say(error: Exception) -> None:
    log_trouble(log, "mail: the outbox could not be worked on, trying again", error)


def _kind(reason: str) -> str:
    """Keep a reply's code or an error's name for the log: in their words servers repeat addresses."""
    return reason.split(maxsplit=1)[0].rstrip(":") if reason.strip() else "no reason"


def open_ways(
    settings: MailSettings,
    sender: SmtpSender | None,
    pages: str,
    environment: Mapping[str, str],
    clock: Callable[[], datetime],
) -> dict[Channel, Way]:
    """Return the ways that the settings open. Raises SecretUnreadable."""
    ways: dict[Channel, Way] = {}
    if sender is not None:
        ways[Channel.MAIL] = MailChannel(sender, settings, pages)
    if settings.gateway is not None:
        from web.mail.gateway import Gateway

        ways[Channel.TEXT] = Gateway(settings.gateway, settings.gateway.secret(environment), pages, clock)
    return ways
