"""Webhooks, and something to tell them."""

from __future__ import annotations

from uuid import UUID

from codes import Announcement, DeliveryCodes, Person
from codes.integrations.webhooks import add_webhook
from tests.parts.webhook_receiver import WebhookReceiver


def happen(codes: DeliveryCodes, *references: str) -> None:
    """Announce parcels, and seal it."""
    codes.announce([Announcement(each, Person(f"Sample {each}", f"{each.lower()}@example.org")) for each in references])
    codes.seal()


def add(codes: DeliveryCodes, receiver: WebhookReceiver, path: str = "/", **more: object) -> UUID:
    """Add a webhook that leads to a path of the receiver."""
    return codes.write(add_webhook, f"to {path}", receiver.url + path, **more)  # type: ignore[arg-type]
