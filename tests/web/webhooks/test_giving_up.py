"""A receiver that takes nothing for days is switched off, the office is told, and it gets later what it missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from codes import DeliveryCodes
from codes.integrations.webhook_queue import GIVE_UP_AFTER, listed_messages
from codes.integrations.webhooks import change_webhook, webhook_of
from codes.model import EventKind
from tests.parts.clock import TurnableClock
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.servers.webhook_receiver import WebhookReceiver, add, happen
from web.mail.delivery import SmtpSender
from web.mail.settings import MailSettings, Security, SmtpSettings
from web.processes.housekeeping import Housekeeping
from web.processes.publishing import Published
from web.webhooks.office_notice import WebhookNotices
from web.webhooks.webhook_worker import WebhookWorker

Make = Callable[..., WebhookWorker]


def fail_for_good(codes: DeliveryCodes, worker: WebhookWorker, webhook: UUID, clock: TurnableClock) -> None:
    """Try what is due, and wait for the next try, until nothing is due any more."""
    while worker.deliver_due():
        waits = [each.due_at for each in codes.read(listed_messages, webhook, limit=20) if each.due_at]
        clock.now = max(clock.now, min(waits, default=clock.now))


def taken(receiver: WebhookReceiver) -> set[str]:
    return {json.loads(each.body)["data"]["reference"] for each in receiver.received}


def test_a_receiver_that_takes_nothing_for_days_is_switched_off_and_gets_what_it_missed_when_switched_on(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make, clock: TurnableClock
) -> None:
    receiver.answers["/"] = 503
    webhook, worker = add(codes, receiver, kinds=[EventKind.ANNOUNCED]), make_worker(codes)
    happen(codes, "P-1")
    began = clock()
    fail_for_good(codes, worker, webhook, clock)
    found = codes.read(webhook_of, webhook)
    assert (found.enabled, found.failing_since) == (True, began)
    happen(codes, "P-2")
    fail_for_good(codes, worker, webhook, clock)
    found = codes.read(webhook_of, webhook)
    assert (found.enabled, found.given_up_at) == (False, clock())
    assert clock() - began >= GIVE_UP_AFTER
    happen(codes, "P-3")
    assert worker.deliver_due() == 0
    receiver.answers.clear()
    receiver.received.clear()
    codes.write(change_webhook, webhook, enabled=True)
    while worker.deliver_due():
        pass
    assert taken(receiver) == {"P-1", "P-2", "P-3"}
    found = codes.read(webhook_of, webhook)
    assert (found.failing_since, found.given_up_at) == (None, None)


def test_one_event_that_was_taken_in_between_keeps_a_webhook_on(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make, clock: TurnableClock
) -> None:
    webhook, worker = add(codes, receiver, kinds=[EventKind.ANNOUNCED]), make_worker(codes)
    for reference in ("P-1", "P-2", "P-3"):
        receiver.answers["/"] = 503
        happen(codes, reference)
        fail_for_good(codes, worker, webhook, clock)
        assert codes.read(webhook_of, webhook).failing_since is not None
        receiver.answers.clear()
        happen(codes, f"{reference}-TAKEN")
        fail_for_good(codes, worker, webhook, clock)
        assert codes.read(webhook_of, webhook).failing_since is None
    assert codes.read(webhook_of, webhook).enabled


def test_the_office_is_told_by_mail_once_and_again_when_it_happens_again(
    codes: DeliveryCodes,
    receiver: WebhookReceiver,
    make_worker: Make,
    clock: TurnableClock,
    tmp_path: Path,
    smtp_server: SmtpServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mail = MailSettings(
        sender_name="Doorcode",
        sender_address="doorcode@example.org",
        operations_address="parcels@example.org",
        operations_language="en",
    )
    smtp = SmtpSettings(host=smtp_server.host, port=smtp_server.port, security=Security.NONE)
    sender = SmtpSender(smtp, password=None, own_name="example.org")
    notices = WebhookNotices(codes, mail, sender, "https://parcels.example.org")
    published = Published(tmp_path / "published.json")
    house = Housekeeping(codes, [], published, timedelta(seconds=60), tell=[notices.tell])
    receiver.answers["/"] = 503
    webhook, worker = add(codes, receiver, kinds=[EventKind.ANNOUNCED]), make_worker(codes)
    for told in (1, 2):
        happen(codes, f"P-{told}", f"Q-{told}")
        fail_for_good(codes, worker, webhook, clock)
        house.tidy()
        assert len(smtp_server.messages) == told - 1
        happen(codes, f"R-{told}")
        fail_for_good(codes, worker, webhook, clock)
        assert not codes.read(webhook_of, webhook).enabled
        smtp_server.behaviour.to_recipient = "451 later"
        house.tidy()
        smtp_server.behaviour.to_recipient = "250 OK"
        house.tidy()
        house.tidy()
        assert len(smtp_server.messages) == told
        codes.write(change_webhook, webhook, enabled=True)
    message = smtp_server.messages[-1]
    assert message["To"] == "parcels@example.org"
    assert message["Subject"] == "A webhook was switched off"
    assert f"https://parcels.example.org/office/webhooks/{webhook}" in message.get_content()
    assert "was switched off" in caplog.text
