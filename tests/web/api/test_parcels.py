"""Senders announce parcels."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from codes import DeliveryCodes
from codes.life.parcel_records import find_parcel, list_parcels
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ticket_of_holder
from tests.parts.calls import parcel
from web.api.requests import ParcelBody, VisitBody, read_json


def test_an_announced_parcel_gets_a_code_and_a_reason(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    answer = client.post("/api/v1/parcels", json=parcel("sample 1"), headers=sender)
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["reference"] == "SAMPLE1"
    assert answer.json["code_required"] is True
    assert answer.json["reason"] == "high_value"
    assert client.get(answer.headers["Location"], headers=sender).status_code == 200


def test_no_answer_to_a_sender_holds_the_code(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    answers = [
        client.post("/api/v1/parcels", json=parcel(), headers=sender).text,
        client.get("/api/v1/parcels/SAMPLE-1", headers=sender).text,
    ]
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    ticket = codes.read(ticket_of_holder, record.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    for text in answers:
        assert ticket.code.payload not in text
        assert ticket.code.digits not in text
        assert "/t/" not in text


@pytest.mark.parametrize(("field", "longest"), [("street", 200), ("city", 100), ("note", 300)])
def test_where_it_is_received_is_bounded_and_one_line(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, field: str, longest: int
) -> None:
    def announce(reference: str, text: str) -> int:
        body = parcel(reference, recipient={"name": "Sample Recipient", field: text})
        return client.post("/api/v1/parcels", json=body, headers=sender).status_code

    assert announce("SAMPLE-1", "x" * longest) == 201
    assert announce("SAMPLE-2", "x" * (longest + 1)) == 422
    for unseen in ("\n", "\r", "\t", "\x00", "\x1b", "\x85", "\u2028"):
        assert announce("SAMPLE-3", f"a{unseen}b") == 422
    assert announce("SAMPLE-4", "  \u200b ") == 201
    record = codes.read(find_parcel, "SAMPLE-4")
    assert record is not None
    assert getattr(record, field) is None


def test_announcing_the_same_again_changes_nothing(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    first = client.post("/api/v1/parcels", json=parcel(), headers=sender)
    again = client.post("/api/v1/parcels", json=parcel(), headers=sender)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert len(codes.read(listed_messages, limit=10)) == 1


def test_the_same_reference_with_other_facts_is_a_conflict(client: FlaskClient, sender: dict[str, str]) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    answer = client.post("/api/v1/parcels", json=parcel(value="5000.00"), headers=sender)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"


def test_a_gift_needs_no_code_and_gets_no_mail(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    answer = client.post("/api/v1/parcels", json=parcel(gift=True), headers=sender)
    assert answer.json is not None
    assert (answer.json["code_required"], answer.json["reason"]) == (False, "gift")
    assert codes.read(listed_messages, limit=10) == []


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", "Basic d3Jvbmc=", "Bearer doorcode_"])
def test_a_wrong_api_key_is_told_what_to_send(client: FlaskClient, key: str) -> None:
    answer = client.post("/api/v1/parcels", json=parcel(), headers={"Authorization": key} if key else {})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["type"] == "/problems/bad-api-key"
    assert "Authorization: Bearer" in answer.json["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": "x"}, "reference"),
        ({"value": "-1"}, "value"),
        ({"value": "1e400"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"currency": "euro"}, "currency"),
        ({"destination": "moon"}, "destination"),
        ({"surprise": 1}, "surprise"),
        ({"recipient": {"name": ""}}, "recipient.name"),
        ({"recipient": {"name": "A\r\nBcc: b@example.org"}}, "recipient.name"),
        ({"recipient": {"name": "A", "email": "a@b@c"}}, "recipient.email"),
        ({"recipient": {"name": "A", "language": "not a language"}}, "recipient.language"),
    ],
)
def test_a_bad_field_is_named(client: FlaskClient, sender: dict[str, str], change: dict[str, Any], field: str) -> None:
    answer = client.post("/api/v1/parcels", json=parcel(**change), headers=sender)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["field"] for each in answer.json["errors"]] == [field]


def test_a_missing_field_is_named(client: FlaskClient, sender: dict[str, str]) -> None:
    body = parcel()
    del body["recipient"]
    answer = client.post("/api/v1/parcels", json=body, headers=sender)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["field"] == "recipient"


def test_each_value_is_what_the_document_calls_it(client: FlaskClient, sender: dict[str, str]) -> None:
    for change, field in (
        ({"reference": 340434161094042557}, "reference"),
        ({"reference": 3.4043416109404256e17}, "reference"),
        ({"consignment": 5}, "consignment"),
        ({"gift": "no"}, "gift"),
        ({"gift": 0}, "gift"),
        ({"sender_wish": "off"}, "sender_wish"),
        ({"value": True}, "value"),
        ({"history": {"disputes": True}}, "history.disputes"),
        ({"history": {"losses": "1"}}, "history.losses"),
        ({"recipient": {"name": "A", "phone": 4930123456}}, "recipient.phone"),
    ):
        answer = client.post("/api/v1/parcels", json=parcel(**change), headers=sender)
        assert answer.status_code == 422
        assert answer.json is not None
        assert [each["field"] for each in answer.json["errors"]] == [field]


def test_a_number_is_no_moment_and_an_amount_may_be_one() -> None:
    visit = {"visit_id": str(UUID(int=7)), "reference": "A-1", "reason": "nobody_home", "attempted_at": 1764000000}
    with pytest.raises(ValidationError, match="attempted_at"):
        read_json(VisitBody, json.dumps(visit).encode())
    for amount in ("129.90", 129.9, 130):
        assert read_json(ParcelBody, json.dumps(parcel(value=amount)).encode()).value == Decimal(str(amount))


def test_whatever_a_body_is_made_of_the_answer_stays_small(client: FlaskClient, sender: dict[str, str]) -> None:
    many = json.dumps(dict.fromkeys([*map(str, range(9000)), "x" * 5000], 1)).encode()
    odd = [many, b'{"\\ud800": 1}', b'{"\xed\xa0\x80": 1}', b'{"a\\u0000\\u202eb": NaN}']
    for body in odd:
        for path, headers in (("/api/v1/parcels", sender), ("/api/v1/devices", {})):
            answer = client.post(path, data=body, headers=headers, content_type="application/json")
            assert answer.status_code in (400, 422), body[:20]
            assert len(answer.data) < 20_000, body[:20]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b"\xff\xfe", json.dumps(parcel()).encode("utf-16"), b"\xef\xbb\xbf{}", b"{} {}"],
)
def test_what_is_no_json_is_said_to_be_none(client: FlaskClient, sender: dict[str, str], body: bytes) -> None:
    headers = {**sender, "Content-Type": "application/json"}
    answer = client.post("/api/v1/parcels", data=body, headers=headers)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def test_a_batch_is_announced_as_a_whole_or_not_at_all(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    good = [parcel(f"SAMPLE-{number}") for number in range(20)]
    refused = client.post("/api/v1/parcels/batch", json=[*good, parcel("SAMPLE-X", value="-1")], headers=sender)
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errors"][0]["field"] == "20.value"
    assert codes.read(list_parcels) == []
    answer = client.post("/api/v1/parcels/batch", json=good, headers=sender)
    assert answer.json is not None
    assert {each["result"] for each in answer.json["parcels"]} == {"created"}
    assert len(codes.read(list_parcels)) == 20


def test_a_parcel_leaves_for_its_recipient(client: FlaskClient, sender: dict[str, str]) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    answer = client.post("/api/v1/parcels/SAMPLE-1/out-for-delivery", headers=sender)
    assert answer.json is not None
    assert answer.json["out_for_delivery_at"] == "2026-11-24T10:00:00+00:00"


def test_a_wrong_method_is_told_which_are_right(client: FlaskClient, sender: dict[str, str]) -> None:
    answer = client.put("/api/v1/parcels", headers=sender)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert client.post("/healthz").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_an_unknown_parcel_is_not_found(client: FlaskClient, sender: dict[str, str]) -> None:
    for path in ("/api/v1/parcels/SAMPLE-9", "/api/v1/parcels/'%20OR%201=1"):
        answer = client.get(path, headers=sender)
        assert answer.status_code == 404
        assert answer.content_type == "application/problem+json"
