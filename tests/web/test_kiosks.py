"""The office sees how its kiosks are, and stops one from afar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.access import Role
from codes.model import DeviceKind
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.web.conftest import PASSWORD

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
SIGN = {"camera": "on", "waiting": 0}


def test_a_sign_of_life_is_shown_on_the_list_of_devices(administrator: FlaskClient, enrol: Enrol) -> None:
    kiosk, _device = enrol(DeviceKind.KIOSK)
    assert "Last seen" in administrator.get("/office/devices?lang=en").text
    answer = kiosk.post("/api/v1/devices/me/signs", json={"camera": "lost", "waiting": 3})
    assert answer.json is not None
    assert answer.json["out_of_order"] is False
    page = administrator.get("/office/devices?lang=en").text
    assert "No camera" in page
    assert "3 waiting" in page


def test_a_kiosk_that_falls_silent_is_named(administrator: FlaskClient, enrol: Enrol, clock: TurnableClock) -> None:
    kiosk, _device = enrol(DeviceKind.KIOSK)
    kiosk.post("/api/v1/devices/me/signs", json=SIGN)
    assert "Silent" not in administrator.get("/office/devices?lang=en").text
    clock.turn(timedelta(minutes=4))
    assert "Silent" in administrator.get("/office/devices?lang=en").text


def test_a_kiosk_is_taken_out_of_order_and_put_back(administrator: FlaskClient, enrol: Enrol) -> None:
    kiosk, device = enrol(DeviceKind.KIOSK)
    told = []
    for path in ("out-of-order", "in-order"):
        assert administrator.post(f"/office/devices/{device.device_id}/{path}").status_code == 303
        answer = kiosk.post("/api/v1/devices/me/signs", json=SIGN)
        assert answer.json is not None
        told.append(answer.json["out_of_order"])
    assert told == [True, False]


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMIN, 303), (Role.DISPATCHER, 303), (Role.SUPERVISOR, 303), (Role.COUNTER, 403), (Role.AUDITOR, 403)],
)
def test_only_some_roles_may_stop_a_kiosk(
    app: Flask, codes: DeliveryCodes, enrol: Enrol, role: Role, status: int
) -> None:
    _kiosk, device = enrol(DeviceKind.KIOSK)
    codes.access.add_staff("somebody", PASSWORD, role)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "somebody", "password": PASSWORD})
    for path in ("out-of-order", "in-order"):
        assert browser.post(f"/office/devices/{device.device_id}/{path}").status_code == status


def test_no_other_device_can_be_stopped_and_no_other_can_give_its_sign(
    administrator: FlaskClient, client: FlaskClient, enrol: Enrol
) -> None:
    _driver, device = enrol(DeviceKind.DRIVER)
    assert administrator.post(f"/office/devices/{device.device_id}/out-of-order").status_code == 404
    assert client.post("/api/v1/devices/me/signs", json=SIGN).status_code == 401


@pytest.mark.parametrize("sign", [{}, {"camera": "fine"}, {"camera": "on", "waiting": -1}, {"camera": "on", "x": 1}])
def test_a_sign_that_is_none_is_refused(enrol: Enrol, sign: dict[str, object]) -> None:
    kiosk, _device = enrol(DeviceKind.KIOSK)
    assert kiosk.post("/api/v1/devices/me/signs", json=sign).status_code == 422
