"""What shop systems have in common: a signature over the raw body, and orders in JSON."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import Headers as Headers

from codes.model import Ending
from web.outside_json import within
from web.outside_text import one_line

Reader = Callable[[Any], str | None]
"""Reads one value of JSON as a text; None where there is none."""

OLDEST_SECONDS = 300
"""So old may the moment be that is signed with a call (Standard Webhooks, Verifying webhook authenticity)."""
STREET, CITY, NOTE = 200, 100, 300
"""So long the API takes them."""


class Meaning(StrEnum):
    """What a status of theirs means here."""

    ANNOUNCED = "announced"
    OUT_FOR_DELIVERY = "out_for_delivery"
    NEAR = "near"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class NotRead(Exception):
    """The call cannot be read as the vendor documents it; the text says which field is missing. Names no person."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A call that announces nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where an order is shipped to. ``note`` is what the customer wrote for the driver."""

    street: str | None
    postcode: str | None
    city: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Shipped:
    """One order of which something was shipped: a parcel for each tracking number."""

    tracking_numbers: tuple[str, ...]
    order: str
    name: str
    email: str | None
    address: Address
    language: str | None
    value: str | None
    currency: str | None
    phone: str | None = None

    def bodies(self, sender: str, language: str) -> list[dict[str, Any]]:
        """Return the parcels as the API takes them. Each counts with the whole order's value.

        What is shipped of one order later joins what was shipped before.
        """
        worth = {"value": self.value, "currency": self.currency}
        recipient = {"name": self.name, "email": self.email, "phone": self.phone, **asdict(self.address)}
        return [
            {
                "reference": number,
                "recipient": {**recipient, "language": _language(self.language) or language},
                "sender": sender,
                "consignment": self.order,
                # What is worth nobody knows how much might be worth a lot.
                **{name: text for name, text in worth.items() if text is not None},
                **({} if self.value is not None else {"sender_wish": True}),
            }
            for number in self.tracking_numbers
        ]


@dataclass(frozen=True, slots=True)
class Stopped:
    """An order, or some of its parcels, that will not be received. Without tracking numbers all of it is meant."""

    order: str
    ending: Ending
    tracking_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """Parcels that are on their way or ended, as their carrier tells it."""

    tracking_numbers: tuple[str, ...]
    meaning: Meaning


Read = Shipped | Stopped | Moved | Ignored


def base64_signature_holds(given: str, body: bytes, secret: bytes) -> bool:
    """Compare with HMAC-SHA256 in base64, as text: unpadded forms are no second spelling."""
    return hmac.compare_digest(base64.b64encode(hmac.digest(secret, body, hashlib.sha256)), given.strip().encode())


def hex_signature_holds(given: str, body: bytes, secret: bytes) -> bool:
    """Compare with HMAC-SHA256 in hexadecimal."""
    return hmac.compare_digest(hmac.new(secret, body, hashlib.sha256).hexdigest().encode(), given.strip().encode())


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Tell whether a moment that is signed, in seconds since 1970, is as new as it has to be."""
    return bool(re.fullmatch("[0-9]{1,12}", timestamp)) and abs(int(timestamp) - now.timestamp()) <= OLDEST_SECONDS


def call_digest(body: bytes, beside: str = "") -> str:
    """Name a call by what is signed of it, so that no other id makes it a new one; ``beside`` is read, and unsigned."""
    return hashlib.sha256(beside.encode("utf-8", "replace") + b"\n" + body).hexdigest()


def needed(document: Any, *paths: str, read: Reader | None = None) -> str:
    """Return the first of these fields that holds something. Raises NotRead with the names of all."""
    for path in paths:
        if (text := (read or words)(within(document, path))) is not None:
            return text
    raise NotRead(f"missing: {' or '.join(paths)}")


def words(value: Any) -> str | None:
    """Return a field's text, or None if there is none. A number is no text: it has lost its zeros, or its end."""
    return value.strip() or None if isinstance(value, str) else None


def label(value: Any) -> str | None:
    """Return what something is called: a text, or a whole number, as systems number orders, states and houses."""
    return str(value) if _is_number(value) and isinstance(value, int) else words(value)


def amount(value: Any) -> str | None:
    """Return an amount of money, written as a text or as a number."""
    return str(value) if _is_number(value) else words(value)


def tracking_number(value: Any) -> str | None:
    """Return a tracking number, or None if there is none. Raises NotRead for one that is written as a number."""
    if _is_number(value):
        raise NotRead("a tracking number is sent as a number: write it as text, or it loses its zeros or its end")
    return words(value)


def written(length: int, *parts: Any) -> str | None:
    """Join what customers typed freely, over several lines too, to one line of at most this length."""
    return one_line(", ".join(text for part in parts if (text := label(part))), length) or None


def joined(*parts: Any) -> str:
    """Join a name's parts."""
    return " ".join(text for part in parts if (text := words(part)))


def listed(value: Any) -> list[Any]:
    """Return a list's members; of anything else, none."""
    return list(value) if isinstance(value, list) else []


def numbers(found: Iterable[Any]) -> tuple[str, ...]:
    """Return tracking numbers once each, in order. Raises NotRead for one that is no text."""
    return tuple(dict.fromkeys(text for each in found if (text := tracking_number(each))))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _language(tag: str | None) -> str | None:
    """Keep the language of a tag such as de-DE or de_DE; what else it may be, the parcel's own check refuses."""
    return tag.replace("_", "-").split("-")[0].lower() if tag else None
