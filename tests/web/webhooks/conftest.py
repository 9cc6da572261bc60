"""A receiver, and a worker that may write to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest

from codes import Database, DeliveryCodes
from tests.parts.clock import TurnableClock
from tests.parts.domain import driver, make_codes, ring_file  # noqa: F401
from tests.parts.servers.webhook_receiver import WebhookReceiver, running_receiver
from web.settings import WebhookSettings
from web.webhooks.posting import Poster
from web.webhooks.webhook_worker import WebhookWorker

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """A receiver on the loopback interface."""
    with running_receiver() as running:
        yield running


@pytest.fixture
def make_worker(clock: TurnableClock) -> Callable[..., WebhookWorker]:
    """Make a worker that may write to the loopback interface, and waits long enough for answers on a busy machine."""

    def make(codes: DeliveryCodes, **changes: object) -> WebhookWorker:
        settings = WebhookSettings(timeout_seconds=30, allowed_networks=LOOPBACK).model_copy(update=changes)
        return WebhookWorker(codes, Poster(settings))

    return make


@pytest.fixture
def codes(database: Database, make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:  # noqa: F811
    """Delivery codes, once on each kind of database."""
    delivery_codes = make_codes()
    yield delivery_codes
    delivery_codes.close()
