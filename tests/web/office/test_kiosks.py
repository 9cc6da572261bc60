"""The office sees how its kiosks are, and stops one from afar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.staff import Role
from codes.model import DeviceKind
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member
from web.http.access import Guard, guard_of

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
EVEN_OUT_OF_ORDER = {
    *("/api/v1/devices/me", "/api/v1/devices/me/signs", "/kiosk"),
    *("/api/v1/kiosk", "/api/v1/kiosk/settings", "/api/v1/kiosk/order"),
    "/api/v1/verifications",
}
"""Who it is, that it lives, its own screen and settings; a verification's transaction asks itself, once it is read."""
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
    assert "Silent</span>" not in administrator.get("/office/devices?lang=en").text
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


def test_out_of_order_it_only_beats_its_heart_until_it_is_put_back(
    app: Flask, administrator: FlaskClient, enrol: Enrol
) -> None:
    kiosk, device = enrol(DeviceKind.KIOSK)
    routes = [rule for rule in app.url_map.iter_rules() if guard_of(app, rule.endpoint) is Guard.DEVICE]
    asked = [
        (method, re.sub(r"<[^>]+>", "X-1", rule.rule))
        for rule in routes
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    administrator.post(f"/office/devices/{device.device_id}/out-of-order")
    answers = {(method, path): kiosk.open(path, method=method) for method, path in asked}
    for (_, path), answer in answers.items():
        if path not in EVEN_OUT_OF_ORDER:
            assert answer.status_code == 403, path
            assert not path.startswith("/api/") or answer.json["type"] == "/problems/out-of-order", path  # type: ignore[index]
    assert answers["GET", "/api/v1/devices/me"].status_code == answers["GET", "/kiosk"].status_code == 200
    assert kiosk.post("/api/v1/devices/me/signs", json=SIGN).json["out_of_order"] is True  # type: ignore[index]
    administrator.post(f"/office/devices/{device.device_id}/in-order")
    label = kiosk.post("/api/v1/labels", json={"label": "SAMPLE-1"})
    assert label.status_code == 200


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMIN, 303), (Role.DISPATCHER, 303), (Role.SUPERVISOR, 303), (Role.COUNTER, 403), (Role.AUDITOR, 403)],
)
def test_only_some_roles_may_stop_a_kiosk(
    app: Flask, codes: DeliveryCodes, enrol: Enrol, role: Role, status: int
) -> None:
    _kiosk, device = enrol(DeviceKind.KIOSK)
    add_member(codes, "somebody", PASSWORD, role)
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
