"""Any system that signs its calls and sends JSON, read by a mapping of its fields."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import Headers

from codes.model import Ending
from web.shops.field_mapping import HEADER, READERS, FieldMapping, Scheme, found
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
    call_digest,
    is_fresh,
    numbers,
    words,
    written,
)
from web.standard_webhooks import key_in

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

    def call_id_of(self, headers: Headers, document: Any, body: bytes) -> str:
        """Name a call by its signed id, or else by its body with the status that a header tells of it."""
        if self.mapping.scheme is Scheme.STANDARD:
            return headers["webhook-id"]
        return call_digest(body, self.topic_of(headers, document) if self.mapping.status.startswith(HEADER) else "")

    def read(self, status: str, document: Any) -> Read:
        """Read what was shipped, is on its way, or will not be received. Raises NotRead."""
        meaning, tracking = self.mapping.meaning_of(status), numbers(self._found(document, "tracking"))
        if meaning is None:
            return Ignored(f"this status means nothing here: {status or 'none'}")
        if meaning in ENDS and not tracking and self.mapping.order:
            return Stopped(self._needed(document, "order"), ENDS[meaning])
        if not tracking:
            return Ignored(f"no tracking number at {self.mapping.tracking}")
        return self._shipped(document, tracking) if meaning is Meaning.ANNOUNCED else Moved(tracking, meaning)

    def _shipped(self, document: Any, tracking: tuple[str, ...]) -> Shipped:
        return Shipped(
            tracking_numbers=tracking,
            order=self._needed(document, "order") if self.mapping.order else tracking[0],
            name=self._needed(document, "name"),
            email=self._first(document, "email"),
            address=Address(
                street=written(STREET, *self._found(document, "street")),
                postcode=self._first(document, "postcode"),
                city=written(CITY, *self._found(document, "city")),
                note=written(NOTE, *self._found(document, "note")),
            ),
            language=self._first(document, "recipient_language"),
            value=self._first(document, "value"),
            currency=self._first(document, "currency"),
            phone=self._first(document, "phone"),
        )

    def _needed(self, document: Any, field: str) -> str:
        if not (text := " ".join(self._found(document, field))):
            raise NotRead(f"missing: {field}, at {getattr(self.mapping, field)}")
        return text

    def _first(self, document: Any, field: str) -> str | None:
        return next(iter(self._found(document, field)), None)

    def _found(self, document: Any, field: str) -> list[str]:
        return found(document, getattr(self.mapping, field), READERS.get(field, words))

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
        if not is_fresh(timestamp, self.now):
            raise ValueError("an old call")
        return timestamp.encode()


_SCHEMES = {
    Scheme.HMAC: MappedVendor._by_hmac,
    Scheme.STANDARD: MappedVendor._by_standard,
    Scheme.TOKEN: MappedVendor._by_token,
    Scheme.PASSWORD: MappedVendor._by_password,
}
