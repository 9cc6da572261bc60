"""Senders: a key is itself, says what it may, and can be sent again; shops sign what they send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bench.attack.house import House
from bench.attack.people import API
from bench.attack.verdicts import Found, attack, wait_for
from tests.parts.calls import other_digits


@attack("an idempotency key of one sender is nothing to another sender, to another call, or to a race", everywhere=True)
def idempotency(house: House) -> Found:
    one, two, test = house.key("One"), house.key("Two"), house.key("Three", test=True)
    headers = {"Idempotency-Key": f"the-same-{house.number()}"}
    first, second = house.parcel(), house.parcel()
    race = house.at_once([partial(one.post, f"{API}/parcels", json=first, headers=headers)] * 16)
    statuses = Counter(answer.status_code for answer in race)
    other = two.post(f"{API}/parcels", json=second, headers=headers)
    trial = test.post(f"{API}/parcels", json=second, headers=headers)
    reused = one.post(f"{API}/parcels", json=second, headers=headers).status_code
    path = one.post(f"{API}/parcels/batch", json=[first], headers=headers).status_code
    odd = [
        one.post(f"{API}/parcels", json=first, headers={b"Idempotency-Key": key}).status_code
        for key in (b"", b"x" * 201, b"a b", b"\xe4")
    ]
    held = (
        other.status_code == 201 and other.json()["reference"] == second["reference"] and reused == 422 and path == 422
    )
    held = held and set(statuses) <= {201, 409} and trial.status_code in (200, 201) and max(odd) < 500
    return Found(
        held,
        f"sixteen at once {dict(statuses)}, another key {other.status_code}, "
        f"other content {reused}, other call {path}, odd keys {odd}",
    )


@attack("what a parcel was announced with cannot be changed by announcing it again")
def announced_again(house: House) -> Found:
    other = house.key("Other Shop")
    reference, letter = house.one()
    changes: list[dict[str, Any]] = [
        {"recipient": {"name": "Thief", "email": "thief@example.org", "language": "en"}},
        {
            "recipient": {
                "name": "Sample Recipient",
                "email": f"{reference.lower()}@example.org",
                "phone": "+4915112345678",
            }
        },
        {"consignment": "C-1"},
        {"sender_wish": False},
        {"destination": "locker"},
        {"gift": True},
    ]
    statuses = [
        client.post(f"{API}/parcels", json=house.parcel(reference) | change).status_code
        for change in changes
        for client in (house.sender, other)
    ]
    wait_for(lambda: house.mails_to("thief@example.org"), 3)
    gadget = house.enrol()
    gadget.present(other_digits(letter.digits), reference)
    right = gadget.present(letter.digits, reference)["outcome"]
    held = set(statuses) == {409} and not house.mails_to("thief@example.org") and right == "accepted"
    return Found(
        held,
        f"{dict(Counter(statuses))}, mails to the thief {house.mails_to('thief@example.org')}, the code then {right}",
    )


@attack("a key does what its scopes say, and a revoked one nothing")
def scopes(house: House) -> Found:
    reader = house.key("Reader", scopes=["parcels:read"])
    reference = house.announce()[0]
    allowed = [reader.get(f"{API}/parcels/{reference}").status_code]
    refused = [
        reader.post(f"{API}/parcels", json=house.parcel()).status_code,
        reader.post(f"{API}/parcels/{reference}/code/renew").status_code,
        reader.get(f"{API}/parcels/{reference}/proof").status_code,
        reader.get(f"{API}/events").status_code,
        reader.get(f"{API}/statistics").status_code,
        reader.get(f"{API}/webhooks").status_code,
        reader.post(f"{API}/assignments", json={"device": "x", "references": [reference]}).status_code,
        reader.request("HEAD", f"{API}/events").status_code,
    ]
    overridden = reader.get(f"{API}/parcels/{reference}", headers={"X-HTTP-Method-Override": "POST"}).status_code
    return Found(allowed == [200] and set(refused) == {403} and overridden == 200, f"may {allowed}, may not {refused}")


@attack("an answer that was read under one key or ticket is not confirmed to another")
def tags(house: House) -> Found:
    test, other = house.key("Trial", test=True), house.key("Reader", scopes=["statistics:read"])
    reference, letter = house.one()
    tag = house.sender.get(f"{API}/parcels/{reference}").headers.get("etag", '"x"')
    statuses = {
        "a test key": test.get(f"{API}/parcels/{reference}", headers={"If-None-Match": tag}).status_code,
        "a test key, any": test.get(f"{API}/parcels/{reference}", headers={"If-None-Match": "*"}).status_code,
        "out of scope": other.get(f"{API}/parcels/{reference}", headers={"If-None-Match": tag}).status_code,
        "nobody": house.client().get(f"{API}/parcels/{reference}", headers={"If-None-Match": "*"}).status_code,
    }
    looked = house.client().get(f"{letter.page}/status").headers.get("etag", '"x"')
    house.office.post(f"/office/block/{reference}")
    after = house.client().get(f"{letter.page}/status", headers={"If-None-Match": looked}).status_code
    made_up = house.client().get(f"/t/{letter.key[::-1]}/status", headers={"If-None-Match": looked}).status_code
    held = (
        304 not in statuses.values() and set(statuses.values()) <= {401, 403, 404} and after == 200 and made_up == 404
    )
    return Found(held, f"{statuses}; a ticket page after a block {after}, a made-up one {made_up}")


@attack("what a shop did not sign announces nothing, and what it signed twice announces once")
def shops(house: House) -> Found:
    secret, number, caller = f"shop secret {house.number()}", house.reference(), house.client()
    address = f"{number.lower()}@example.org"
    path = _shop(house, secret)
    order: dict[str, Any] = {
        "id": house.number(),
        "name": "#1",
        "email": address,
        "currency": "EUR",
        "total_price": "500.00",
        "fulfillment_status": "fulfilled",
        "shipping_address": {"name": "=?utf-8?q?Ada=0D=0ABcc:_x@example.org?=", "zip": "10115"},
        "fulfillments": [{"id": 1, "status": "success", "tracking_numbers": [number]}],
    }
    content = json.dumps(order).encode()

    def call(signature: str | None, body: bytes = content) -> int:
        headers = {"X-Shopify-Topic": "orders/fulfilled", "Content-Type": "application/json"}
        if signature is not None:
            headers["X-Shopify-Hmac-Sha256"] = signature
        return int(caller.post(path, content=body, headers=headers).status_code)

    right, wrong = _signed(secret, content), _signed("", content)
    refused = Counter(call(each) for each in (None, "", wrong, right.lower(), right[:-4], "AAAA"))
    refused[call(right, content + b" ")] += 1
    announced = house.sender.get(f"{API}/parcels/{number}").status_code
    taken = Counter(house.at_once([partial(call, right)] * 6))
    late = house.sender.get(f"{API}/parcels/{number}").status_code
    wait_for(lambda: house.mails_to(address) > 0, 10)
    mails = house.mails_to(address)
    long: dict[str, Any] = {"fulfillments": [{"tracking_numbers": ["x" * 9999, None, {}]}]}
    changed = [order | {"total_price": "1e999"}, order | {"email": "a\r\nb"}]
    others: list[Any] = [[], 1, {}, {"fulfillments": 7}, long, *changed]
    odd = Counter(call(_signed(secret, each), each) for each in (json.dumps(other).encode() for other in others))
    held = set(refused) == {401} and announced == 404 and late == 200 and mails == 1 and 500 not in taken | odd
    return Found(
        held,
        f"unsigned {dict(refused)}, announced by it {announced}; six times at once {dict(taken)}, {mails} mail; "
        f"odd ones {dict(odd)}",
    )


@attack("a webhook's secrets, deliveries and address are its own realm's", short=True)
def webhooks(house: House) -> Found:
    test, reader = house.key("Trial", test=True), house.key("Reader", scopes=["parcels:read"])
    made = house.sender.post(f"{API}/webhooks", json={"url": "https://hook.example.org/a", "name": "live"}).json()
    path = f"{API}/webhooks/{made['webhook_id']}"
    statuses: Counter[int] = Counter()
    for client in (test, reader, house.client()):
        calls = [
            client.get(path),
            client.get(f"{path}/secrets"),
            client.post(f"{path}/secrets"),
            client.get(f"{path}/deliveries"),
            client.post(f"{path}/replays", json={"only_failed": True}),
            client.patch(path, json={"url": "https://thief.example.org/"}),
            client.delete(path),
        ]
        statuses.update(answer.status_code for answer in calls)
    still = house.sender.get(path).json()
    held = set(statuses) <= {401, 403, 404} and urlsplit(still["url"]).hostname == "hook.example.org"
    return Found(held, f"21 calls of others {dict(statuses)}; it leads to {urlsplit(still['url']).hostname}")


ODD = (
    "",
    "-1",
    "0",
    "1e9",
    "9" * 30,
    "\u0660",
    "NaN",
    "\x00",
    "%",
    "_",
    "'",
    "\\",
    "a" * 3000,
    "[]",
    "null",
    "\U0001f600",
    "2026-02-30",
    "9999-12-31",
    "0001-01-01",
)
PAGES = ("labels/{}.png", "parcels/{}", "audit/{}", "mails/{}", "tours/{}", "audit/{}/proof.pdf")


@attack("odd cursors, days, pages and searches are answered, never a fault of the service", short=True)
def odd_queries(house: House) -> Found:
    places: list[tuple[Any, str, tuple[str, ...]]] = [
        (house.sender, f"{API}/events", ("cursor", "limit", "types")),
        (house.sender, f"{API}/statistics", ("first", "last")),
        (house.office, "/office", ("search", "page", "sort", "which", "limit", "to_decide", "lang")),
        (house.office, "/office/mails", ("search", "page", "state", "kind")),
        (house.office, "/office/days.csv", ("first", "last")),
        (house.office, "/office/parcels.csv", ("search",)),
        (house.office, "/office/actions", ("name", "search", "day", "sort", "page")),
        (house.office, "/office/reports", ("first", "last", "depot")),
        (house.office, "/office/tours", ("device", "day")),
        (house.client(), "/office/sign-in", ("next", "lang")),
        (house.client(), "/proofs/check", ("lang",)),
    ]
    statuses: Counter[int] = Counter()
    faults = []
    for client, path, names in places:
        for number, value in enumerate(ODD):
            # In the short form the odd values go round the names.
            for name in (names[number % len(names)],) if house.short else names:
                status = client.get(path, params={name: value}).status_code
                statuses[status] += 1
                if status >= 500:
                    faults.append(f"{path}?{name}={value[:20]!a}: {status}")
    for path in PAGES:
        for value in ("A" * 60, "A" * 3000, "%00", "%2e%2e", "\u0130\u0131\u00df", "TEST/A", "%25", "a%0ab"):
            status = house.office.get(f"/office/{path.format(value)}").status_code
            statuses[status] += 1
            if status >= 500:
                faults.append(f"{path.format(value[:20])}: {status}")
    return Found(not faults, f"{sum(statuses.values())} calls {dict(statuses)}; {faults[:6] or 'no fault'}")


def _shop(house: House, secret: str) -> str:
    """Add a shop in the office; returns the path where it sends its calls."""
    form = {"name": f"Shop {house.number()}", "kind": "shopify", "secret": secret, "language": "en"}
    answer = house.office.post("/office/shops", data=form)
    page = house.office.get(answer.headers["location"]) if answer.is_redirect else answer
    found = re.search(r"/api/v1/shops/[0-9a-f-]{36}/calls", page.text)
    assert found, f"no shop: {answer.status_code}"
    return found.group(0)


def _signed(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()
