"""Shopware 6: webhooks of an app when a delivery's or order's state changes. developer.shopware.com, Webhook.

The secret is the one that the app gave the shop when it registered.
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
    call_digest,
    hex_signature_holds,
    joined,
    label,
    listed,
    needed,
    numbers,
    words,
    written,
)

SHIPPED = frozenset({"state_enter.order_delivery.state.shipped", "state_enter.order_delivery.state.shipped_partially"})
ENDS = {
    "state_enter.order.state.cancelled": Ending.CANCELLED,
    "state_enter.order_delivery.state.cancelled": Ending.CANCELLED,
    "state_enter.order_delivery.state.returned": Ending.RETURNED,
}
EVENTS = SHIPPED | ENDS.keys()


def signature_holds(headers: Headers, body: bytes, secret: bytes) -> bool:
    """Check shopware-shop-signature."""
    return hex_signature_holds(headers.get("shopware-shop-signature", ""), body, secret)


def topic_of(_headers: Headers, document: Any) -> str:
    """Return the event's name."""
    return words(within(document, "data.event")) or ""


def call_id_of(_headers: Headers, document: Any, body: bytes) -> str:
    """Name a call by its event's id, which newer versions send."""
    return words(within(document, "source.eventId")) or call_digest(body)


def read(topic: str, document: Any) -> Read:
    """Read what was shipped, or will not be received. Raises NotRead."""
    if topic not in EVENTS:
        return Ignored("this event announces nothing")
    order = within(document, "data.payload.order")
    if topic in ENDS:
        return Stopped(needed(order, "orderNumber", read=label), ENDS[topic])
    deliveries = listed(within(order, "deliveries"))
    tracking = numbers(code for each in deliveries for code in listed(within(each, "trackingCodes")))
    if not tracking:
        needed(order, "orderNumber", read=label)
        return Ignored("no tracking code in data.payload.order.deliveries")
    addresses = [within(each, "shippingOrderAddress") for each in deliveries]
    address = next((each for each in addresses if each), None)
    customer = within(order, "orderCustomer")
    return Shipped(
        tracking_numbers=tracking,
        order=needed(order, "orderNumber", read=label),
        name=_name(address) or _name(customer) or needed(order, "deliveries.shippingOrderAddress.lastName"),
        email=words(within(customer, "email")),
        address=Address(
            street=written(
                STREET,
                within(address, "street"),
                within(address, "additionalAddressLine1"),
                within(address, "additionalAddressLine2"),
            ),
            postcode=words(within(address, "zipcode")),
            city=written(CITY, within(address, "city")),
            note=written(NOTE, within(order, "customerComment")),
        ),
        language=words(within(order, "language.locale.code")),
        value=needed(order, "amountTotal", read=amount),
        currency=needed(order, "currency.isoCode"),
        phone=words(within(address, "phoneNumber")),
    )


def _name(person: Any) -> str:
    return joined(within(person, "firstName"), within(person, "lastName")) or words(within(person, "company")) or ""
