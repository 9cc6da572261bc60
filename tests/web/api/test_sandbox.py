"""A test key lets its parcels move, and sees each event; live parcels are out of its reach."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.api_keys import add_key
from codes.accounts.devices import list_devices, revoke_device
from codes.auditing.audit import audit
from codes.delivering.sandbox import Move
from codes.proving.proof_check import verify_proof
from tests.parts.calls import parcel

PATH = "/api/v1/sandbox/parcels"


@pytest.fixture
def trying(client: FlaskClient, codes: DeliveryCodes) -> dict[str, str]:
    """The headers of a test key that has announced SAMPLE-1."""
    headers = {"Authorization": f"Bearer {codes.write(add_key, 'Trying', test=True)}"}
    client.post("/api/v1/parcels", json=parcel(value="500.00"), headers=headers)
    return headers


def moved(client: FlaskClient, headers: dict[str, str], move: str, reference: str = "SAMPLE-1") -> tuple[int, Any]:
    """Move a parcel."""
    answer = client.post(f"{PATH}/{reference}/{move}", headers=headers)
    return answer.status_code, answer.json


def events(client: FlaskClient, codes: DeliveryCodes, headers: dict[str, str]) -> list[str]:
    """Return what the feed tells."""
    codes.seal()
    feed: Any = client.get("/api/v1/events?limit=1000", headers=headers).json
    return [each["type"] for each in feed["events"]]


def test_every_move_is_an_event_and_a_handover_is_as_good_as_at_a_door(
    client: FlaskClient, codes: DeliveryCodes, trying: dict[str, str]
) -> None:
    for move in (Move.OPENED, Move.OUT_FOR_DELIVERY, Move.DRIVER_NEAR, Move.NOBODY_HOME, Move.WRONG_DIGITS):
        status, answer = moved(client, trying, move)
        assert (status, answer["reference"]) == (200, "SAMPLE-1"), answer
    assert answer["state"] == "not_handed_over"
    status, answer = moved(client, trying, Move.HANDED_OVER)
    assert (status, answer["state"], answer["evidence"]) == (200, "handed_over", "A")
    status, answer = moved(client, trying, Move.CONTESTED)
    assert (status, answer["contested"]) == (200, "open")
    told = events(client, codes, trying)
    for kind in ("ticket_opened", "out_for_delivery", "driver_near", "not_handed_over", "presented", "handed_over"):
        assert f"parcel.{kind}" in told
    assert told[-1] == "parcel.reported"
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()
    proof = codes.proof_of("TEST/SAMPLE-1")
    assert verify_proof(proof, codes.sealing_key.public_key()).grade == "A"


def test_what_needs_no_code_is_handed_over_without_one(
    client: FlaskClient, codes: DeliveryCodes, trying: dict[str, str]
) -> None:
    client.post("/api/v1/parcels", json=parcel("SAMPLE-2", sender_wish=False), headers=trying)
    status, answer = moved(client, trying, Move.HANDED_OVER, "SAMPLE-2")
    assert (status, answer["state"]) == (200, "handed_over"), answer


def test_what_is_not_green_says_why_and_is_recorded_as_at_a_door(
    client: FlaskClient, codes: DeliveryCodes, trying: dict[str, str]
) -> None:
    client.post("/api/v1/parcels/SAMPLE-1/cancel", headers=trying)
    status, answer = moved(client, trying, Move.HANDED_OVER)
    assert (status, answer["type"], answer["outcome"]) == (409, "/problems/not-green", "revoked")
    assert moved(client, trying, Move.CONTESTED)[1]["type"] == "/problems/cannot-contest"


def test_live_parcels_move_for_nobody(
    client: FlaskClient, codes: DeliveryCodes, trying: dict[str, str], sender: dict[str, str]
) -> None:
    client.post("/api/v1/parcels", json=parcel("SAMPLE-7"), headers=sender)
    status, answer = moved(client, sender, Move.HANDED_OVER, "SAMPLE-7")
    assert (status, answer["type"]) == (403, "/problems/test-key-needed")
    assert moved(client, trying, Move.HANDED_OVER, "SAMPLE-7")[0] == 404
    assert moved(client, trying, "burnt")[1]["type"] == "/problems/unknown-move"
    assert set(events(client, codes, sender)) == {"parcel.announced", "parcel.policy_decided", "parcel.code_issued"}


def test_the_house_can_end_the_sandbox_as_it_ends_a_device(
    client: FlaskClient, codes: DeliveryCodes, trying: dict[str, str]
) -> None:
    moved(client, trying, Move.NOBODY_HOME)
    (device,) = codes.read(list_devices)
    assert device.name == "Sandbox"
    codes.write(revoke_device, device.device_id)
    assert moved(client, trying, Move.HANDED_OVER)[1]["type"] == "/problems/device-revoked"
