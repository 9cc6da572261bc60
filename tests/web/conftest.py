"""The application over a real SQLite file, with a sender, an enrolled device and a signed-in administrator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import Database, DeliveryCodes, open_key_ring
from codes.accounts.access import Role
from codes.proving.proofs import open_sealing_key
from codes.recipients.tickets import ShownCode
from scanner.settings import ScannerSettings
from scanner.untrusted import PictureReader
from tests.codes.conftest import shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from web.configuration import Settings, load_settings
from web.parts import Parts
from web.service import create_service

CONFIG = Path(__file__).parents[2] / "config.yaml"
PASSWORD = "a sample password"


@pytest.fixture
def settings() -> Settings:
    """The settings that everybody starts with."""
    return load_settings(CONFIG)


def codes_over(database: Database, folder: Path, settings: Settings, clock: TurnableClock) -> DeliveryCodes:
    """Make delivery codes over a migrated store, with the policy that everybody starts with."""
    ring = open_key_ring(folder / "secrets" / "keyring.json", database, clock)
    sealing_key = open_sealing_key(folder / "secrets" / "sealing-key.pem", database)
    return DeliveryCodes(database, ring, sealing_key, settings.codes, settings.policy.rules, clock)


@pytest.fixture
def codes(
    sqlite_database: Database, tmp_path: Path, settings: Settings, clock: TurnableClock
) -> Iterator[DeliveryCodes]:
    """Delivery codes over a SQLite file."""
    delivery_codes = codes_over(sqlite_database, tmp_path, settings, clock)
    yield delivery_codes
    delivery_codes.close()


@pytest.fixture(scope="session")
def picture_reader() -> Iterator[PictureReader]:
    """The children that decode uploaded pictures."""
    with PictureReader(children=1) as reader:
        yield reader


@pytest.fixture
def app(codes: DeliveryCodes, settings: Settings, picture_reader: PictureReader) -> Flask:
    """The whole application."""
    scanner = ScannerSettings()
    parts = Parts(codes, settings.server, settings.mail, scanner, lambda: picture_reader, "http://localhost", demo=True)
    return create_service(parts)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without any cookie."""
    return app.test_client()


@pytest.fixture
def sender(codes: DeliveryCodes) -> dict[str, str]:
    """The headers of a sender with a live API key."""
    return {"Authorization": f"Bearer {codes.api_keys.add('Sample Shop')}"}


@pytest.fixture
def administrator(app: Flask, codes: DeliveryCodes) -> FlaskClient:
    """A browser in which the administrator is signed in."""
    codes.access.add_staff("admin", PASSWORD, Role.ADMIN)
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
        body = {"enrolment": codes.devices.invite("Test device", kind), "public_key": device.jwk, "language": "en"}
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


def parcel(reference: str = "SAMPLE-1", **changes: Any) -> dict[str, Any]:
    """Return the body of an announcement."""
    recipient = {"name": "Sample Recipient", "email": "sample@example.org", "language": "de"}
    return {"reference": reference, "recipient": recipient, "value": "129.90", "currency": "EUR", **changes}
