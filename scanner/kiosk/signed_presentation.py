"""One presentation as this kiosk signs it."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from scanner.kiosk.identity import Identity

SignedPresentation = dict[str, Any]


def sign_presentation(identity: Identity, text: str) -> SignedPresentation:
    """Return a new, signed presentation of a text, made now."""
    body: SignedPresentation = {
        "presentation_id": str(uuid.uuid4()),
        "parcels": [],
        "payload": text,
        "presented_at": datetime.now(UTC).isoformat(),
        "offline": False,
        "salt": secrets.token_hex(16),
    }
    return _signed(identity, body)


def as_offline(identity: Identity, body: SignedPresentation) -> SignedPresentation:
    """Return the same presentation, of the same id and time, said to have been made without the service."""
    return _signed(identity, {**body, "offline": True})


def _signed(identity: Identity, body: SignedPresentation) -> SignedPresentation:
    return {**body, "signature": identity.sign(_signed_text(body, identity.device_id))}


def _signed_text(body: SignedPresentation, device_id: str) -> str:
    salted = bytes.fromhex(body["salt"]) + body["payload"].encode()
    return "\n".join(
        [
            "doorcode-presentation-1",
            body["presentation_id"],
            device_id,
            body["presented_at"],
            "offline" if body["offline"] else "online",
            "payload",
            hashlib.sha256(salted).hexdigest(),
        ]
    )
