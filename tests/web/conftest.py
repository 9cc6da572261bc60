"""The application over a real SQLite file, with a sender, an enrolled device and a signed-in administrator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.api_keys import Scope, add_key
from codes.accounts.devices import invite_device
from codes.accounts.staff import Role
from codes.recipients.tickets import ShownCode
from tests.parts.application import *  # noqa: F403  fixtures
from tests.parts.calls import PASSWORD, parcel
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.staff import add_member


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without any cookie."""
    return app.test_client()


@pytest.fixture
def sender(codes: DeliveryCodes) -> dict[str, str]:
    """The headers of a sender with a live API key that may do everything."""
    return {"Authorization": f"Bearer {codes.write(add_key, 'Sample Shop', list(Scope))}"}


@pytest.fixture
def administrator(app: Flask, codes: DeliveryCodes) -> FlaskClient:
    """A browser in which the administrator is signed in."""
    add_member(codes, "admin", PASSWORD, Role.ADMIN)
    browser = app.test_client()
    answer = browser.post("/office/sign-in", data={"name": "admin", "password": PASSWORD})
    assert answer.status_code == 303
    return browser


@pytest.fixture
def enrol(app: Flask, codes: DeliveryCodes) -> Callable[..., tuple[FlaskClient, SigningDevice]]:
    """Enrol a device over HTTP; gives its browser and its key."""
    from codes.model import DeviceKind

    def do(kind: DeviceKind = DeviceKind.DRIVER) -> tuple[FlaskClient, SigningDevice]:
        from uuid import UUID

        browser, device = app.test_client(), SigningDevice()
        body = {
            "enrolment": codes.write(invite_device, "Test device", kind),
            "public_key": device.jwk,
            "language": "en",
        }
        answer = browser.post("/api/v1/devices", json=body)
        assert answer.status_code == 201, answer.text
        device.device_id = UUID(answer.json["device_id"])  # type: ignore[index]
        return browser, device

    return do


@pytest.fixture
def code(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> ShownCode:
    """The code of an announced parcel SAMPLE-1."""
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    return shown(codes, "SAMPLE-1")
