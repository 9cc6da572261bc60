"""Shopify: the topics of fulfillments and orders, as shopify.dev documents them (Webhooks, Fulfillment, Order)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from codes.model import Ending
from web.outside_json import within
from web.shops.signed_orders import (
    CITY,
    STREET,
    Address,
    Headers,
    Ignored,
    NotRead,
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

FULFILLMENTS = frozenset({"fulfillments/create", "fulfillments/update"})
ORDERS = frozenset({"orders/fulfilled", "orders/partially_fulfilled", "orders/updated", "orders/create"})
CANCELLED = "orders/cancelled"
READ = FULFILLMENTS | ORDERS | {CANCELLED}
NOT_SHIPPED = frozenset({"cancelled", "error", "failure"})


def signature_holds(headers: Headers, body: bytes, secret: bytes) -> bool:
    """Check X-Shopify-Hmac-Sha256."""
    return base64_signature_holds(headers.get("X-Shopify-Hmac-Sha256", ""), body, secret)


def topic_of(headers: Headers, _document: Any) -> str:
    """Return what the call is about."""
    return headers.get("X-Shopify-Topic", "")


def call_id_of(headers: Headers, _document: Any, body: bytes) -> str:
    """Name a call. Shopify signs neither its id nor its topic: whoever has a call could send it under others."""
    topic = topic_of(headers, None)
    return call_digest(body, "" if topic in READ else f"topic {topic}")


def read(topic: str, document: Any) -> Read:
    """Read what was shipped, or will not be received. Raises NotRead."""
    if topic in FULFILLMENTS:
        return _fulfillment(document)
    if topic not in READ:
        return Ignored("this topic announces nothing")
    if words(within(document, "cancelled_at")):
        return Stopped(needed(document, "name", "id", read=label), Ending.CANCELLED)
    if topic == CANCELLED:
        raise NotRead("missing: cancelled_at")
    return _order(document)


def _fulfillment(document: Any) -> Read:
    tracking = _tracking(document)
    status = words(within(document, "status"))
    if tracking and status == "cancelled":
        return Stopped(_order_of(document), Ending.CANCELLED, tracking)
    if not tracking or status in NOT_SHIPPED:
        return Ignored("nothing shipped with a tracking number")
    address, items = within(document, "destination"), listed(within(document, "line_items"))
    money = [(needed(each, "price", read=amount), _count(each)) for each in items]
    currencies = [words(within(each, "price_set.shop_money.currency_code")) for each in items]
    return Shipped(
        tracking_numbers=tracking,
        order=_order_of(document),
        name=_name(address) or needed(document, "destination.name"),
        email=words(within(document, "email")),
        address=_address(address),
        language=None,
        value=_sum(money),
        currency=needed({"line_items": next(filter(None, currencies), None)}, "line_items"),
        phone=words(within(address, "phone")),
    )


def _order(document: Any) -> Read:
    fulfillments = listed(within(document, "fulfillments"))
    shipped = [each for each in fulfillments if words(within(each, "status")) not in NOT_SHIPPED]
    tracking = numbers(number for each in shipped for number in _tracking(each))
    if not tracking:
        return Ignored("nothing shipped with a tracking number")
    address = within(document, "shipping_address")
    return Shipped(
        tracking_numbers=tracking,
        order=needed(document, "name", "id", read=label),
        name=_name(address) or needed(document, "shipping_address.name"),
        email=words(within(document, "email")) or words(within(document, "contact_email")),
        address=_address(address),
        language=words(within(document, "customer_locale")),
        value=needed(document, "total_price", read=amount),
        currency=needed(document, "currency"),
        phone=words(within(address, "phone")) or words(within(document, "phone")),
    )


def _order_of(fulfillment: Any) -> str:
    """Return the order's name: "#1001.1" is the first fulfillment of order "#1001"."""
    return needed(fulfillment, "name", "order_id", read=label).split(".")[0]


def _tracking(fulfillment: Any) -> tuple[str, ...]:
    many = listed(within(fulfillment, "tracking_numbers"))
    return numbers(many or [within(fulfillment, "tracking_number")])


def _name(address: Any) -> str:
    return words(within(address, "name")) or joined(within(address, "first_name"), within(address, "last_name"))


def _address(address: Any) -> Address:
    return Address(
        street=written(STREET, within(address, "address1"), within(address, "address2")),
        postcode=words(within(address, "zip")),
        city=written(CITY, within(address, "city")),
    )


def _count(item: Any) -> int:
    quantity = within(item, "quantity")
    return quantity if isinstance(quantity, int) and quantity > 0 else 1


def _sum(money: list[tuple[str, int]]) -> str:
    try:
        return str(sum((Decimal(price) * count for price, count in money), Decimal(0)))
    except ArithmeticError as error:
        raise NotRead("no amount: line_items.price") from error
