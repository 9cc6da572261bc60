"""A kiosk and the whole service, joined by a line that a test can cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from flask import Flask

from codes import Announcement, DeliveryCodes, Person
from codes.model import DeviceKind
from scanner.kiosk.asking import Asking
from scanner.kiosk.identity import Identity, enrol
from scanner.settings import Offline
from tests.codes.conftest import shown
from tests.parts.clock import TurnableClock
from tests.web.conftest import app, codes, picture_reader, settings

__all__ = ["app", "codes", "picture_reader", "settings"]


class Line(httpx.BaseTransport):
    """Carries requests to the application, unless it is cut before or after it."""

    def __init__(self, app: Flask) -> None:
        self._wire = httpx.WSGITransport(app=app)
        self.cut = False
        self.loses_replies = False
        self.carried: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        if self.cut:
            raise httpx.ConnectError("cut", request=request)
        reply = self._wire.handle_request(request)
        self.carried.append(request.url.path)
        if self.loses_replies:
            raise httpx.ReadTimeout("lost", request=request)
        return reply


@dataclass
class House:
    """The service, the kiosk's line to it, and the folder where the kiosk keeps what it must not lose."""

    codes: DeliveryCodes
    clock: TurnableClock
    line: Line
    client: httpx.Client
    folder: Path
    identity: Identity

    def asking(self, offline: Offline = Offline.HAND_OVER) -> Asking:
        """Return the kiosk as it is after a start."""
        return Asking(self.client, self.identity, self.folder, offline)

    def parcel(self, reference: str) -> str:
        """Announce a parcel; returns its payload."""
        person = Person("Sample Recipient", f"{reference.lower()}@example.org", "tr")
        self.codes.announce([Announcement(reference, person, value=Decimal("129.90"))])
        return shown(self.codes, reference).payload

    def handed_over_at(self, reference: str) -> datetime | None:
        """Return when the service says that a parcel was handed over."""
        parcel = self.codes.parcel(reference)
        assert parcel is not None
        return parcel.handed_over_at


@pytest.fixture
def clock() -> TurnableClock:
    """The service's clock; the kiosk's own runs, so this one starts at the same time."""
    return TurnableClock(datetime.now(UTC))


@pytest.fixture
def house(app: Flask, codes: DeliveryCodes, clock: TurnableClock, tmp_path: Path) -> Iterator[House]:
    """A service and an enrolled kiosk."""
    line, folder = Line(app), tmp_path / "kiosk"
    with httpx.Client(transport=line, base_url="http://localhost") as client:
        identity = enrol(client, invitation(codes)(), folder)
        yield House(codes, clock, line, client, folder, identity)


def invitation(codes: DeliveryCodes) -> Callable[[], str]:
    """Return what makes enrolment links for kiosks."""
    return lambda: f"http://localhost/enrol#{codes.devices.invite('Test kiosk', DeviceKind.KIOSK)}"
