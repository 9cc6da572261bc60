"""What somebody shows or types at this kiosk, as it signs it: a presentation, or the question what waits for a name."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scanner.kiosk.identity import Identity

SignedPresentation = dict[str, Any]
_RELEASES = "doorcode-presentation-1"
_ASKS = "doorcode-collection-1"
OLDEST_IN_QUEUE = timedelta(days=30)
"""As `OLDEST_IN_QUEUE` of codes/verification/decision.py."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Six digits, and who typed them: by name, or by the number of a parcel."""

    digits: str
    name: str = ""
    reference: str = ""


Shown = str | Typed
"""A symbol's text, or what somebody typed."""


def sign_presentation(identity: Identity, shown: Shown) -> SignedPresentation:
    """Return a new, signed presentation of a symbol's text, or of digits with a parcel's number, made now."""
    return _signed(identity, _body(shown))


def sign_question(identity: Identity, typed: Typed) -> SignedPresentation:
    """Return the signed question what waits here for a name and digits; nothing is released by it."""
    body = {**_body(typed), "name": typed.name}
    return {**body, "signature": identity.sign(signed_text(body, identity.device_id, _ASKS))}


def as_offline(identity: Identity, body: SignedPresentation) -> SignedPresentation:
    """Return the same presentation, of the same id and time, said to have been made without the service."""
    return _signed(identity, {**body, "offline": True})


def as_of_this_kiosk(identity: Identity, body: SignedPresentation) -> SignedPresentation:
    """Return what another identity signed as a new presentation: the service answers for the old one to no other."""
    return _signed(identity, {**body, "presentation_id": str(uuid.uuid4())})


def with_time_put_right(identity: Identity, body: SignedPresentation, service_time: datetime) -> SignedPresentation:
    """Return the same presentation with the time that it was by the service's clock; as `putRight` of the pages does.

    If this computer's clock was mended since, nobody knows when it was: then it is now.
    """
    shifted = datetime.fromisoformat(body["presented_at"]) + (service_time - datetime.now(UTC))
    is_possible = service_time - OLDEST_IN_QUEUE < shifted <= service_time
    return _signed(identity, {**body, "presented_at": (shifted if is_possible else service_time).isoformat()})


def _body(shown: Shown) -> SignedPresentation:
    typed = shown if isinstance(shown, Typed) else None
    return {
        "presentation_id": str(uuid.uuid4()),
        "parcels": [{"reference": typed.reference, "by": "choice"}] if typed is not None and typed.reference else [],
        "payload": shown if typed is None else None,
        "digits": typed.digits if typed is not None else None,
        "presented_at": datetime.now(UTC).isoformat(),
        "offline": False,
        "salt": secrets.token_hex(16),
    }


def _signed(identity: Identity, body: SignedPresentation) -> SignedPresentation:
    return {**body, "signature": identity.sign(signed_text(body, identity.device_id, _RELEASES))}


def signed_text(body: SignedPresentation, device_id: str, form: str) -> str:
    """Write what `Presentation.signed_text` of the service writes; tried on ``tests/cases/signed-text.json``."""
    salt = bytes.fromhex(body["salt"])
    lines = [
        form,
        body["presentation_id"],
        device_id,
        body["presented_at"],
        "offline" if body["offline"] else "online",
        "digits" if body["payload"] is None else "payload",
        _digest(salt, body["payload"] or body["digits"]),
    ]
    for place, parcel in enumerate(body["parcels"], start=1):
        label_salt = hashlib.sha256(salt + f"\0parcel {place}".encode()).digest()
        lines.append(f"parcel {_digest(label_salt, parcel['reference'])} {parcel['by']}")
    if body.get("name"):
        lines.append(f"name {_digest(salt, body['name'])}")
    return "\n".join(lines)


def _digest(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()
