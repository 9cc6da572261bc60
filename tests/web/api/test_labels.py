"""A device asks what is to be done with a parcel whose label it scanned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.delivering.assignments import load
from codes.model import DeviceKind, ParcelSize
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point, place_device
from codes.settings import OtherTour
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import block_parcel, shown

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
NUMBER = "340434161094042557"


def asked(browser: FlaskClient, label: str) -> dict[str, Any]:
    """Ask, and return the answer."""
    answer = browser.post("/api/v1/labels", json={"label": label})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told: dict[str, Any] = answer.get_json()
    return told


@pytest.fixture
def announce(client: FlaskClient, sender: dict[str, str]) -> Callable[..., None]:
    """Announce a parcel."""

    def do(reference: str, **changes: Any) -> None:
        assert client.post("/api/v1/parcels", json=parcel(reference, **changes), headers=sender).status_code == 201

    return do


def test_a_parcel_whose_code_is_needed_is_named_as_it_was_announced(
    enrol: Enrol, announce: Callable[..., None]
) -> None:
    announce("SAMPLE-1")
    browser, _ = enrol()
    nothing_against_it = {
        "reference": "SAMPLE-1",
        "outcome": None,
        "handed_over_at": None,
        "place": None,
        "other_tour": False,
    }
    assert asked(browser, "]C1sample 1") == nothing_against_it


@pytest.mark.parametrize(
    "label", [f"4212134800{NUMBER}5700", f"]C100{NUMBER}10ABC\x1d4212134", f"https://example.org/track?id={NUMBER}&x=1"]
)
def test_bars_that_hold_more_than_the_number_name_the_one_parcel_within(
    enrol: Enrol, announce: Callable[..., None], label: str
) -> None:
    announce(NUMBER)
    announce("SAMPLE-1")
    browser, _ = enrol()
    assert asked(browser, label)["reference"] == NUMBER


def test_of_two_parcels_within_a_text_the_one_that_may_be_handed_over_is_meant(
    enrol: Enrol, announce: Callable[..., None], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    announce("JD014000123")
    announce("JD0140001234")
    browser, device = enrol()
    assert asked(browser, "XJD0140001234")["outcome"] == "unknown_parcel"
    body = device.body(shown(codes, "JD014000123").payload, ["JD014000123"], now=clock())
    assert browser.post("/api/v1/verifications", json=body).get_json()["outcome"] == "accepted"
    assert asked(browser, "XJD0140001234")["reference"] == "JD0140001234"


@pytest.mark.parametrize(
    "label", ["21348075016401", "\x00", "<script>", "https://example.org/", "9" * 256, "\u202e"], ids=ascii
)
def test_what_no_parcel_knows_is_told(enrol: Enrol, announce: Callable[..., None], label: str) -> None:
    announce("SAMPLE-1")
    browser, _ = enrol()
    assert asked(browser, label) == {
        "reference": None,
        "outcome": "unknown_parcel",
        "handed_over_at": None,
        "place": None,
        "other_tour": False,
    }


def test_what_stands_against_a_handover_is_told_before_anybody_is_asked_for_a_code(
    enrol: Enrol, announce: Callable[..., None], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    for number in range(5):
        announce(f"SAMPLE-{number}")
    announce("GIFT-1", gift=True)
    browser, device = enrol()
    _, other = enrol()
    body = device.body(shown(codes, "SAMPLE-0").payload, ["SAMPLE-0"], now=clock())
    browser.post("/api/v1/verifications", json=body)
    codes.write(load, other.device_id, "SAMPLE-1")
    codes.write(load, device.device_id, "SAMPLE-2")
    block_parcel(codes, "SAMPLE-3")
    outcomes = {each: asked(browser, each)["outcome"] for each in ("SAMPLE-0", "SAMPLE-1", "SAMPLE-2", "SAMPLE-3")}
    assert outcomes == {
        "SAMPLE-0": "already_handed_over",
        "SAMPLE-1": None,
        "SAMPLE-2": None,
        "SAMPLE-3": "revoked",
    }
    assert asked(browser, "SAMPLE-0")["handed_over_at"] is not None
    assert [asked(browser, each)["other_tour"] for each in ("SAMPLE-1", "SAMPLE-2")] == [True, False]
    codes.settings = codes.settings.model_copy(update={"other_tour": OtherTour.REFUSE})
    assert asked(browser, "SAMPLE-1")["outcome"] == "other_tour"
    assert asked(browser, "GIFT-1")["outcome"] == "code_not_required"


def test_a_counter_is_told_that_a_parcel_lies_elsewhere(
    enrol: Enrol, announce: Callable[..., None], codes: DeliveryCodes
) -> None:
    announce("SAMPLE-1")
    announce("SAMPLE-2")
    (browser, here), (_, there) = enrol(DeviceKind.COUNTER), enrol(DeviceKind.COUNTER)
    for device, name in ((here, "Sample point"), (there, "Other point")):
        codes.write(place_device, device.device_id, codes.write(add_point, PointTerms(name)))
    codes.write(take_in, here.device_id, "SAMPLE-1", ParcelSize.M)
    codes.write(take_in, there.device_id, "SAMPLE-2", ParcelSize.M)
    assert asked(browser, "SAMPLE-1")["outcome"] is None
    told = asked(browser, "SAMPLE-2")
    assert (told["outcome"], told["place"]) == ("not_here", "Other point")


def test_only_enrolled_devices_ask_and_only_so_often_a_day(
    client: FlaskClient, enrol: Enrol, announce: Callable[..., None], codes: DeliveryCodes
) -> None:
    announce("SAMPLE-1")
    assert client.post("/api/v1/labels", json={"label": "SAMPLE-1"}).status_code == 401
    browser, _ = enrol()
    budgets = codes.settings.budgets.model_copy(update={"labels_per_device": 2})
    codes.settings = codes.settings.model_copy(update={"budgets": budgets})
    assert [browser.post("/api/v1/labels", json={"label": "SAMPLE-1"}).status_code for _ in range(4)] == [
        200,
        200,
        429,
        429,
    ]
