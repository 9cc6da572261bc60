"""The body and the signature of a message, by Standard Webhooks (standardwebhooks.com, symmetric, v1)."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from codes.integrations.webhook_queue import QueuedEvent
from codes.proving.chain import write_moment
from web.api.answers import Answered, Moment


class EventData(Answered):
    """Which parcel it happened to, and what is known of it: ids and facts, never a code, never a person."""

    event_id: str
    parcel_id: str
    reference: str
    facts: dict[str, Any]


class EventMessage(Answered):
    """An event, as a webhook is sent it."""

    type: str
    timestamp: Moment
    test: bool
    data: EventData


def body_of(message: QueuedEvent) -> bytes:
    """Write what is told of an event."""
    event = message.event
    data = EventData(
        event_id=event.event_id,
        parcel_id=str(event.parcel_id),
        reference=event.reference,
        facts=dict(event.facts),
    )
    told = EventMessage(type=f"parcel.{event.kind}", timestamp=event.at, test=message.test, data=data)
    return _written(told.model_dump(mode="json"))


def body_of_test(now: datetime) -> bytes:
    """Write a message that tells of nothing, for a receiver to be tried with."""
    return _written({"type": "test", "timestamp": write_moment(now), "test": True, "data": {}})


def signed_headers(message_id: UUID, secrets: Sequence[bytes], now: datetime, body: bytes) -> dict[str, str]:
    """Sign with each live secret; a receiver takes the message if it knows one of them."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets]
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
