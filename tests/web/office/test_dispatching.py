"""Parcels are given to drivers' devices in the office: one by one, by pasted numbers, by a CSV file."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.staff import Role
from codes.accounts.staff_log import ActionFilters, list_actions
from codes.delivering import assignments
from codes.delivering.tours import tour_of
from codes.model import DeviceKind
from tests.parts.calls import PASSWORD, parcel
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


@pytest.fixture
def driver(client: FlaskClient, sender: dict[str, str], enrol: Enrol) -> SigningDevice:
    """A driver's device, and four parcels that nobody carries yet."""
    for number in range(1, 5):
        client.post("/api/v1/parcels", json=parcel(f"P-{number}"), headers=sender)
    return enrol()[1]


@pytest.fixture
def dispatcher(app: Flask, codes: DeliveryCodes) -> FlaskClient:
    """A browser in which a dispatcher is signed in."""
    add_member(codes, "dora", PASSWORD, Role.DISPATCHER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "dora", "password": PASSWORD})
    return browser


def upload(browser: FlaskClient, text: str, **ticked: str) -> tuple[int, str]:
    answer = browser.post("/office/tours?lang=en", data={"file": (io.BytesIO(text.encode()), "tours.csv"), **ticked})
    return answer.status_code, answer.get_data(as_text=True)


def carried(codes: DeliveryCodes, driver: SigningDevice) -> list[str]:
    return [each.reference for each in codes.read(tour_of, driver.device_id).parcels]


def test_found_and_pasted_parcels_join_the_tour_and_leave_it_again(
    dispatcher: FlaskClient, codes: DeliveryCodes, driver: SigningDevice
) -> None:
    address = f"/office/tours/{driver.device_id}"
    assert "P-3" in dispatcher.get(address, query_string={"search": "P-"}).get_data(as_text=True)
    dispatcher.post(address, data={"reference": ["P-2", "P-3"]})
    answer = dispatcher.post(address, data={"references": "p-1\nnothing, P-9"}, follow_redirects=True)
    assert carried(codes, driver) == ["P-2", "P-3", "P-1"]
    assert all(refused in answer.get_data(as_text=True) for refused in ("nothing", "P-9"))
    dispatcher.post(f"{address}/off/P-3")
    assert carried(codes, driver) == ["P-2", "P-1"]
    assert "dispatching.take_off" in [
        action.action for action in codes.read(list_actions, ActionFilters(subjects=("P-3",)), limit=9)
    ]


def test_a_file_is_followed_in_its_order_after_a_dry_run(
    dispatcher: FlaskClient, codes: DeliveryCodes, driver: SigningDevice
) -> None:
    file = f"reference;device;order\nP-1;Test device;\nP-2;{driver.device_id};20\nP-3;Test device;3\n"
    status, page = upload(dispatcher, file, dry="yes")
    assert status == 200
    assert "Dry run" in page
    assert carried(codes, driver) == []
    upload(dispatcher, "Tour von Montag\n\nSendungs-Nr.;Fahrer;Reihenfolge\nP-4;Test device;1")
    assert carried(codes, driver) == ["P-4"]
    assert upload(dispatcher, file, replace="yes")[0] == 200
    assert carried(codes, driver) == ["P-3", "P-2", "P-1"]


def test_a_file_with_a_fault_changes_nothing_and_names_each_line(
    dispatcher: FlaskClient, codes: DeliveryCodes, driver: SigningDevice, enrol: Enrol
) -> None:
    enrol(DeviceKind.COUNTER)
    lines = ["P-1,Test device", "P-9,Test device", "?,Test device", "P-2,Nobody", "P-3,Test device", "P-3,Test device"]
    status, page = upload(dispatcher, "\n".join(["reference,device", *lines]))
    assert status == 422
    told = ["Line 3: no such parcel", "Line 4: not a tracking number", "Line 5: no driver&#39;s device with this name"]
    told += ["Line 6: appears twice in the file", "Line 7: appears twice in the file"]
    assert [each for each in told if each not in page] == []
    assert "Line 2:" not in page
    assert carried(codes, driver) == []
    for broken in ("", "reference\nP-1", "reference,device,order\nP-1,Test device,soon"):
        assert upload(dispatcher, broken)[0] == 422


def test_only_those_who_dispatch_may(app: Flask, codes: DeliveryCodes, driver: SigningDevice) -> None:
    add_member(codes, "aud", PASSWORD, Role.AUDITOR)
    auditor = app.test_client()
    auditor.post("/office/sign-in", data={"name": "aud", "password": PASSWORD})
    assert auditor.get("/office/tours").status_code == 403
    assert auditor.post(f"/office/tours/{driver.device_id}", data={"reference": "P-1"}).status_code == 403


def test_a_file_whose_second_tour_is_too_long_loads_not_even_the_first(
    dispatcher: FlaskClient,
    codes: DeliveryCodes,
    driver: SigningDevice,
    enrol: Enrol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = enrol()[1]
    monkeypatch.setattr(assignments, "LONGEST_TOUR", 2)
    for full, other in ((second, driver), (driver, second)):
        rows = [f"P-1;{other.device_id}", *(f"P-{number};{full.device_id}" for number in (2, 3, 4))]
        status, page = upload(dispatcher, "\n".join(["reference;device", *rows]))
        assert status == 422
        assert "This tour is full" in page
        assert carried(codes, driver) == carried(codes, second) == []
