"""Senders set webhooks up by API, rotate their secrets, read their log, and have messages sent again."""

from __future__ import annotations

import base64
import hmac
import json
import sqlite3
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.api_keys import add_key
from codes.integrations.webhook_queue import ReceiverReply, failed_for_good
from codes.integrations.webhooks import UnknownWebhook, remove_webhook, rotate_secret
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.servers.webhook_receiver import running_receiver
from web.http.limits.outside_waits import AT_ONCE, outside_waits
from web.services import Services
from web.settings import WebhookSettings
from web.webhooks.webhook_worker import LEASE, claim_due, gather


def made(client: FlaskClient, sender: dict[str, str], **body: Any) -> dict[str, Any]:
    """Add a webhook by API, and return what was answered."""
    given = {"url": "https://receiver.example.org/hook", **body}
    answer = client.post("/api/v1/webhooks", json=given, headers=sender)
    assert answer.status_code == 201, answer.text
    assert client.get(answer.headers["Location"], headers=sender).json == answer.json
    return dict(answer.json or {})


def test_a_webhook_is_added_changed_rotated_and_removed(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    webhook = made(client, sender, types=["parcel.handed_over"], name="Shop")
    assert (webhook["types"], webhook["enabled"], webhook["test"]) == (["parcel.handed_over"], True, False)
    path = f"/api/v1/webhooks/{webhook['webhook_id']}"
    changed = client.patch(path, json={"enabled": False, "types": []}, headers=sender)
    assert (changed.json["enabled"], changed.json["types"]) == (False, [])  # type: ignore[index]
    (first,) = client.get(f"{path}/secrets", headers=sender).json["secrets"]  # type: ignore[index]
    assert first["secret"].startswith("whsec_")
    assert client.post(f"{path}/secrets", headers=sender).status_code == 204
    new, old = client.get(f"{path}/secrets", headers=sender).json["secrets"]  # type: ignore[index]
    assert (old["secret"], new["ends_at"]) == (first["secret"], None)
    assert old["ends_at"] is not None
    assert client.delete(path, headers=sender).status_code == 204
    assert client.get(path, headers=sender).status_code == 404
    assert client.get("/api/v1/webhooks", headers=sender).json == {"webhooks": []}
    for late in (rotate_secret, remove_webhook):
        with pytest.raises(UnknownWebhook):
            codes.write(late, UUID(webhook["webhook_id"]))


def test_addresses_inside_and_unknown_types_are_refused(client: FlaskClient, sender: dict[str, str]) -> None:
    for body in (
        {"url": "http://receiver.example.org/"},
        {"url": "https://169.254.169.254/latest"},
        {"url": "https://receiver.example.org/", "types": ["handed_over"]},
        {"url": "https://receiver.example.org/", "types": ["parcel.exploded"]},
    ):
        answer = client.post("/api/v1/webhooks", json=body, headers=sender)
        assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid-request")  # type: ignore[index]


def test_a_test_key_sees_test_webhooks_only(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> None:
    webhook = made(client, sender)
    trying = {"Authorization": f"Bearer {codes.write(add_key, 'Trying', test=True)}"}
    assert client.get("/api/v1/webhooks", headers=trying).json == {"webhooks": []}
    assert client.delete(f"/api/v1/webhooks/{webhook['webhook_id']}", headers=trying).status_code == 404
    assert made(client, trying)["test"] is True


def test_the_log_tells_what_came_of_each_message_and_it_can_be_sent_again(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    webhook = made(client, sender, types=["parcel.announced"])
    path = f"/api/v1/webhooks/{webhook['webhook_id']}"
    client.post("/api/v1/parcels", json=parcel("SAMPLE-7"), headers=sender)
    codes.seal()
    gather(codes)
    ((message,),) = claim_due(codes, webhooks=1, each=1, lease=LEASE).values()
    codes.write(failed_for_good, message, ReceiverReply(500, 12, "no"))
    (row,) = client.get(f"{path}/deliveries", headers=sender).json["deliveries"]  # type: ignore[index]
    assert (row["type"], row["reference"], row["status"]) == ("parcel.announced", "SAMPLE-7", 500)
    assert row["failed_at"] == clock().isoformat()
    assert client.post(f"{path}/replays", json={"only_failed": True}, headers=sender).json == {"queued": 1}
    (row,) = client.get(f"{path}/deliveries", headers=sender).json["deliveries"]  # type: ignore[index]
    assert (row["failed_at"], row["tries"]) == (None, 0)


def test_no_kept_answer_holds_a_secret(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> None:
    headers = sender | {"Idempotency-Key": "add-once"}
    webhook = made(client, headers)
    assert made(client, headers)["webhook_id"] == webhook["webhook_id"]
    path = f"/api/v1/webhooks/{webhook['webhook_id']}/secrets"
    (secret,) = client.get(path, headers=sender).json["secrets"]  # type: ignore[index]
    dump = "".join(sqlite3.connect(codes.database.url.database or "").iterdump())
    assert webhook["webhook_id"].replace("-", "") in dump
    assert secret["secret"] not in dump


def test_a_test_event_is_sent_at_once_signed_and_its_answer_is_told(
    app: Flask, client: FlaskClient, sender: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = app.extensions["doorcode"]
    loopback = WebhookSettings.model_validate({"allowed_networks": ["127.0.0.0/8"]})
    object.__setattr__(services, "webhooks", loopback)
    with running_receiver() as receiver:
        webhook = made(client, sender, url=f"{receiver.url}/hook")
        path = f"/api/v1/webhooks/{webhook['webhook_id']}"
        answer = client.post(f"{path}/tests", headers=sender)
        assert (answer.status_code, answer.json["status"]) == (200, 204)  # type: ignore[index]
        (told,) = receiver.at("/hook")
    (secret,) = client.get(f"{path}/secrets", headers=sender).json["secrets"]  # type: ignore[index]
    text = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode() + told.body
    key = base64.b64decode(secret["secret"].removeprefix("whsec_"))
    right = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
    assert told.headers["webhook-signature"] == f"v1,{right}"
    assert json.loads(told.body)["type"] == "test"
    gone = client.post(f"{path}/tests", headers=sender)
    assert (gone.status_code, gone.json["status"]) == (200, None)  # type: ignore[index]
    # Receivers that are slow take a few threads, and leave the others to whoever else asks.
    monkeypatch.setattr(outside_waits, "_patience_seconds", 0.01)
    with ExitStack() as slow:
        for _ in range(AT_ONCE):
            slow.enter_context(outside_waits.passed())
        crowded = client.post(f"{path}/tests", headers=sender)
    assert (crowded.status_code, crowded.headers["Retry-After"]) == (503, "2")
    assert client.post(f"{path}/tests", headers=sender).status_code == 200
