"""A receiver, and a worker that may write to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from uuid import UUID

import pytest

from codes import Announcement, Database, DeliveryCodes, Person
from tests.codes.conftest import driver, make_codes, ring_file  # noqa: F401
from tests.parts.clock import TurnableClock
from tests.parts.webhook_receiver import WebhookReceiver, running_receiver
from web.webhooks.posting import Poster
from web.webhooks.settings import WebhookSettings
from web.webhooks.worker import WebhookWorker

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
        return WebhookWorker(codes.webhook_queue, Poster(settings), clock)

    return make


@pytest.fixture
def codes(database: Database, make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:  # noqa: F811
    """Delivery codes, once on each kind of database."""
    delivery_codes = make_codes()
    yield delivery_codes
    delivery_codes.close()


def happen(codes: DeliveryCodes, *references: str) -> None:
    """Announce parcels, and seal it."""
    codes.announce([Announcement(each, Person(f"Sample {each}", f"{each.lower()}@example.org")) for each in references])
    codes.log.seal()


def add(codes: DeliveryCodes, receiver: WebhookReceiver, path: str = "/", **more: object) -> UUID:
    """Add a webhook that leads to a path of the receiver."""
    return codes.webhooks.add(f"to {path}", receiver.url + path, **more)  # type: ignore[arg-type]
