"""Tours over HTTP: what senders give to devices, and what a device is told. Nothing of value or mail address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.devices import revoke_device
from codes.delivering.assignments import load
from codes.delivering.tours import tour_of
from codes.model import DeviceKind, MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from codes.settings import DriverCalls, OtherTour
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import shown

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
    for secret in ("129.90", "sample@example.org", "EUR"):
        assert secret not in tour.text


STOP = {"name": "Sample Recipient", "street": "Sample Street 7", "city": "Sampletown", "note": "Bell at the back"}


@pytest.mark.parametrize(
    ("calls", "number"),
    [(DriverCalls.RECIPIENT, "+491711234567"), (DriverCalls.SWITCHBOARD, "+49301234"), (DriverCalls.NONE, None)],
)
def test_a_device_learns_its_stops_and_has_a_number_only_while_it_carries_the_parcel(
    client: FlaskClient,
    sender: dict[str, str],
    codes: DeliveryCodes,
    enrol: Enrol,
    calls: DriverCalls,
    number: str | None,
) -> None:
    codes.settings = codes.settings.model_copy(update={"driver_calls": calls, "switchboard": "+49 (0)30 1234"})
    recipient = STOP | {"phone": "+491711234567", "postcode": "12345", "email": "stop@example.org"}
    client.post("/api/v1/parcels", json=parcel("SAMPLE-3", recipient=recipient), headers=sender)
    browser, _ = enrol()
    for reference in ("SAMPLE-1", "SAMPLE-3"):
        browser.post("/api/v1/tour/parcels", json={"reference": reference})
    answer = browser.get("/api/v1/tour").json
    assert answer is not None
    first, stop = answer["parcels"]
    assert {name: stop[name] for name in STOP} == STOP
    assert (first["place"], stop["place"], first["phone"], stop["phone"]) == (1, 2, None, number)
    assert (answer["driver_calls"], answer["driver_near"]) == (calls, "button")
    browser.delete("/api/v1/tour/parcels/SAMPLE-3")
    left = browser.get("/api/v1/tour").text
    assert [each for each in ("+49", "Sample Street 7", "Bell") if each in left] == []


def test_after_the_handover_a_device_keeps_neither_note_nor_number(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, enrol: Enrol
) -> None:
    recipient = STOP | {"phone": "+491711234567", "email": "stop@example.org"}
    client.post("/api/v1/parcels", json=parcel("SAMPLE-3", recipient=recipient), headers=sender)
    browser, device = enrol()
    browser.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-3"})
    assert codes.present(device.presentation(shown(codes, "SAMPLE-3").payload, "SAMPLE-3", now=codes.clock())).accepted
    (stop,) = browser.get("/api/v1/tour").json["parcels"]  # type: ignore[index]
    assert (stop["street"], stop["note"], stop["phone"]) == ("Sample Street 7", None, None)


def test_a_driver_tells_that_he_is_near_on_his_own_tour_only_and_once_a_visit(
    codes: DeliveryCodes, enrol: Enrol
) -> None:
    (mine, _), (other, _) = enrol(), enrol()
    for browser, reference in ((mine, "SAMPLE-1"), (mine, "SAMPLE-2")):
        browser.post("/api/v1/tour/parcels", json={"reference": reference})
    refused = other.post("/api/v1/tour/near", json={"reference": "SAMPLE-1"})
    assert (refused.status_code, refused.json["type"]) == (404, "/problems/not-on-tour")  # type: ignore[index]
    assert [mine.post("/api/v1/tour/near", json={"reference": "sample 1"}).status_code for _ in range(3)] == [204] * 3
    told = [each.kind for each in codes.read(listed_messages, limit=20)]
    assert told.count(MessageKind.DRIVER_NEAR) == 1
    assert mine.post("/api/v1/tour/near", json={"reference": "SAMPLE-2"}).status_code == 409
    assert mine.post("/api/v1/tour/near", json={"reference": "SAMPLE-99"}).status_code == 404


def test_only_senders_assign_and_only_devices_ask(client: FlaskClient, sender: dict[str, str], enrol: Enrol) -> None:
    browser, _ = enrol()
    body = {"device": "Test device", "references": ["SAMPLE-1"]}
    assert browser.post("/api/v1/assignments", json=body).status_code == 401
    assert client.get("/api/v1/tour", headers=sender).status_code == 401
    unknown = client.post("/api/v1/assignments", json=body | {"device": "Nobody"}, headers=sender)
    assert (unknown.status_code, unknown.json["type"]) == (404, "/problems/unknown-device")  # type: ignore[index]


@pytest.mark.parametrize("kind", [DeviceKind.COUNTER, DeviceKind.KIOSK])
def test_only_a_drivers_device_has_a_tour(
    client: FlaskClient, codes: DeliveryCodes, enrol: Enrol, kind: DeviceKind
) -> None:
    browser, device = enrol(kind)
    answers = [
        browser.get("/api/v1/tour"),
        browser.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-1"}),
        browser.delete("/api/v1/tour/parcels/SAMPLE-1"),
    ]
    assert [(each.status_code, each.json["type"]) for each in answers] == [(403, "/problems/not-a-driver")] * 3  # type: ignore[index]
    assert codes.read(tour_of, device.device_id).parcels == ()


def test_a_revoked_device_learns_nothing_more(codes: DeliveryCodes, enrol: Enrol) -> None:
    browser, device = enrol()
    codes.write(load, device.device_id, "SAMPLE-1")
    codes.write(revoke_device, device.device_id)
    assert browser.get("/api/v1/tour").status_code == 403
    assert browser.post("/api/v1/tour/mails", json={"reference": "SAMPLE-1"}).status_code == 403


def test_a_label_scanned_at_loading_joins_the_tour_and_leaves_it_again(enrol: Enrol) -> None:
    browser, _ = enrol()
    loaded = browser.post("/api/v1/tour/parcels", json={"reference": "sample-1"})
    assert loaded.json is not None
    assert (loaded.json["reference"], loaded.json["other_tour"]) == ("SAMPLE-1", False)
    assert browser.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-9"}).status_code == 404
    assert browser.delete("/api/v1/tour/parcels/SAMPLE-1").status_code == 204
    assert browser.get("/api/v1/tour").json["parcels"] == []  # type: ignore[index]


@pytest.mark.parametrize("other_tour", list(OtherTour))
def test_what_another_device_carries_is_loaded_with_a_word_or_refused(
    codes: DeliveryCodes, enrol: Enrol, other_tour: OtherTour
) -> None:
    codes.settings = codes.settings.model_copy(update={"other_tour": other_tour})
    theirs, mine = enrol()[0], enrol()[0]
    theirs.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-1"})
    answer = mine.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-1"})
    assert answer.json is not None
    left = [parcel["reference"] for parcel in theirs.get("/api/v1/tour").json["parcels"]]  # type: ignore[index]
    if other_tour is OtherTour.WARN:
        assert (answer.status_code, answer.json["other_tour"], left) == (200, True, [])
    else:
        assert (answer.status_code, answer.json["type"], left) == (409, "/problems/other-tour", ["SAMPLE-1"])
        assert "the office" in answer.json["detail"]


def test_a_mail_is_sent_again_without_saying_where_to(enrol: Enrol, clock: TurnableClock) -> None:
    browser, _ = enrol()
    clock.turn(timedelta(minutes=1))
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
    codes.write(load, device.device_id, "SAMPLE-1")
    key = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id).ticket_key  # type: ignore[union-attr]
    client.get(f"/t/{key}")
    assert browser.get("/api/v1/tour").json["parcels"][0]["awaited"] == "queued"  # type: ignore[index]
    client.get(f"/t/{key}/status")
    assert browser.get("/api/v1/tour").json["parcels"][0]["awaited"] == "opened"  # type: ignore[index]
