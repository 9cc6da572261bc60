"""Any system's webhooks by a mapping of its fields: tried on an example first, and carriers' events by the same way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError
from standardwebhooks import Webhook
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from codes import Announcement, DeliveryCodes, Person
from codes.integrations.shops import ShopKind, add_shop, calls_of_shop, listed_shops, shop_of
from codes.life.parcel_records import events_of_parcel, find_parcel, list_parcels
from codes.model import Ending, EventKind
from tests.parts.clock import TurnableClock
from web.outside_json import every
from web.shops.field_mapping import SHIPPED, FieldMapping, Scheme, secret_fault
from web.shops.generic import MappedVendor

SECRET = "whsec_" + base64.b64encode(b"a sample secret of 32 bytes here").decode()
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
Document = dict[str, Any]
EXAMPLES: dict[str, Document] = {
    "Magento": {
        "shipment": {"tracks": [{"track_number": "MAGE-1", "title": "Carrier"}, {"track_number": "MAGE-2"}]},
        "order": {
            "increment_id": "000000042",
            "state": "complete",
            "customer_email": "sample@example.org",
            "grand_total": 129.9,
            "order_currency_code": "EUR",
            "extension_attributes": {
                "shipping_assignments": [
                    {
                        "shipping": {
                            "address": {
                                "firstname": "Sample",
                                "lastname": "Recipient",
                                "street": ["Musterweg 1", "2. OG"],
                                "postcode": "10115",
                                "city": "Musterstadt",
                                "telephone": "+49 30 123456",
                            }
                        }
                    }
                ]
            },
        },
    },
    "PrestaShop": {
        "order": {"reference": "XKBKNABJK", "total_paid": "129.90"},
        "order_carrier": {"tracking_number": "PRESTA-1"},
        "customer": {"email": "sample@example.org", "firstname": "Some", "lastname": "Body"},
        "address": {"firstname": "Sample", "lastname": "Recipient", "address1": "Musterweg 1", "postcode": "10115"},
        "currency": {"iso_code": "EUR"},
    },
    "Odoo": {
        "_action": "Tell Doorcode(#412)",
        "_id": 7,
        "_model": "stock.picking",
        "carrier_tracking_ref": "ODOO-1",
        "id": 7,
        "name": "WH/OUT/00007",
        "origin": "S00042",
        "state": "done",
        "x_studio_recipient": "Sample Recipient",
        "x_studio_email": "sample@example.org",
        "x_studio_phone": False,
    },
    "Sendcloud": {
        "action": "parcel_status_changed",
        "parcel": {
            "id": 1,
            "name": "Sample Recipient",
            "address": "Musterweg 1",
            "address_divided": {"street": "Musterweg", "house_number": 1},
            "city": "Musterstadt",
            "postal_code": "10115",
            "telephone": "612345678",
            "email": "sample@example.org",
            "tracking_number": "3SYZXG132912330",
            "status": {"id": 1, "message": "Ready to send"},
            "order_number": "ORD12334",
        },
    },
    "karrio shipments": {
        "event": "shipment_purchased",
        "data": {
            "id": "shp_123",
            "tracking_number": "KARRIO-1",
            "recipient": {"person_name": "Sample Recipient", "email": "sample@example.org", "city": "Musterstadt"},
            "options": {"declared_value": 129.9, "currency": "EUR"},
        },
    },
}


def mapped(codes: DeliveryCodes, mapping: FieldMapping) -> UUID:
    """Add a system with a mapping."""
    return codes.write(add_shop, ShopKind.MAPPED, "Sample System", SECRET, "pl", mapping.model_dump_json())


def signed(mapping: FieldMapping, body: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """Sign as a system with such a mapping does."""
    moment = str(int(at.timestamp()))
    if mapping.scheme is Scheme.TOKEN:
        return {mapping.header: mapping.prefix + secret}
    if mapping.scheme is Scheme.PASSWORD:
        return {"Authorization": "Basic " + base64.b64encode(f"any:{secret}".encode()).decode()}
    if mapping.scheme is Scheme.STANDARD:
        signature = Webhook(secret).sign("msg_1", at, body.decode())
        return {"webhook-id": "msg_1", "webhook-timestamp": moment, "webhook-signature": signature}
    stamped = f"{moment}.".encode() + body if mapping.timestamp_header else body
    digest = hmac.new(secret.encode(), stamped, getattr(hashlib, mapping.algorithm))
    text = digest.hexdigest() if mapping.encoding == "hex" else base64.b64encode(digest.digest()).decode()
    stamp = {mapping.timestamp_header: moment} if mapping.timestamp_header else {}
    return {mapping.header: mapping.prefix + text} | stamp


@pytest.fixture
def call(client: FlaskClient, codes: DeliveryCodes) -> Callable[..., TestResponse]:
    """Let a system send a document."""

    def do(shop: UUID, document: Any, **how: Any) -> TestResponse:
        mapping = FieldMapping.model_validate_json(codes.read(shop_of, shop).mapping or "")  # type: ignore[union-attr]
        body = json.dumps(document).encode()
        headers = signed(mapping, body, **how)
        return client.post(f"/api/v1/shops/{shop}/calls", data=body, headers=headers, content_type="application/json")

    return do


Call = Callable[..., TestResponse]


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_known_system_announces_in_its_documented_form_and_is_refused_unsigned(
    call: Call, codes: DeliveryCodes, name: str
) -> None:
    shop = mapped(codes, SHIPPED[name])
    assert call(shop, EXAMPLES[name], secret=SECRET[:-8] + "AAAAAAA=").status_code == 401
    assert codes.read(list_parcels) == []
    assert call(shop, EXAMPLES[name]).json == {"result": "announced"}
    parcels = codes.read(list_parcels)
    assert {each.recipient for each in parcels} == {"Sample Recipient"}
    assert {each.email for each in parcels} == {"sample@example.org"}
    assert len(parcels) == (2 if name == "Magento" else 1)
    # What nobody said the worth of is asked for a code.
    assert {each.code_required for each in parcels} == {True}
    assert call(shop, EXAMPLES[name]).json == {"result": "announced"}
    assert len(codes.read(calls_of_shop, shop, limit=9)) == 1


SCHEMES = [
    {"header": "X-Sig"},
    {"header": "X-Sig", "algorithm": "sha512", "encoding": "base64", "prefix": "v0="},
    {"header": "X-Sig", "algorithm": "sha1", "prefix": "sha1=", "timestamp_header": "X-Time"},
    {"scheme": "standard"},
    {"scheme": "token", "header": "Authorization", "prefix": "Bearer "},
    {"scheme": "password"},
]


@pytest.mark.parametrize("given", SCHEMES)
def test_each_way_of_signing_holds_for_its_own_body_and_secret_alone(given: Document) -> None:
    mapping, body = FieldMapping.model_validate(given | {"tracking": "a", "name": "b"}), b'{"a": 1}'
    vendor, right = MappedVendor(mapping, NOW), signed(mapping, body)

    def holds(headers: dict[str, str], what: bytes = body) -> bool:
        return vendor.signature_holds(Headers(headers), what, SECRET.encode())

    assert holds(right)
    assert not holds({})
    for name, text in right.items():
        assert not holds(right | {name: text[:-5]}), name
        for odd in ("\udcff", "9" * 400, "9" * 5000, "nan", "-1", "١٧", ""):
            assert not holds(right | {name: odd}), (name, odd[:5])
    if mapping.scheme in (Scheme.HMAC, Scheme.STANDARD):
        assert not holds(right, body + b" ")
    if mapping.timestamp_header or mapping.scheme is Scheme.STANDARD:
        assert not holds(signed(mapping, body, at=datetime(2026, 11, 24, 9, tzinfo=UTC)))


def test_a_carriers_events_move_what_others_announced_and_what_cannot_be_taken_is_left_out(
    call: Call, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    codes.announce([Announcement(f"P-{n}", Person("Ada", "ada@example.org", "en"), sender_wish=True) for n in range(4)])
    mapping = FieldMapping(
        header="X-Sig",
        tracking="parcels.*.number",
        status="status",
        out_for_delivery="out, On the van",
        near="near",
        returned="back",
        delivered_elsewhere="done",
        of_others=True,
    )
    shop = mapped(codes, mapping)

    def tell(status: str, *numbers: str) -> tuple[Any, str]:
        clock.turn(timedelta(seconds=1))
        document = {"parcels": [{"number": number} for number in numbers], "status": status}
        answer = call(shop, document)
        return answer.json, codes.read(calls_of_shop, shop, limit=1)[0].detail

    result, detail = tell("ON THE VAN", "p-0", "unknown", "TEST/P-1", "\x00")
    assert (result, detail.split(";")[0]) == ({"result": "moved"}, "out_for_delivery: P-0")
    assert detail.count("no parcel of this system") == 3
    assert tell("near", "P-0")[0] == {"result": "moved"}
    assert tell("back", "P-1")[0] == {"result": "moved"}
    result, detail = tell("near", "P-1", "P-2")
    assert (result, detail.split(";")[0]) == ({"result": "moved"}, "near: P-2")
    assert "left out: P-1" in detail
    assert tell("done", "P-3") == ({"result": "moved"}, "delivered_elsewhere: P-3")
    assert tell("in transit", "P-3")[0] == {"result": "ignored"}
    records = [codes.read(find_parcel, f"P-{n}") for n in range(4)]
    assert [each and each.ended_as for each in records] == [None, Ending.RETURNED, None, Ending.DELIVERED_ELSEWHERE]
    assert records[0] is not None
    kinds = [each.kind for each in codes.read(events_of_parcel, records[0].parcel_id)]
    assert {EventKind.OUT_FOR_DELIVERY, EventKind.DRIVER_NEAR} <= set(kinds)
    # Without being told so, a system moves only what it announced itself.
    own = mapped(codes, mapping.model_copy(update={"of_others": False, "status": "status"}))
    assert call(own, {"parcels": [{"number": "P-2"}], "status": "back"}).json == {"result": "ignored"}


def test_a_number_is_no_text_and_what_it_has_lost_is_not_guessed(call: Call, codes: DeliveryCodes) -> None:
    shop, document = mapped(codes, SHIPPED["PrestaShop"]), EXAMPLES["PrestaShop"]
    for number in (340434161094042557, 3.4043416109404256e17, 1e400):
        answer = call(shop, document | {"order_carrier": {"tracking_number": number}})
        assert answer.json == {"result": "problem"}, number
        assert "write it as text" in codes.read(calls_of_shop, shop, limit=1)[0].detail
    nothing = document | {"order_carrier": {"tracking_number": False}}
    assert call(shop, nothing).json == {"result": "ignored"}
    address = {"postcode": 1069, "phone": 491701234567, "address1": 7}
    numbered = {"order": {"reference": 42, "total_paid": 129.9}, "address": document["address"] | address}
    assert call(shop, document | numbered).json == {"result": "announced"}
    (parcel,) = codes.read(list_parcels)
    assert (parcel.postcode, parcel.phone, parcel.street) == (None, None, "7")
    assert (parcel.consignment, str(parcel.value)) == ("42", "129.9")


def test_the_same_body_with_another_status_in_its_header_is_another_call() -> None:
    mapping = FieldMapping(header="X-Sig", tracking="t", name="n", status="header:X-Event", near="near")
    vendor = MappedVendor(mapping, NOW)
    names = {vendor.call_id_of(Headers({"X-Event": each}), {}, b"{}") for each in ("near", "back", "near", "\udcff")}
    assert len(names) == 3


def test_no_spelling_of_a_reference_is_taken_for_a_test_parcel(call: Call, codes: DeliveryCodes) -> None:
    shop = mapped(codes, SHIPPED["PrestaShop"])
    for reference in ("test/P-1", "\u200bTEST/P-1", "]C1TEST/P-1", "TE ST/P-1", "\uff34EST/P-1"):
        document = EXAMPLES["PrestaShop"] | {"order_carrier": {"tracking_number": reference}}
        assert call(shop, document).json == {"result": "problem"}, reference


def test_an_order_that_is_cancelled_without_numbers_ends_what_it_announced(call: Call, codes: DeliveryCodes) -> None:
    shop = mapped(codes, SHIPPED["Magento"])
    call(shop, EXAMPLES["Magento"])
    cancelled = {"order": EXAMPLES["Magento"]["order"] | {"state": "canceled"}}
    for torn in ("\ud800", "a\0b"):
        assert call(shop, {"order": cancelled["order"] | {"increment_id": torn}}).json == {"result": "problem"}
    # An order's number means the same however its blanks are written.
    cancelled["order"]["increment_id"] += "\u200b"
    assert call(shop, cancelled).json == {"result": "ended"}
    assert {each.ended_as for each in codes.read(list_parcels)} == {Ending.CANCELLED}


def test_fields_are_tried_on_an_example_and_nothing_is_kept_before_it_is_whole(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    page = administrator.get("/office/shops/fields?like=Sendcloud").text
    assert "parcel.tracking_number" in page
    for needed in ("name_of_shop", "secret"):
        assert re.search(rf'<input name="{needed}"[^>]* required', page)
    form = {name: value for name, value in SHIPPED["Sendcloud"].model_dump(mode="json").items() if value is not False}
    example = json.dumps(EXAMPLES["Sendcloud"])
    tried = administrator.post("/office/shops/fields/trial", data=form | {"example": example}).text
    assert "announces: 3SYZXG132912330" in tried
    assert "Musterweg 1" in tried
    for broken, said in (
        ("{", "the example is no JSON"),
        ("7", "the example is no JSON object"),
        ("[" * 100_000, "the example is no JSON"),
        (example.replace('"name": "Sample Recipient"', '"name": ""'), "missing: name, at parcel.name"),
        (example.replace("sample@example.org", "nobody"), "left out: recipient.email"),
        (example.replace('"3SYZXG132912330"', "132912330"), "write it as text"),
        (example.replace("Ready to send", "Lost"), "this status means nothing here: Lost"),
        (example.replace("Ready to send", "Half\\ud800"), "this status means nothing here: Half"),
        (example.replace("Musterweg 1", "Musterweg 1\\ud800"), "Musterweg 1"),
    ):
        answer = administrator.post("/office/shops/fields/trial", data=form | {"example": broken})
        assert (answer.status_code, said in answer.text) == (200, True), said
    new = {"name_of_shop": "Sendcloud", "secret": "a sample secret", "language": "de"}
    for wrong, field in (
        ({"header": ""}, "header: name the header"),
        ({"tracking": "a..b"}, "a path is names with dots"),
        ({"tracking": "*.*.*"}, "2 of them are *"),
        ({"secret": "short"}, "secret"),
        *(
            ({"scheme": "standard", "secret": secret}, "a secret of Standard Webhooks is base64")
            for secret in ("a sample secret", "whsec_éé", "whsec_AAAA")
        ),
        ({"scheme": "magic"}, "scheme"),
    ):
        answer = administrator.post("/office/shops/fields", data=form | new | wrong)
        assert (answer.status_code, field in answer.text) == (422, True), wrong
        assert "a sample secret" not in answer.text
    assert codes.read(listed_shops) == []
    assert administrator.post("/office/shops", data={"kind": "mapped", "name": "x"} | new).status_code == 422
    path = administrator.post("/office/shops/fields", data=form | new).headers["Location"]
    (shop,) = codes.read(listed_shops)
    assert FieldMapping.model_validate_json(shop.mapping or "") == SHIPPED["Sendcloud"]
    assert "Webhook" in administrator.get(path).text
    change = form | {"shop": str(shop.shop_id), "near": "Driver around the corner"}
    unfit = administrator.post("/office/shops/fields", data=change | {"scheme": "standard"})
    assert (unfit.status_code, "a secret of Standard Webhooks" in unfit.text) == (422, True)
    administrator.post("/office/shops/fields", data=change)
    assert "around the corner" in administrator.get(f"/office/shops/fields?shop={shop.shop_id}").text


def test_paths_find_little_at_most_whatever_is_sent() -> None:
    assert every({"a": [{"b": 1}, {"b": None}, 7, {"b": [2, 3]}]}, "a.*.b", 9) == [1, [2, 3]]
    wide: list[Any] = [[0] * 1000] * 1000
    assert len(every({"a": wide}, "a.*.*", 100)) == 100
    with pytest.raises(ValidationError):
        FieldMapping.model_validate({"header": "X", "tracking": "a", "name": "." * 300})
    assert secret_fault(SHIPPED["Sendcloud"], "anything") is None


def test_a_status_that_is_any_other_means_what_the_star_says() -> None:
    mapping = FieldMapping(header="X", tracking="t", name="n", status="s", announced="*", cancelled="off")
    vendor = MappedVendor(mapping, NOW)
    assert vendor.topic_of(Headers({"X-Event": "off"}), {}) == ""
    by_header = MappedVendor(mapping.model_copy(update={"status": "header:X-Event"}), NOW)
    assert by_header.topic_of(Headers({"X-Event": "off"}), {}) == "off"
    assert vendor.read("Off", {"t": "P-1", "n": "Ada"}).meaning == "cancelled"  # type: ignore[union-attr]
    assert vendor.read("whatever", {"t": "P-1", "n": "Ada"}).name == "Ada"  # type: ignore[union-attr]
