"""Senders renew, withdraw and report; devices report visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.blocking import UNBLOCKED_A_DAY, Blocker, Part, block
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ticket_of_holder
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


@pytest.fixture(autouse=True)
def announced(client: FlaskClient, sender: dict[str, str]) -> None:
    """SAMPLE-1, which needs a code, and SAMPLE-2, which needs none."""
    client.post("/api/v1/parcels/batch", json=[parcel(), parcel("SAMPLE-2", gift=True)], headers=sender)


def kinds(codes: DeliveryCodes) -> list[MessageKind]:
    """Return what the outbox tells, newest first."""
    return [message.kind for message in codes.read(listed_messages, limit=10)]


def test_a_sender_has_a_new_code_sent(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> None:
    answer = client.post("/api/v1/parcels/SAMPLE-1/code/renew", headers=sender)
    assert (answer.status_code, answer.text) == (204, "")
    assert MessageKind.CODE_RENEWED in kinds(codes)
    assert client.post("/api/v1/parcels/SAMPLE-2/code/renew", headers=sender).status_code == 409
    assert client.post("/api/v1/parcels/SAMPLE-9/code/renew", headers=sender).status_code == 404


def test_a_sender_blocks_a_parcel_and_lets_it_go_again(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    asked = ("block", "block", "unblock", "unblock", "block")
    answers = [client.post(f"/api/v1/parcels/SAMPLE-1/{each}", headers=sender).status_code for each in asked]
    assert answers == [204] * 5
    told = [event.kind.value for event in codes.read(events_of_parcel, recorded(codes, "SAMPLE-1").parcel_id)]
    assert [kind for kind in told if kind.startswith("parcel_")] == [
        "parcel_blocked",
        "parcel_unblocked",
        "parcel_blocked",
    ]
    assert client.post("/api/v1/parcels/SAMPLE-9/block", headers=sender).status_code == 404


def test_a_parcel_let_go_too_often_is_let_go_again_after_the_seconds_that_are_told(
    client: FlaskClient, sender: dict[str, str], clock: TurnableClock
) -> None:
    answers = [
        client.post(f"/api/v1/parcels/SAMPLE-1/{each}", headers=sender)
        for _ in range(UNBLOCKED_A_DAY + 1)
        for each in ("block", "unblock")
    ]
    assert [answer.status_code for answer in answers] == [204] * (2 * UNBLOCKED_A_DAY + 1) + [429]
    assert answers[-1].json["type"] == "/problems/too-often"  # type: ignore[index]
    seconds = int(answers[-1].headers["Retry-After"])
    assert 0 < seconds <= 24 * 60 * 60
    clock.turn(timedelta(seconds=seconds - 1))
    assert client.post("/api/v1/parcels/SAMPLE-1/unblock", headers=sender).status_code == 429
    clock.turn(timedelta(seconds=1))
    assert client.post("/api/v1/parcels/SAMPLE-1/unblock", headers=sender).status_code == 204


def test_a_sender_cannot_let_go_what_the_office_blocked(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    parcel_id = recorded(codes, "SAMPLE-1").parcel_id
    codes.write(block, parcel_id, Blocker(Part.OFFICE, uuid4()))
    for asked in ("block", "unblock"):
        refused = client.post(f"/api/v1/parcels/SAMPLE-1/{asked}", headers=sender)
        assert (refused.status_code, refused.json["type"]) == (409, "/problems/blocked-by-office")  # type: ignore[index]
    assert recorded(codes, "SAMPLE-1").blocked_at is not None


def test_a_report_bears_on_the_recipients_next_parcel(client: FlaskClient, sender: dict[str, str]) -> None:
    cheap = parcel("SAMPLE-3", value="10.00")
    before = client.post("/api/v1/parcels", json=cheap, headers=sender)
    assert client.post("/api/v1/parcels/SAMPLE-1/reports", json={"kind": "lost"}, headers=sender).status_code == 204
    after = client.post("/api/v1/parcels", json={**cheap, "reference": "SAMPLE-4"}, headers=sender)
    assert before.json is not None
    assert after.json is not None
    assert (before.json["reason"], after.json["reason"]) == ("low_value", "lost_before")
    assert client.post("/api/v1/parcels/SAMPLE-1/reports", json={"kind": "eaten"}, headers=sender).status_code == 422
    assert client.post("/api/v1/parcels/SAMPLE-9/reports", json={"kind": "lost"}, headers=sender).status_code == 404


def visit(clock: TurnableClock, **changes: Any) -> dict[str, Any]:
    """Return the body of a visit to SAMPLE-1."""
    body = {"visit_id": str(uuid4()), "reference": "SAMPLE-1", "reason": "nobody_home"}
    return {**body, "attempted_at": clock().isoformat(), **changes}


def test_a_driver_reports_that_nobody_was_home(enrol: Enrol, codes: DeliveryCodes, clock: TurnableClock) -> None:
    browser, _ = enrol()
    body = visit(clock)
    assert [browser.post("/api/v1/visits", json=body).status_code for _ in range(2)] == [204, 204]
    assert kinds(codes).count(MessageKind.NOT_HANDED_OVER) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": "driver_was_late"}, 422),
        ({"attempted_at": "2026-11-24T10:00:00"}, 422),
        ({"visit_id": "x"}, 422),
        ({"reference": "SAMPLE-9"}, 404),
        ({"reference": "?"}, 404),
    ],
)
def test_a_bad_visit_is_refused_with_a_reason(
    enrol: Enrol, clock: TurnableClock, change: dict[str, Any], status: int
) -> None:
    browser, _ = enrol()
    answer = browser.post("/api/v1/visits", json=visit(clock, **change))
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_what_was_handed_over_was_not_missed(enrol: Enrol, codes: DeliveryCodes, clock: TurnableClock) -> None:
    browser, device = enrol()
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    ticket = codes.read(ticket_of_holder, record.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    browser.post("/api/v1/verifications", json=device.body(ticket.code.payload, ["SAMPLE-1"], now=clock()))
    assert browser.post("/api/v1/visits", json=visit(clock)).status_code == 409
