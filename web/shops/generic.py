"""Any system that signs its calls and sends JSON, read by a mapping of its fields."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import Headers

from codes.model import Ending
from web.shops.field_mapping import FieldMapping, Scheme, found
from web.shops.signed_orders import (
    CITY,
    NOTE,
    STREET,
    Address,
    Ignored,
    Meaning,
    Moved,
    NotRead,
    Read,
    Shipped,
    Stopped,
    numbers,
    written,
)
from web.standard_webhooks import key_in

OLDEST_SECONDS = 300
"""So old may the moment be that is signed with a call (Standard Webhooks, Verifying webhook authenticity)."""
ENDS = {Meaning.RETURNED: Ending.RETURNED, Meaning.CANCELLED: Ending.CANCELLED}


@dataclass(frozen=True, slots=True)
class MappedVendor:
    """What the modules of known shops do, by a mapping."""

    mapping: FieldMapping
    now: datetime

    def signature_holds(self, headers: Headers, body: bytes, secret: bytes) -> bool:
        """Check who sent it, by the scheme that the mapping names."""
        try:
            return _SCHEMES[self.mapping.scheme](self, headers, body, secret)
        except (KeyError, ValueError):
            return False

    def topic_of(self, headers: Headers, document: Any) -> str:
        """Return the status that a call tells."""
        return self.mapping.status_of(headers, document)

    def call_id_of(self, headers: Headers, _document: Any) -> str | None:
        """Return the id that stays the same when a call is repeated."""
        return headers.get("webhook-id") if self.mapping.scheme is Scheme.STANDARD else None

    def read(self, status: str, document: Any) -> Read:
        """Read what was shipped, is on its way, or will not be received. Raises NotRead."""
        meaning, tracking = self.mapping.meaning_of(status), numbers(found(document, self.mapping.tracking))
        if meaning is None:
            return Ignored(f"this status means nothing here: {status or 'none'}")
        if meaning in ENDS and not tracking and self.mapping.order:
            return Stopped(self._needed(document, "order"), ENDS[meaning])
        if not tracking:
            return Ignored(f"no tracking number at {self.mapping.tracking}")
        return self._shipped(document, tracking) if meaning is Meaning.ANNOUNCED else Moved(tracking, meaning)

    def _shipped(self, document: Any, tracking: tuple[str, ...]) -> Shipped:
        m = self.mapping
        return Shipped(
            tracking_numbers=tracking,
            order=self._needed(document, "order") if m.order else tracking[0],
            name=self._needed(document, "name"),
            email=_first(document, m.email),
            address=Address(
                street=written(STREET, *found(document, m.street)),
                postcode=_first(document, m.postcode),
                city=written(CITY, *found(document, m.city)),
                note=written(NOTE, *found(document, m.note)),
            ),
            language=_first(document, m.recipient_language),
            value=_first(document, m.value),
            currency=_first(document, m.currency),
            phone=_first(document, m.phone),
        )

    def _needed(self, document: Any, field: str) -> str:
        path = getattr(self.mapping, field)
        if not (text := " ".join(found(document, path))):
            raise NotRead(f"missing: {field}, at {path}")
        return text

    def _by_hmac(self, headers: Headers, body: bytes, secret: bytes) -> bool:
        m = self.mapping
        given = headers[m.header].strip()
        if not given.startswith(m.prefix):
            return False
        given = given.removeprefix(m.prefix).strip()
        signed = self._fresh(headers[m.timestamp_header]) + b"." + body if m.timestamp_header else body
        digest = hmac.digest(secret, signed, m.algorithm)
        right = digest.hex() if m.encoding == "hex" else base64.b64encode(digest).decode()
        return hmac.compare_digest(right.encode(), (given.lower() if m.encoding == "hex" else given).encode())

    def _by_standard(self, headers: Headers, body: bytes, secret: bytes) -> bool:
        key = key_in(secret.decode())
        signed = f"{headers['webhook-id']}.".encode() + self._fresh(headers["webhook-timestamp"]) + b"." + body
        right = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        return any(hmac.compare_digest(right, each.encode()) for each in headers["webhook-signature"].split())

    def _by_token(self, headers: Headers, _body: bytes, secret: bytes) -> bool:
        return hmac.compare_digest(headers[self.mapping.header].encode(), self.mapping.prefix.encode() + secret)

    def _by_password(self, headers: Headers, _body: bytes, secret: bytes) -> bool:
        try:
            given = base64.b64decode(headers["Authorization"].removeprefix("Basic "), validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given.partition(b":")[2], secret)

    def _fresh(self, timestamp: str) -> bytes:
        """Return the moment as it was signed. Raises ValueError where it is too far from now."""
        if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(int(timestamp) - self.now.timestamp()) > OLDEST_SECONDS:
            raise ValueError("an old call")
        return timestamp.encode()


_SCHEMES = {
    Scheme.HMAC: MappedVendor._by_hmac,
    Scheme.STANDARD: MappedVendor._by_standard,
    Scheme.TOKEN: MappedVendor._by_token,
    Scheme.PASSWORD: MappedVendor._by_password,
}


def _first(document: Any, path: str) -> str | None:
    return next(iter(found(document, path)), None) if path else None
