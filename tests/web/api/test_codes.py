"""Senders renew, withdraw and report; devices report visits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.model import MessageKind
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.web.conftest import parcel

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


@pytest.fixture(autouse=True)
def announced(client: FlaskClient, sender: dict[str, str]) -> None:
    """SAMPLE-1, which needs a code, and SAMPLE-2, which needs none."""
    client.post("/api/v1/parcels/batch", json=[parcel(), parcel("SAMPLE-2", gift=True)], headers=sender)


def kinds(codes: DeliveryCodes) -> list[MessageKind]:
    """Return what the outbox tells, newest first."""
    return [message.kind for message in codes.outbox.listed(limit=10)]


def test_a_sender_has_a_new_code_sent(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> None:
    answer = client.post("/api/v1/parcels/SAMPLE-1/code/renew", headers=sender)
    assert (answer.status_code, answer.text) == (204, "")
    assert MessageKind.CODE_RENEWED in kinds(codes)
    assert client.post("/api/v1/parcels/SAMPLE-2/code/renew", headers=sender).status_code == 409
    assert client.post("/api/v1/parcels/SAMPLE-9/code/renew", headers=sender).status_code == 404


def test_a_sender_withdraws_a_code(client: FlaskClient, sender: dict[str, str]) -> None:
    first = client.post("/api/v1/parcels/SAMPLE-1/code/revoke", headers=sender)
    again = client.post("/api/v1/parcels/SAMPLE-1/code/revoke", headers=sender)
    assert (first.json, again.json) == ({"revoked": 1}, {"revoked": 0})


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
    record = codes.parcel("SAMPLE-1")
    assert record is not None
    ticket = codes.ticket_of(record.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    browser.post("/api/v1/verifications", json=device.body(ticket.code.payload, ["SAMPLE-1"], now=clock()))
    assert browser.post("/api/v1/visits", json=visit(clock)).status_code == 409
