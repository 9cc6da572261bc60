"""Tours over HTTP: what senders give to devices, and what a device is told. Nothing of value, name or address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from tests.parts.device import SigningDevice
from tests.web.conftest import parcel

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


@pytest.fixture(autouse=True)
def announced(client: FlaskClient, sender: dict[str, str]) -> None:
    """SAMPLE-1, which needs a code, and SAMPLE-2, which needs none."""
    client.post("/api/v1/parcels/batch", json=[parcel(), parcel("SAMPLE-2", gift=True)], headers=sender)


def test_a_sender_gives_parcels_to_a_device_which_learns_what_it_needs(
    client: FlaskClient, sender: dict[str, str], enrol: Enrol
) -> None:
    browser, device = enrol()
    body = {"device": "Test device", "references": ["SAMPLE-1", "SAMPLE-2", "SAMPLE-9"]}
    answer = client.post("/api/v1/assignments", json=body, headers=sender)
    assert answer.json == {"device_id": str(device.device_id), "assigned": 2, "refused": ["SAMPLE-9"]}
    tour = browser.get("/api/v1/tour")
    assert tour.json is not None
    first, second = tour.json["parcels"]
    assert (first["reference"], first["code_required"], first["recipient_language"]) == ("SAMPLE-1", True, "de")
    assert (first["awaited"], len(first["digests"])) == ("queued", 1)
    assert (second["code_required"], second["awaited"], second["digests"]) == (False, None, [])
    assert tour.json["offline"] == "hand_over"
    for secret in ("129.90", "Sample Recipient", "sample@example.org", "EUR"):
        assert secret not in tour.text


def test_only_senders_assign_and_only_devices_ask(client: FlaskClient, sender: dict[str, str], enrol: Enrol) -> None:
    browser, _ = enrol()
    body = {"device": "Test device", "references": ["SAMPLE-1"]}
    assert browser.post("/api/v1/assignments", json=body).status_code == 401
    assert client.get("/api/v1/tour", headers=sender).status_code == 401
    unknown = client.post("/api/v1/assignments", json=body | {"device": "Nobody"}, headers=sender)
    assert (unknown.status_code, unknown.json["type"]) == (404, "/problems/unknown-device")  # type: ignore[index]


def test_a_revoked_device_learns_nothing_more(codes: DeliveryCodes, enrol: Enrol) -> None:
    browser, device = enrol()
    codes.tours.load(device.device_id, "SAMPLE-1")
    codes.devices.revoke(device.device_id)
    assert browser.get("/api/v1/tour").status_code == 403
    assert browser.post("/api/v1/tour/mails", json={"reference": "SAMPLE-1"}).status_code == 403


def test_a_label_scanned_at_loading_joins_the_tour_and_leaves_it_again(enrol: Enrol) -> None:
    browser, _ = enrol()
    loaded = browser.post("/api/v1/tour/parcels", json={"reference": "sample-1"})
    assert loaded.json is not None
    assert loaded.json["reference"] == "SAMPLE-1"
    assert browser.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-9"}).status_code == 404
    assert browser.delete("/api/v1/tour/parcels/SAMPLE-1").status_code == 204
    assert browser.get("/api/v1/tour").json["parcels"] == []  # type: ignore[index]


def test_a_mail_is_sent_again_without_saying_where_to(enrol: Enrol) -> None:
    browser, _ = enrol()
    first = browser.post("/api/v1/tour/mails", json={"reference": "SAMPLE-1"})
    again = browser.post("/api/v1/tour/mails", json={"reference": "SAMPLE-1"})
    none = browser.post("/api/v1/tour/mails", json={"reference": "SAMPLE-2"})
    assert (first.status_code, first.json) == (202, {"result": "sent"})
    assert (again.json, none.json) == ({"result": "too_soon"}, {"result": "no_code"})
    assert browser.post("/api/v1/tour/mails", json={"reference": "?"}).status_code == 404


def test_a_ticket_page_that_was_open_in_a_browser_counts_as_opened(
    client: FlaskClient, codes: DeliveryCodes, enrol: Enrol
) -> None:
    browser, device = enrol()
    codes.tours.load(device.device_id, "SAMPLE-1")
    key = codes.notice(codes.outbox.listed(limit=1)[0].id).ticket_key  # type: ignore[union-attr]
    client.get(f"/t/{key}")
    assert browser.get("/api/v1/tour").json["parcels"][0]["awaited"] == "queued"  # type: ignore[index]
    client.get(f"/t/{key}/status")
    assert browser.get("/api/v1/tour").json["parcels"][0]["awaited"] == "opened"  # type: ignore[index]
