"""Shops' webhooks in their documented form: signed ones announce parcels once, others nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from codes import DeliveryCodes
from codes.integrations.shops import (
    CallResult,
    ShopKind,
    add_shop,
    calls_of_shop,
    listed_shops,
    remove_shop,
    secret_of_shop,
)
from codes.life.parcel_records import events_of_parcel, find_parcel, list_parcels
from codes.model import Announcement, Ending, EventKind, Person
from codes.recipients.tickets import ticket_of_holder
from web.shops.shopware import ENDS

EXAMPLES = Path(__file__).with_name("examples")
SECRET = "a sample secret"
Document = dict[str, Any]


def example(name: str) -> Document:
    """Read an example."""
    document: Document = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def headers_for(kind: ShopKind, topic: str, body: bytes, *, call_id: str, secret: str = SECRET) -> dict[str, str]:
    """Sign a call as the vendor does, each in its own way."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    text = base64.b64encode(digest.digest()).decode()
    return {
        ShopKind.SHOPIFY: {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": text,
            "X-Shopify-Shop-Domain": "sample.example.org",
            "X-Shopify-Webhook-Id": call_id,
        },
        ShopKind.WOOCOMMERCE: {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Signature": text,
            "X-WC-Webhook-Delivery-ID": call_id,
        },
        ShopKind.SHOPWARE: {"shopware-shop-signature": digest.hexdigest()},
    }[kind]


@pytest.fixture
def send(client: FlaskClient, codes: DeliveryCodes) -> Callable[..., tuple[UUID, TestResponse]]:
    """Send a call of a shop; the shop is added when it sends for the first time."""
    shops: dict[ShopKind, UUID] = {}

    def do(
        kind: ShopKind, topic: str, document: Any, *, call_id: str = "call-1", secret: str = SECRET
    ) -> tuple[UUID, TestResponse]:
        shop = shops.get(kind) or shops.setdefault(kind, codes.write(add_shop, kind, "Sample Shop", SECRET, "pl"))
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = headers_for(kind, topic, body, call_id=call_id, secret=secret)
        path = f"/api/v1/shops/{shop}/calls"
        return shop, client.post(path, data=body, headers=headers, content_type="application/json")

    return do


Send = Callable[..., tuple[UUID, TestResponse]]
CANCELLED_AT = {"cancelled_at": "2026-11-24T10:11:12+01:00"}
CASES = [
    (ShopKind.SHOPIFY, "fulfillments/create", "shopify-fulfillments-create", "SAMPLE-SHOPIFY-1", "pl", "129.90"),
    (ShopKind.SHOPIFY, "orders/fulfilled", "shopify-orders-fulfilled", "SAMPLE-SHOPIFY-3", "de", "398"),
    (ShopKind.WOOCOMMERCE, "order.updated", "woocommerce-order-updated", "SAMPLE-WOO-1", "tr", "129.90"),
    (ShopKind.SHOPWARE, "", "shopware-delivery-shipped", "SAMPLE-SHOPWARE-1", "de", "129.90"),
]


@pytest.mark.parametrize(("kind", "topic", "name", "reference", "language", "value"), CASES)
def test_what_a_shop_ships_is_announced_once_and_a_wrong_signature_is_refused(
    send: Send, codes: DeliveryCodes, kind: ShopKind, topic: str, name: str, reference: str, language: str, value: str
) -> None:
    document = example(name)
    shop, answer = send(kind, topic, document, secret="another secret")
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/bad-signature")  # type: ignore[index]
    assert codes.read(find_parcel, reference) is None
    assert codes.read(calls_of_shop, shop, limit=9) == []
    assert codes.read(listed_shops)[0].refused_at is not None
    shop, answer = send(kind, topic, document)
    assert (answer.status_code, answer.json) == (200, {"result": "announced"})
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    ticket = codes.read(ticket_of_holder, parcel.holder_id)
    assert ticket is not None
    assert (ticket.language, parcel.value, parcel.currency, parcel.sender) == (
        language,
        Decimal(value),
        "EUR",
        "Sample Shop",
    )
    house_number = 2 if kind is ShopKind.WOOCOMMERCE else 1
    postcode = "10117" if kind is ShopKind.WOOCOMMERCE else "10115"
    assert parcel.address == f"Musterweg {house_number}, {postcode} Musterstadt"
    before = len(codes.read(events_of_parcel, parcel.parcel_id))
    for call_id in ("call-1", "call-2"):
        assert send(kind, topic, document, call_id=call_id)[1].json == {"result": "announced"}
    assert len(codes.read(events_of_parcel, parcel.parcel_id)) == before
    log = codes.read(calls_of_shop, shop, limit=9)
    assert {each.result for each in log} == {CallResult.ANNOUNCED}
    assert all(reference in each.detail and "Sample Recipient" not in each.detail for each in log)


def test_wrong_signatures_fill_no_log_and_keep_no_handover_waiting(
    send: Send, codes: DeliveryCodes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "doorcode.shops"):
        send(ShopKind.SHOPIFY, "orders/updated", {}, secret="another secret")
        with codes.database.writing():
            _, answer = send(ShopKind.SHOPIFY, "orders/updated", {}, secret="another secret")
    assert answer.status_code == 401
    (trouble,) = {vars(record).get("trouble") for record in caplog.records}
    assert trouble is not None


def test_several_parcels_of_one_order_go_together_and_cancelled_ones_do_not_go(
    send: Send, codes: DeliveryCodes
) -> None:
    send(ShopKind.SHOPIFY, "fulfillments/create", example("shopify-fulfillments-create"))
    first, second = codes.read(find_parcel, "SAMPLE-SHOPIFY-1"), codes.read(find_parcel, "SAMPLE-SHOPIFY-2")
    assert first is not None
    assert second is not None
    assert first.consignment == second.consignment == "#9999"
    send(ShopKind.SHOPIFY, "orders/fulfilled", example("shopify-orders-fulfilled"), call_id="call-2")
    assert codes.read(find_parcel, "SAMPLE-SHOPIFY-X") is None


def test_what_announces_nothing_is_answered_well_and_kept_in_the_log(
    send: Send, codes: DeliveryCodes, client: FlaskClient
) -> None:
    shop, answer = send(ShopKind.SHOPIFY, "products/update", {"id": 1})
    assert (answer.status_code, answer.json) == (200, {"result": "ignored"})
    woo = example("woocommerce-order-updated")
    told_nothing: dict[str, dict[str, Any]] = {"a": {"status": "processing"}, "b": {"meta_data": []}}
    for call_id, changes in told_nothing.items():
        other, answer = send(ShopKind.WOOCOMMERCE, "order.updated", woo | changes, call_id=call_id)
        assert answer.json == {"result": "ignored"}
    assert len(codes.read(calls_of_shop, other, limit=9)) == 2
    ping = client.post(f"/api/v1/shops/{other}/calls", data=b"webhook_id=7")
    assert (ping.status_code, ping.json) == (200, {"result": "ping"})
    assert client.post(f"/api/v1/shops/{shop}/calls", data=b"webhook_id=7").status_code == 401
    assert client.post(f"/api/v1/shops/{UUID(int=7)}/calls", data=b"{}").status_code == 404
    codes.write(remove_shop, shop)
    assert send(ShopKind.SHOPIFY, "products/update", {"id": 1})[1].status_code == 404


def details(codes: DeliveryCodes, shop: UUID) -> set[str]:
    """Return what the log says of a shop's calls."""
    return {each.detail for each in codes.read(calls_of_shop, shop, limit=9)}


def test_what_is_missing_is_named_in_the_log_and_the_next_call_may_mend_it(send: Send, codes: DeliveryCodes) -> None:
    whole = example("shopify-orders-fulfilled")
    shop, answer = send(ShopKind.SHOPIFY, "orders/fulfilled", whole | {"shipping_address": None})
    assert (answer.status_code, answer.json) == (200, {"result": "problem"})
    send(ShopKind.SHOPIFY, "orders/fulfilled", b"no JSON", call_id="call-3")
    assert details(codes, shop) == {"missing: shipping_address.name", "the body is no JSON object"}
    assert send(ShopKind.SHOPIFY, "orders/fulfilled", whole)[1].json == {"result": "announced"}


def test_what_cannot_be_taken_is_left_out_and_not_the_parcel(send: Send, codes: DeliveryCodes) -> None:
    whole = example("shopify-orders-fulfilled")
    strange = whole | {
        "email": "no address",
        "total_price": "-1",
        "shipping_address": whole["shipping_address"] | {"zip": "9" * 21},
    }
    shop, answer = send(ShopKind.SHOPIFY, "orders/fulfilled", strange)
    assert answer.json == {"result": "announced"}
    (parcel,) = codes.read(list_parcels)
    assert (parcel.email, parcel.postcode, parcel.recipient) == (None, None, "Sample Recipient")
    # A value that nobody can read might be a high one.
    assert (parcel.value, parcel.code_required, parcel.reason) == (Decimal(0), True, "sender_asked")
    (detail,) = details(codes, shop)
    assert all(f"left out: {field}: " in detail for field in ("recipient.email", "recipient.postcode", "value"))
    assert "no address" not in detail


def test_a_later_call_about_a_known_parcel_corrects_its_recipient_or_is_ignored(
    send: Send, codes: DeliveryCodes
) -> None:
    whole = example("shopify-orders-fulfilled")
    send(ShopKind.SHOPIFY, "orders/fulfilled", whole)
    (parcel, *_) = codes.read(list_parcels)
    address = whole["shipping_address"] | {"address1": "New Street 5", "phone": "+49 30 123456"}
    moved = whole | {"email": "right@example.org", "shipping_address": address}
    assert send(ShopKind.SHOPIFY, "orders/fulfilled", moved, call_id="call-2")[1].json == {"result": "announced"}
    corrected = codes.read(find_parcel, parcel.reference)
    assert corrected is not None
    assert (corrected.email, (corrected.street or "")[:12]) == ("right@example.org", "New Street 5")
    assert corrected.phone == "+4930123456"
    assert [each.kind for each in codes.read(events_of_parcel, parcel.parcel_id)].count(EventKind.CORRECTED) == 1
    # An order that is told once more as it was announced undoes no correction, whatever it costs now.
    assert send(ShopKind.SHOPIFY, "orders/fulfilled", whole, call_id="call-3")[1].json == {"result": "announced"}
    for call_id, other in (("call-4", {"total_price": "1.00"}), ("call-5", {"currency": "PLN"})):
        answer = send(ShopKind.SHOPIFY, "orders/fulfilled", whole | other, call_id=call_id)[1]
        assert answer.json == {"result": "ignored"}
    # What a later call leaves out takes nothing away.
    send(ShopKind.SHOPIFY, "orders/fulfilled", moved | {"email": None, "contact_email": None}, call_id="call-6")
    stands = codes.read(find_parcel, parcel.reference)
    assert stands is not None
    assert (stands.email, stands.value) == ("right@example.org", parcel.value)


def test_nothing_that_another_system_announced_is_touched(send: Send, codes: DeliveryCodes) -> None:
    codes.announce([Announcement("SAMPLE-SHOPIFY-3", Person("Ada", "ada@example.org", "en"))])
    shop, answer = send(ShopKind.SHOPIFY, "orders/fulfilled", example("shopify-orders-fulfilled"))
    assert answer.json == {"result": "ignored"}
    assert ["announced before by somebody else" in each for each in details(codes, shop)] == [True]
    stands = codes.read(find_parcel, "SAMPLE-SHOPIFY-3")
    assert stands is not None
    assert stands.email == "ada@example.org"
    order = example("shopify-orders-fulfilled") | CANCELLED_AT
    assert send(ShopKind.SHOPIFY, "orders/cancelled", order, call_id="call-2")[1].json == {"result": "ignored"}


def test_what_is_shipped_later_of_an_order_joins_what_was_shipped_before(send: Send, codes: DeliveryCodes) -> None:
    first = example("shopify-fulfillments-create") | {"tracking_numbers": ["SAMPLE-A"], "tracking_number": "SAMPLE-A"}
    second = first | {"tracking_numbers": ["SAMPLE-B"], "tracking_number": "SAMPLE-B", "name": "#9999.2"}
    send(ShopKind.SHOPIFY, "fulfillments/create", first)
    send(ShopKind.SHOPIFY, "fulfillments/create", second, call_id="call-2")
    one, other = (codes.read(find_parcel, name) for name in ("SAMPLE-A", "SAMPLE-B"))
    assert one is not None
    assert other is not None
    assert one.consignment_id == other.consignment_id


CANCELLED: list[tuple[ShopKind, str, str, str, Document, Ending]] = [
    (
        ShopKind.SHOPIFY,
        "orders/fulfilled",
        "shopify-orders-fulfilled",
        "orders/cancelled",
        CANCELLED_AT,
        Ending.CANCELLED,
    ),
    (
        ShopKind.WOOCOMMERCE,
        "order.updated",
        "woocommerce-order-updated",
        "order.updated",
        {"status": "cancelled"},
        Ending.CANCELLED,
    ),
]


@pytest.mark.parametrize(("kind", "topic", "name", "later", "changes", "ending"), CANCELLED)
def test_a_cancelled_order_ends_its_codes_once(
    send: Send,
    codes: DeliveryCodes,
    kind: ShopKind,
    topic: str,
    name: str,
    later: str,
    changes: Document,
    ending: Ending,
) -> None:
    send(kind, topic, example(name))
    (parcel,) = codes.read(list_parcels)
    shop, answer = send(kind, later, example(name) | changes, call_id="call-2")
    assert answer.json == {"result": "ended"}
    assert f"{ending}: {parcel.reference}" in details(codes, shop)
    stands = codes.read(find_parcel, parcel.reference)
    assert stands is not None
    assert stands.ended_as is ending
    assert send(kind, later, example(name) | changes, call_id="call-2")[1].json == {"result": "ended"}
    events = [each.kind.value for each in codes.read(events_of_parcel, parcel.parcel_id)]
    assert events.count(ending.value) == 1


def test_shopware_tells_what_was_cancelled_and_what_came_back(send: Send, codes: DeliveryCodes) -> None:
    document = example("shopware-delivery-shipped")
    send(ShopKind.SHOPWARE, "", document)
    for number, (event, ending) in enumerate(ENDS.items()):
        told = document | {"data": document["data"] | {"event": event}, "source": {"eventId": f"e{number}"}}
        send(ShopKind.SHOPWARE, "", told)
        stands = codes.read(find_parcel, "SAMPLE-SHOPWARE-1")
        assert stands is not None
        assert stands.ended_as is ending
    document["data"]["payload"]["order"]["deliveries"][0]["shippingOrderAddress"]["street"] = "New Street 5"
    assert send(ShopKind.SHOPWARE, "", document | {"source": {"eventId": "later"}})[1].json == {"result": "ignored"}
    stands = codes.read(find_parcel, "SAMPLE-SHOPWARE-1")
    assert stands is not None
    assert stands.corrected_at is None


def test_no_other_id_or_topic_that_nobody_signs_makes_a_call_a_new_one(send: Send, codes: DeliveryCodes) -> None:
    whole = example("shopify-orders-fulfilled")
    wrong, right = (whole | {"email": f"{each}@example.org"} for each in ("wrong", "right"))
    # A topic that announces nothing takes nothing away from one that does.
    for number, document in enumerate((whole, wrong, right)):
        for topic, result in (("orders/paid", "ignored"), ("orders/updated", "announced")):
            answer = send(ShopKind.SHOPIFY, topic, document, call_id=f"{topic}-{number}")[1]
            assert answer.json == {"result": result}, (topic, number)
    for topic in ("orders/updated", "orders/create", "orders/fulfilled", "orders/cancelled"):
        send(ShopKind.SHOPIFY, topic, wrong, call_id=f"again-{topic}")
    (parcel,) = codes.read(list_parcels)
    assert (parcel.email, parcel.ended_as) == ("right@example.org", None)
    # What cancels is what was signed.
    fresh = right | {"note": "not cancelled"}
    assert send(ShopKind.SHOPIFY, "orders/cancelled", fresh)[1].json == {"result": "problem"}


def test_one_cancelled_fulfillment_ends_its_own_parcels_alone(send: Send, codes: DeliveryCodes) -> None:
    whole = example("shopify-fulfillments-create")
    send(ShopKind.SHOPIFY, "fulfillments/create", whole)
    one = whole | {"status": "cancelled", "tracking_numbers": ["sample-shopify-1"]}
    send(ShopKind.SHOPIFY, "fulfillments/update", one, call_id="call-2")
    first, second = (codes.read(find_parcel, f"SAMPLE-SHOPIFY-{number}") for number in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.ended_as, second.ended_as) == (Ending.CANCELLED, None)


@pytest.mark.parametrize("kind", [kind for kind in ShopKind if kind is not ShopKind.MAPPED])
def test_whatever_is_signed_gets_an_answer(send: Send, codes: DeliveryCodes, kind: ShopKind) -> None:
    strange: list[Any] = [[], 7, None, {}, {"data": []}, {"fulfillments": [None, 7, {"tracking_number": ["x"]}]}]
    strange += [{"data": {"event": "\x00\ud800", "payload": {"order": 3}}, "source": {"eventId": "\x00"}}]
    strange += [{"status": ["x"], "fulfillments": [{"status": {}}]}, {"tracking_number": "A-1", "status": {}}]
    strange += [{"status": "completed", "meta_data": [{"key": [1], "value": 1}]}]
    strange += [{"status": "completed", "meta_data": [{"key": "_wc_shipment_tracking_items", "value": [{}, 1]}]}]
    topics = {ShopKind.SHOPIFY: "orders/updated", ShopKind.WOOCOMMERCE: "order.updated", ShopKind.SHOPWARE: ""}
    for number, document in enumerate([*strange, b"\xff", b"[" * 100_000]):
        answer = send(kind, topics[kind], document, call_id=f"call-{number}")[1]
        assert answer.status_code == 200, document
    assert codes.read(list_parcels) == []


def test_a_shops_secret_is_not_readable_in_the_database(codes: DeliveryCodes) -> None:
    shop = codes.write(add_shop, ShopKind.SHOPIFY, "Sample Shop", SECRET, "de")
    assert codes.read(secret_of_shop, shop) == SECRET.encode()
    dump = "".join(sqlite3.connect(codes.database.url.database or "").iterdump())
    assert SECRET not in dump
    assert SECRET.encode().hex().upper() not in dump


def test_staff_see_where_a_shop_sends_to_and_what_was_wrong(
    send: Send, administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    form = {"kind": "woocommerce", "name": "Sample Woo", "secret": SECRET, "language": "de"}
    path = administrator.post("/office/shops", data=form).headers["Location"]
    page = administrator.get(path).text
    assert "/api/v1/shops/" in page
    assert SECRET not in page
    assert administrator.post("/office/shops", data=form | {"secret": "short"}).status_code == 422
    shop, _ = send(ShopKind.SHOPIFY, "orders/fulfilled", example("shopify-orders-fulfilled") | {"currency": ""})
    assert "missing: currency" in administrator.get(f"/office/shops/{shop}").text
    administrator.post(f"/office/shops/{shop}/remove")
    assert [each.name for each in codes.read(listed_shops)] == ["Sample Woo"]


def test_a_shopware_shop_registers_and_signs_with_what_it_was_given(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    shop = codes.write(add_shop, ShopKind.SHOPWARE, "Sample Shop", SECRET, "de")
    manifest = administrator.post(f"/office/shops/{shop}/manifest.xml").text
    root = ElementTree.fromstring(manifest)
    assert root.findtext("setup/secret") == SECRET
    assert urlsplit(root.findtext("setup/registrationUrl")).path == f"/api/v1/shops/{shop}/registration"
    assert {urlsplit(each.get("url")).path for each in root.iter("webhook")} == {f"/api/v1/shops/{shop}/calls"}
    path = f"/api/v1/shops/{shop}/registration"
    query = "shop-id=KnzCHMXTeKqZ&shop-url=https://shop.example.org&timestamp=1795514400"

    def signed(name: str, text: bytes, secret: str) -> dict[str, str]:
        return {name: hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}

    wrong = signed("shopware-app-signature", query.encode(), "another secret")
    assert client.get(f"{path}?{query}", headers=wrong).status_code == 401
    right = signed("shopware-app-signature", query.encode(), SECRET)
    answer = client.get(f"{path}?{query}", headers=right)
    # Whoever finds an old question in a log is not given the shop's secret for it.
    for old in (query.replace("&timestamp=1795514400", ""), query.replace("1795514400", "1795514000")):
        stale = signed("shopware-app-signature", old.encode(), SECRET)
        assert client.get(f"{path}?{old}", headers=stale).status_code == 401
    assert client.get(f"{path}?{query.replace(':', '%3A').replace('/', '%2F')}", headers=right).json == answer.json
    assert answer.json is not None
    proof = hmac.new(SECRET.encode(), b"KnzCHMXTeKqZhttps://shop.example.orgDoorcode", hashlib.sha256).hexdigest()
    assert answer.json["proof"] == proof
    assert urlsplit(answer.json["confirmation_url"]).path == path
    given = answer.json["secret"]
    assert len(given) == 64
    body = json.dumps({"apiKey": "key", "secretKey": "secret", "shopId": "KnzCHMXTeKqZ"}).encode()
    for secret, status in ((SECRET, 401), (given, 204)):
        headers = signed("shopware-shop-signature", body, secret)
        assert client.post(path, data=body, headers=headers).status_code == status
    shipped = (EXAMPLES / "shopware-delivery-shipped.json").read_bytes()
    headers = signed("shopware-shop-signature", shipped, given)
    assert client.post(f"/api/v1/shops/{shop}/calls", data=shipped, headers=headers).json == {"result": "announced"}
    other = codes.write(add_shop, ShopKind.SHOPIFY, "Other Shop", SECRET, "de")
    assert client.get(f"/api/v1/shops/{other}/registration?{query}", headers=right).status_code == 404
    assert administrator.post(f"/office/shops/{other}/manifest.xml").status_code == 404
