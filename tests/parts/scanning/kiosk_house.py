"""A service for a kiosk, and the line to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import httpx
from flask import Flask

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.devices import invite_device
from codes.life.parcel_records import find_parcel
from codes.model import Destination, DeviceKind
from scanner.kiosk.identity import Identity, enrol
from scanner.kiosk.service_client import ServiceClient
from scanner.settings import Offline
from tests.parts.clock import TurnableClock
from tests.parts.domain import shown


class Line(httpx.BaseTransport):
    """Carries requests to the application, unless it is cut before or after it."""

    def __init__(self, app: Flask) -> None:
        self._wire = httpx.WSGITransport(app=app)
        self.cut = False
        self.loses_replies = False
        self.loses_replies_of = ""
        self.carried: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        if self.cut:
            raise httpx.ConnectError("cut", request=request)
        reply = self._wire.handle_request(request)
        self.carried.append(request.url.path)
        if self.loses_replies or self.loses_replies_of == request.url.path:
            raise httpx.ReadTimeout("lost", request=request)
        return reply


def invitation(codes: DeliveryCodes) -> str:
    """Return a link that enrols a kiosk."""
    return f"http://localhost/enrol#{codes.write(invite_device, 'Test kiosk', DeviceKind.KIOSK)}"


@dataclass
class House:
    """The service, the kiosk's line to it, and the folder where the kiosk keeps what it must not lose."""

    codes: DeliveryCodes
    clock: TurnableClock
    line: Line
    client: httpx.Client
    folder: Path
    identity: Identity

    def service(self, offline: Offline = Offline.HAND_OVER) -> ServiceClient:
        """Return the kiosk as it is after a start."""
        return ServiceClient(self.client, self.identity, self.folder, offline)

    def enrol_anew(self) -> None:
        """Make the kiosk another device, which knows nothing of the first one's session and key."""
        self.client.cookies.clear()
        self.identity = enrol(self.client, invitation(self.codes), self.folder)

    def parcel(self, reference: str) -> str:
        """Announce a parcel; returns its payload."""
        person = Person("Sample Recipient", f"{reference.lower()}@example.org", "tr")
        self.codes.announce(
            [Announcement(reference, person, value=Decimal("129.90"), destination=Destination.PICKUP_POINT)]
        )
        return shown(self.codes, reference).payload

    def handed_over_at(self, reference: str) -> datetime | None:
        """Return when the service says that a parcel was handed over."""
        parcel = self.codes.read(find_parcel, reference)
        assert parcel is not None
        return parcel.handed_over_at
