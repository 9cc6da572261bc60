"""WooCommerce: the orders' topics. developer.woocommerce.com, Webhooks, and the order of the REST API v3.

WooCommerce itself knows no tracking numbers; they are read where the extension Shipment Tracking keeps them.
"""

from __future__ import annotations

from typing import Any

from codes.model import Ending
from web.outside_json import within
from web.shops.signed_orders import (
    CITY,
    NOTE,
    STREET,
    Address,
    Headers,
    Ignored,
    Read,
    Shipped,
    Stopped,
    amount,
    base64_signature_holds,
    call_digest,
    joined,
    label,
    listed,
    needed,
    numbers,
    words,
    written,
)

TOPICS = frozenset({"order.created", "order.updated"})
SHIPPED = frozenset({"completed", "shipped"})
STOPPED = frozenset({"cancelled", "trash"})
TRACKING = "_wc_shipment_tracking_items"
LANGUAGE = "wpml_language"


def signature_holds(headers: Headers, body: bytes, secret: bytes) -> bool:
    """Check X-WC-Webhook-Signature."""
    return base64_signature_holds(headers.get("X-WC-Webhook-Signature", ""), body, secret)


def topic_of(headers: Headers, _document: Any) -> str:
    """Return what the call is about."""
    return headers.get("X-WC-Webhook-Topic", "")


def call_id_of(headers: Headers, _document: Any, body: bytes) -> str:
    """Name a call. WooCommerce signs neither its id nor its topic."""
    topic = topic_of(headers, None)
    return call_digest(body, "" if topic in TOPICS else f"topic {topic}")


def read(topic: str, document: Any) -> Read:
    """Read what was shipped, or will not be received. Raises NotRead."""
    if topic not in TOPICS:
        return Ignored("this topic announces nothing")
    if words(within(document, "status")) in STOPPED:
        return Stopped(needed(document, "number", "id", read=label), Ending.CANCELLED)
    if needed(document, "status") not in SHIPPED:
        return Ignored("the order is not completed yet")
    meta = {words(within(each, "key")): within(each, "value") for each in listed(within(document, "meta_data"))}
    tracking = numbers(within(each, "tracking_number") for each in listed(meta.get(TRACKING)))
    if not tracking:
        return Ignored(f"no tracking number in meta_data.{TRACKING}")
    shipping, billing = within(document, "shipping"), within(document, "billing")
    return Shipped(
        tracking_numbers=tracking,
        order=needed(document, "number", "id", read=label),
        name=_name(shipping) or _name(billing) or needed(document, "shipping.last_name", "billing.last_name"),
        email=words(within(billing, "email")),
        address=_address(shipping, billing, within(document, "customer_note")),
        language=words(meta.get(LANGUAGE)),
        value=needed(document, "total", read=amount),
        currency=needed(document, "currency"),
        phone=words(within(shipping, "phone")) or words(within(billing, "phone")),
    )


def _address(shipping: Any, billing: Any, note: Any) -> Address:
    """Read where it is shipped to: as a whole from one of the two, never half from each."""
    where = shipping if any(words(within(shipping, each)) for each in ("address_1", "postcode", "city")) else billing
    return Address(
        street=written(STREET, within(where, "address_1"), within(where, "address_2")),
        postcode=words(within(where, "postcode")),
        city=written(CITY, within(where, "city")),
        note=written(NOTE, note),
    )


def _name(address: Any) -> str:
    person = joined(within(address, "first_name"), within(address, "last_name"))
    return person or words(within(address, "company")) or ""
