"""The worker: everything that is done beside the answers to calls."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from web.commands.opening import now, opened, pages_address, settings_in

if TYPE_CHECKING:
    from codes import DeliveryCodes
    from codes.model import Channel
    from web.configuration import Settings
    from web.mail.channels import Way
    from web.mail.delivery import SmtpSender

STOP_SECONDS = 3.0
log = logging.getLogger("doorcode.worker")

Work = Callable[[threading.Event], None]


def worker(options: argparse.Namespace) -> int:
    """Send mails and webhooks, seal and publish what happened, and purge what is over, until told to stop."""
    from codes.store.patience import SERVING
    from web.commands.service.starting import first_administrator
    from web.mail.examining import examine
    from web.mail.mail_worker import open_ways
    from web.processes.logs import write_logs
    from web.processes.publishing import MEND_CHECKPOINTS, OtherCheckpoint
    from web.processes.serving import STAYS_DOWN, die_with_parent

    die_with_parent()
    settings = settings_in(options.config)
    write_logs(settings.log)
    examine(settings.mail)
    tell_of_wallets(settings, now())
    sender = _smtp_sender(settings)
    ways = open_ways(settings.mail, sender, pages_address(settings), os.environ, now)
    with opened(settings, patience=SERVING) as codes:
        first_administrator(codes, settings.secrets_folder)
        stop = _told_to_stop()
        work = [*_work(settings, codes, ways), _address_checks(settings, codes, sender)]
        work += _witnessing(settings, codes)
        threads = [threading.Thread(target=each, args=(stop,), daemon=True) for each in work]
        for thread in threads:
            thread.start()
        try:
            _keep_house(settings, codes, sender, stop)
            status = 0
        except OtherCheckpoint as error:
            log.critical("ALARM: %s. The worker stops, and no mail leaves. %s", error, MEND_CHECKPOINTS)
            status = STAYS_DOWN
            stop.set()
        end = monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - monotonic()))
    return status


def tell_of_wallets(settings: Settings, at: datetime) -> None:
    """Say at the start what keeps passes for wallets from being offered, or soon will: pages only lack the button."""
    from web.commands.checks.finding import State
    from web.commands.checks.passes import check_wallets

    for each in check_wallets(settings.wallet, settings.secrets_folder, at):
        if each.state is not State.OK:
            log.warning("%s: %s; %s", each.what, each.words, each.mend)


def _smtp_sender(settings: Settings) -> SmtpSender | None:
    from web.mail.delivery import SmtpSender

    smtp = settings.mail.smtp
    return SmtpSender(smtp, password=smtp.password(os.environ), own_name=settings.mail.domain) if smtp else None


def _told_to_stop() -> threading.Event:
    stop = threading.Event()

    def tell(_number: int, _frame: object) -> None:
        stop.set()
        # What the database holds up keeps nobody from ending; it is undone there, or nobody knows.
        last = threading.Timer(STOP_SECONDS + 1, os._exit, [0])
        last.daemon = True
        last.start()

    # At SIGHUP it ends as well; whoever looks after it starts it again, with the settings as they are then.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, tell)
    return stop


def _work(settings: Settings, codes: DeliveryCodes, ways: dict[Channel, Way]) -> list[Work]:
    """Return what goes on side by side: webhooks, imports, and messages if there is a way for them."""
    from web.importing.import_worker import ImportWorker
    from web.mail.mail_worker import MailWorker
    from web.webhooks.posting import Poster
    from web.webhooks.webhook_worker import WebhookWorker

    work: list[Work] = [WebhookWorker(codes, Poster(settings.webhooks)).run, ImportWorker(codes).run]
    if ways:
        texted = frozenset(settings.mail.gateway.kinds if settings.mail.gateway else ())
        work.append(MailWorker(codes, ways, texted).run)
    return work


def _address_checks(settings: Settings, codes: DeliveryCodes, sender: SmtpSender | None) -> Work:
    """Return what looks at mail addresses; name servers are asked only where mails leave at all."""
    from web.mail.address_checker import AddressChecker, resolver_of_system

    asks = sender is not None and settings.mail.check_domains
    return AddressChecker(codes, resolver_of_system() if asks else None).run


def _witnessing(settings: Settings, codes: DeliveryCodes) -> list[Work]:
    sealing = settings.sealing
    if not sealing.witnesses and sealing.time_stamp_url is None:
        return []
    from web.processes.witnessing import Signer, TimeAuthority, Witness, Witnessing

    witnesses: list[Signer] = [Witness.of(each) for each in sealing.witnesses]
    if sealing.time_stamp_url:
        witnesses.append(TimeAuthority(sealing.time_stamp_url))
    return [Witnessing(codes, witnesses, timedelta(seconds=settings.sealing.interval_seconds)).run]


def _keep_house(settings: Settings, codes: DeliveryCodes, sender: SmtpSender | None, stop: threading.Event) -> None:
    from codes.store.patience import LONG_SECONDS, have_patience
    from web.mail.returned.mailbox import places_of
    from web.processes.housekeeping import Housekeeping
    from web.processes.publishing import Published, targets_of
    from web.webhooks.office_notice import WebhookNotices

    have_patience(LONG_SECONDS)
    targets = targets_of(settings.sealing, settings.mail, sender)
    read_returned = [each.read_all for each in places_of(settings.mail.bounces, os.environ, codes)]
    tell = [WebhookNotices(codes, settings.mail, sender, pages_address(settings)).tell]
    every = timedelta(seconds=settings.sealing.interval_seconds)
    published = Published(settings.data_folder / "published.json")
    Housekeeping(codes, targets, published, every, read_returned, tell).run(stop)
