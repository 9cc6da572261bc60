"""The worker: everything that is done beside the answers to calls."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from web.commands.opening import now, opened, pages_address, settings_in

if TYPE_CHECKING:
    from codes import DeliveryCodes
    from codes.model import Channel
    from web.configuration import Settings
    from web.mail.channels import Way
    from web.mail.delivery import SmtpSender

STOP_SECONDS = 5

Work = Callable[[threading.Event], None]


def worker(options: argparse.Namespace) -> int:
    """Send mails and webhooks, seal and publish what happened, and purge what is over, until told to stop."""
    from web.logs import write_logs
    from web.mail.examining import examine
    from web.mail.ways import open_ways
    from web.serving import die_with_parent

    die_with_parent()
    settings = settings_in(options.config)
    write_logs(settings.log)
    examine(settings.mail)
    sender = _smtp_sender(settings)
    ways = open_ways(settings.mail, sender, pages_address(settings), os.environ, now)
    with opened(settings) as codes:
        stop = _told_to_stop()
        threads = [threading.Thread(target=each, args=(stop,), daemon=True) for each in _work(settings, codes, ways)]
        for thread in threads:
            thread.start()
        _keep_house(settings, codes, sender, stop)
        for thread in threads:
            thread.join(STOP_SECONDS)
    return 0


def _smtp_sender(settings: Settings) -> SmtpSender | None:
    from web.mail.delivery import SmtpSender

    smtp = settings.mail.smtp
    return SmtpSender(smtp, password=smtp.password(os.environ), own_name=settings.mail.domain) if smtp else None


def _told_to_stop() -> threading.Event:
    stop = threading.Event()
    # At SIGHUP it ends as well; whoever looks after it starts it again, with the settings as they are then.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _work(settings: Settings, codes: DeliveryCodes, ways: dict[Channel, Way]) -> list[Work]:
    """Return what goes on side by side: webhooks, imports, and messages if there is a way for them."""
    from web.import_worker import ImportWorker
    from web.mail.worker import MailWorker
    from web.webhooks.posting import Poster
    from web.webhooks.worker import WebhookWorker

    work: list[Work] = [WebhookWorker(codes.webhook_queue, Poster(settings.webhooks), now).run, ImportWorker(codes).run]
    if ways:
        texted = frozenset(settings.mail.gateway.kinds if settings.mail.gateway else ())
        work.append(MailWorker(codes.outbox, codes.notice, ways, now, texted).run)
    return work


def _keep_house(settings: Settings, codes: DeliveryCodes, sender: SmtpSender | None, stop: threading.Event) -> None:
    from web.housekeeping import Housekeeping
    from web.mail.places import places_of
    from web.publishing import targets_of
    from web.webhooks.telling import WebhookNotices

    targets = targets_of(settings.sealing, settings.mail, sender)
    returned = places_of(settings.mail.bounces, os.environ, codes.outbox, now)
    notices = [WebhookNotices(codes.webhooks, settings.mail, sender, pages_address(settings))]
    every = timedelta(seconds=settings.sealing.interval_seconds)
    Housekeeping(codes, targets, every, returned, notices).run(stop)
