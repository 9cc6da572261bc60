"""How a system that is none of ours signs, and where in its JSON stands what a parcel needs: one form, kept as it is.

A path names fields with dots (`order.address.city`), a number is a place in a list, and `*` each of its members. Paths
with commas are joined, and of choices between `|` the first that gives anything counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, StringConstraints, model_validator
from werkzeug.datastructures import Headers

from web.http.forms import FormModel
from web.outside_json import every
from web.shops.signed_orders import Meaning, Reader, amount, label, tracking_number, words
from web.standard_webhooks import SHORTEST_KEY, key_in

MOST_FOUND, MOST_NAMES, MOST_STARS = 100, 10, 2
HEADER = "header:"
"""Begins the name of a header, where the status stands in none of the body's fields."""
ANY = "*"


class Scheme(StrEnum):
    """How a call shows who sent it."""

    HMAC = "hmac"
    STANDARD = "standard"
    TOKEN = "token"
    PASSWORD = "password"


def _path(text: str) -> str:
    for choice in text.split("|"):
        for path in choice.split(","):
            names = path.strip().split(".")
            if text and not all(names):
                raise ValueError("a path is names with dots between them, such as order.address.city")
            if len(names) > MOST_NAMES or names.count("*") > MOST_STARS:
                raise ValueError(f"a path has at most {MOST_NAMES} names, and {MOST_STARS} of them are *")
    return text


_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Path = Annotated[_Line, AfterValidator(_path)]
NeededPath = Annotated[Path, StringConstraints(min_length=1)]
HeaderName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9-]{0,60}$")]


class FieldMapping(FormModel):
    """One mapping. ``statuses`` are theirs, with commas; where no status stands, every call announces."""

    scheme: Scheme = Scheme.HMAC
    header: HeaderName = ""
    algorithm: Annotated[str, StringConstraints(pattern="^sha(1|256|512)$")] = "sha256"
    encoding: Annotated[str, StringConstraints(pattern="^(hex|base64)$")] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=40)] = ""
    timestamp_header: HeaderName = ""
    tracking: NeededPath
    order: Path = ""
    name: Path = ""
    email: Path = ""
    phone: Path = ""
    street: Path = ""
    postcode: Path = ""
    city: Path = ""
    note: Path = ""
    recipient_language: Path = ""
    value: Path = ""
    currency: Path = ""
    status: Path = ""
    announced: _Line = ""
    out_for_delivery: _Line = ""
    near: _Line = ""
    delivered_elsewhere: _Line = ""
    returned: _Line = ""
    cancelled: _Line = ""
    of_others: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.scheme in (Scheme.HMAC, Scheme.TOKEN) and not self.header:
            raise ValueError("header: name the header that holds the signature or the token")
        if self.announces and not self.name:
            raise ValueError("name: without a name nothing can be announced; or name the statuses, and none announces")
        return self

    @property
    def announces(self) -> bool:
        """Tell whether any call of this system announces parcels."""
        return not self.status or bool(self.announced)

    def meaning_of(self, status: str) -> Meaning | None:
        """Return what a status means here; without a status every call announces."""
        if not self.status:
            return Meaning.ANNOUNCED
        given = {each: [text.strip().casefold() for text in getattr(self, each).split(",")] for each in Meaning}
        wanted = status.strip().casefold()
        named = next((each for each, texts in given.items() if wanted and wanted in texts), None)
        return named or next((each for each, texts in given.items() if ANY in texts), None)

    def status_of(self, headers: Headers, document: Any) -> str:
        """Return a call's status, from its body or from a header."""
        if self.status.startswith(HEADER):
            return headers.get(self.status.removeprefix(HEADER), "")
        return next(iter(found(document, self.status, READERS["status"])), "")


PATHS = (
    *("tracking", "order", "name", "email", "phone", "street", "postcode", "city", "note"),
    *("recipient_language", "value", "currency", "status"),
)
"""The fields that are paths, in the order in which a parcel is written."""
READERS: Mapping[str, Reader] = {
    "tracking": tracking_number,
    "order": label,
    "street": label,
    "value": amount,
    "status": label,
}
"""How those are read that may be numbers, or must not be; all others are texts."""


def found(document: Any, path: str, read: Reader = words) -> list[str]:
    """Return the texts that stand at a path, of its first choice that gives any."""
    for choice in path.split("|"):
        texts = [read(each) for one in choice.split(",") for each in every(document, one.strip(), MOST_FOUND)]
        if some := [text for text in texts if text is not None]:
            return some[:MOST_FOUND]
    return []


def secret_fault(mapping: FieldMapping, secret: str) -> str | None:
    """Say what is wrong with a secret that this scheme cannot use, or None."""
    if mapping.scheme is not Scheme.STANDARD:
        return None
    try:
        key_in(secret)
    except ValueError:
        return f"a secret of Standard Webhooks is base64 of at least {SHORTEST_KEY} bytes, after whsec_"
    return None


_KARRIO = {
    "scheme": "token",
    "header": "X-Event-Id",
    "tracking": "data.tracking_number",
    "order": "data.reference|data.id",
    "name": "data.recipient.person_name|data.recipient.company_name",
    "email": "data.recipient.email",
    "phone": "data.recipient.phone_number",
    "street": "data.recipient.address_line1,data.recipient.address_line2",
    "postcode": "data.recipient.postal_code",
    "city": "data.recipient.city",
    "value": "data.options.declared_value",
    "currency": "data.options.currency",
}
SHIPPED: Mapping[str, FieldMapping] = {
    # developer.adobe.com/commerce/webapi/rest: salesShipmentRepositoryV1 and the order of salesOrderRepositoryV1, as
    # an after-hook with these two fields and the header Authorization sends them.
    "Magento": FieldMapping(
        scheme=Scheme.TOKEN,
        header="Authorization",
        prefix="Bearer ",
        tracking="shipment.tracks.*.track_number",
        order="order.increment_id",
        name="order.extension_attributes.shipping_assignments.0.shipping.address.firstname,"
        "order.extension_attributes.shipping_assignments.0.shipping.address.lastname",
        email="order.customer_email",
        phone="order.extension_attributes.shipping_assignments.0.shipping.address.telephone",
        street="order.extension_attributes.shipping_assignments.0.shipping.address.street.*",
        postcode="order.extension_attributes.shipping_assignments.0.shipping.address.postcode",
        city="order.extension_attributes.shipping_assignments.0.shipping.address.city",
        value="order.grand_total",
        currency="order.order_currency_code",
        status="order.state",
        announced="processing,complete",
        cancelled="canceled,closed",
    ),
    # devdocs.prestashop-project.org, hook actionAdminOrdersTrackingNumberUpdate: order, customer and carrier; a module
    # sends them with the delivery address as JSON.
    "PrestaShop": FieldMapping(
        header="X-Signature",
        tracking="order_carrier.tracking_number|order.shipping_number",
        order="order.reference",
        name="address.firstname,address.lastname|customer.firstname,customer.lastname",
        email="customer.email",
        phone="address.phone_mobile|address.phone",
        street="address.address1,address.address2",
        postcode="address.postcode",
        city="address.city",
        value="order.total_paid",
        currency="currency.iso_code",
    ),
    # odoo.com/documentation/18.0/developer/reference/backend/actions.html, Send Webhook Notification: the record's own
    # fields beside _model, _id and _action, unsigned. Fields of the contact are made in Studio as related ones.
    "Odoo": FieldMapping(
        scheme=Scheme.PASSWORD,
        tracking="carrier_tracking_ref",
        order="origin|name",
        name="x_studio_recipient|display_name",
        email="x_studio_email",
        phone="x_studio_phone",
        street="x_studio_street",
        postcode="x_studio_zip",
        city="x_studio_city",
        value="x_studio_amount_total",
        currency="x_studio_currency",
        status="state",
        announced="done",
        cancelled="cancel",
    ),
    # sendcloud.dev/api/v3/webhooks/parcel-status-changed; status texts: sendcloud.dev/docs/tracking/tracking-statuses
    "Sendcloud": FieldMapping(
        header="Sendcloud-Signature",
        tracking="parcel.tracking_number",
        order="parcel.order_number|parcel.shipment_uuid",
        name="parcel.name|parcel.company_name",
        email="parcel.email",
        phone="parcel.telephone",
        street="parcel.address",
        postcode="parcel.postal_code",
        city="parcel.city",
        value="parcel.total_order_value",
        currency="parcel.total_order_value_currency",
        status="parcel.status.message",
        announced="Ready to send,Announced,En route to sorting center,Shipment picked up by driver,Parcel en route",
        out_for_delivery="Driver en route",
        delivered_elsewhere="Delivered,Shipment collected by customer",
        returned="Returned to sender",
        cancelled="Cancelled,Cancelled upstream",
    ),
    # karrio.io/docs/products/webhooks; what is sent: karrioapi/karrio, modules/events, webhook.py ({event, data}, and
    # the webhook's secret in X-Event-Id)
    "karrio shipments": FieldMapping.model_validate(
        _KARRIO | {"status": "event", "announced": "shipment_purchased", "cancelled": "shipment_cancelled"}
    ),
    "karrio trackers": FieldMapping.model_validate(
        _KARRIO
        | {
            "name": "",
            "status": "data.status",
            "out_for_delivery": "out_for_delivery",
            "delivered_elsewhere": "delivered",
            "returned": "return_to_sender",
            "of_others": True,
        }
    ),
}
"""Mappings for systems that are known, to begin with."""
