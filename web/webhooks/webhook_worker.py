"""The webhook worker: takes what was sealed, sends it to every address that wants it, tries again for days."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from threading import Event, Thread
from uuid import UUID

from codes import DeliveryCodes
from codes.integrations import webhook_queue
from codes.integrations.webhook_queue import QueuedEvent, ReceiverReply
from codes.integrations.webhooks import MOST
from web.processes.repeating import repeat
from web.processes.troubles import log_trouble
from web.webhooks.posting import Poster
from web.webhooks.signing import body_of, signed_headers

log = logging.getLogger("doorcode.webhooks")

POLL_SECONDS = 1.0
AT_ONCE = 2 * MOST
"""All addresses there can be, of live and of test parcels: a slow one holds up nobody but itself, nor do many."""
TOGETHER = 4
# Longer than the slowest receiver may take for all that are claimed together; then another worker may try.
LEASE = timedelta(minutes=5)
SPARE = timedelta(minutes=1)
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2


def wait_after(tries: int, chance: float) -> timedelta | None:
    """Return how long to wait after so many tries, give or take a fifth; None when it was the last.

    ``chance`` is from 0 to 1. Without it all that failed together would come back together.
    """
    if tries > len(WAITS):
        return None
    return WAITS[tries - 1] * (1 - JITTER + 2 * JITTER * chance)


def gather(codes: DeliveryCodes) -> int:
    """Queue what was sealed since, for every webhook that is on; returns how many messages there are more."""
    return sum(codes.write(webhook_queue.gather_for, each) for each in codes.read(webhook_queue.webhooks_behind))


def claim_due(
    codes: DeliveryCodes, *, webhooks: int, each: int, lease: timedelta, but: Collection[UUID] = ()
) -> dict[UUID, list[QueuedEvent]]:
    """Claim what is due; where nothing is, an idle worker does not wait for the writer."""
    due = codes.read(webhook_queue.due_messages, webhooks=webhooks, each=each, but=but)
    return codes.write(webhook_queue.claim, due, lease) if due else {}


class WebhookWorker:
    """Delivers events. Several may run at once, also on several machines."""

    def __init__(self, codes: DeliveryCodes, poster: Poster) -> None:
        self._codes = codes
        self._poster = poster
        self._busy: dict[UUID, Thread] = {}

    def run(self, stop: Event) -> None:
        """Deliver what is due, again and again, until told to stop. A broken world is waited out."""
        say = partial(log_trouble, log, "webhooks: the queue could not be worked on, trying again")
        repeat(partial(self.start_due, stop), stop, poll_seconds=POLL_SECONDS, on_trouble=say)

    def start_due(self, stop: Event | None = None) -> int:
        """Queue what was sealed, and begin to send what is due, a thread for each address."""
        gathered = gather(self._codes)
        self._busy = {webhook_id: thread for webhook_id, thread in self._busy.items() if thread.is_alive()}
        free = AT_ONCE - len(self._busy)
        claimed = claim_due(self._codes, webhooks=free, each=TOGETHER, lease=LEASE, but=self._busy) if free else {}
        until = self._codes.clock() + LEASE - SPARE
        for webhook_id, messages in claimed.items():
            work = (messages, until, stop or threading.Event())
            thread = Thread(target=self._deliver_all, args=work, daemon=True, name="webhook")
            self._busy[webhook_id] = thread
            thread.start()
        return gathered + len(claimed)

    def deliver_due(self) -> int:
        """Send what is due and wait for the answers; returns to how many addresses something was sent."""
        started = self.start_due()
        for thread in self._busy.values():
            thread.join()
        return started

    def _deliver_all(self, messages: Sequence[QueuedEvent], until: datetime, stop: Event) -> None:
        for message in messages:
            if stop.is_set() or self._codes.clock() > until:
                return
            try:
                self._record(message, self._deliver(message))
            except Exception as error:  # noqa: BLE001  the lease ends, and it is tried again
                log.error("webhooks: message %s failed: %s", message.message_id, type(error).__name__)

    def _deliver(self, message: QueuedEvent) -> ReceiverReply:
        body = body_of(message)
        headers = signed_headers(message.message_id, message.secrets, self._codes.clock(), body)
        return self._poster.post(message.url, body, headers)

    def _record(self, message: QueuedEvent, reply: ReceiverReply) -> None:
        if reply.status is not None and HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            self._codes.write(webhook_queue.delivered, message, reply)
            return
        if reply.status == HTTPStatus.GONE:
            log.warning("webhooks: %s is gone and was switched off", message.webhook_id)
            self._codes.write(webhook_queue.gone, message, reply)
            return
        wait = wait_after(message.tries, random.random())
        log.warning("webhooks: message %s was not taken (%s)", message.message_id, reply.status or "no answer")
        if wait is None:
            if self._codes.write(webhook_queue.failed_for_good, message, reply):
                log.error("webhooks: %s took nothing for days and was switched off", message.webhook_id)
        else:
            self._codes.write(webhook_queue.failed_for_now, message, reply, self._codes.clock() + wait)
