"""Senders correct a recipient by a merge patch, of what they read and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode
from tests.parts.calls import parcel
from tests.parts.domain import block_parcel, recorded, shown

PATH = "/api/v1/parcels/SAMPLE-1"
MERGE_PATCH = "application/merge-patch+json"


def tag(client: FlaskClient, sender: dict[str, str]) -> str:
    """Return the tag of the parcel as it stands."""
    return client.get(PATH, headers=sender).headers["ETag"]


def test_a_correction_names_the_state_that_was_read(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode
) -> None:
    read = tag(client, sender)
    body = {"email": "right@example.org", "street": "New Street 1", "note": None}
    assert client.patch(PATH, json=body, headers=sender).status_code == 428
    answer = client.patch(PATH, json=body, headers={**sender, "If-Match": read, "Content-Type": MERGE_PATCH})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["corrected_at"] is not None
    assert answer.headers["ETag"] == tag(client, sender) != read
    assert "right" not in answer.text
    found = recorded(codes, "SAMPLE-1")
    assert (found.email, found.street, found.recipient) == ("right@example.org", "New Street 1", "Sample Recipient")
    assert shown(codes, "SAMPLE-1").payload != code.payload
    stale = client.patch(PATH, json={"name": "Other"}, headers={**sender, "If-Match": read})
    assert stale.status_code == 412
    assert stale.json is not None
    assert stale.json["type"] == "/problems/changed-meanwhile"
    for if_match in (answer.headers["ETag"], "*"):
        again = client.patch(PATH, json={}, headers={**sender, "If-Match": if_match})
        assert again.status_code == 200
    assert client.patch(PATH, json={}, headers={**sender, "If-Match": f"W/{answer.headers['ETag']}"}).status_code == 412


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@example.org\nb"}, "email"),
        ({"phone": "0171 1"}, "phone"),
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"language": None}, "language"),
        ({"language": "Deutsch"}, "language"),
        ({"street": "x" * 201}, "street"),
        ({"postcode": "x" * 21}, "postcode"),
        ({"city": "a\x00b"}, "city"),
        ({"note": 5}, "note"),
        ({"value": "1.00"}, "value"),
        ({"recipient": {"name": "Other"}}, "recipient"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_changed(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode, body: Any, field: str
) -> None:
    answer = client.patch(PATH, json=body, headers={**sender, "If-Match": tag(client, sender)})
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert recorded(codes, "SAMPLE-1").corrected_at is None
    assert len(codes.read(listed_messages, limit=9)) == 1


def test_an_unknown_a_blocked_and_a_test_parcel_have_answers_of_their_own(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode
) -> None:
    change, headers = {"email": "right@example.org"}, {**sender, "If-Match": "*"}
    for unknown in ("/api/v1/parcels/UNKNOWN-1", "/api/v1/parcels/-", "/api/v1/parcels/TEST-SAMPLE-1"):
        assert client.patch(unknown, json=change, headers=headers).status_code == 404
    assert client.patch(PATH, data="{", headers={**headers, "Content-Type": MERGE_PATCH}).status_code == 400
    assert client.patch(PATH, json=change).status_code == 401
    block_parcel(codes, "SAMPLE-1")
    blocked = client.patch(PATH, json=change, headers=headers)
    assert blocked.status_code == 409
    assert blocked.json is not None
    assert blocked.json["type"] == "/problems/blocked"


def test_a_final_dot_is_warned_of_at_once_and_stands_on_the_parcel(client: FlaskClient, sender: dict[str, str]) -> None:
    body = parcel(recipient={"name": "Sample", "email": "sample@example.org."})
    announced = client.post("/api/v1/parcels", json=body, headers=sender)
    assert announced.status_code == 201
    assert announced.json is not None
    assert announced.json["warnings"] == ["final_dot"]
    read = client.get(PATH, headers=sender)
    assert read.json is not None
    assert read.json["warnings"] == ["final_dot"]
