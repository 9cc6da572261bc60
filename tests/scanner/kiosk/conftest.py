"""A kiosk and the whole service, joined by a line that a test can cut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from flask import Flask

from codes import DeliveryCodes
from codes.pickup.points import PointTerms, add_point
from scanner.kiosk.identity import enrol
from tests.parts.application import app, codes, picture_reader, settings
from tests.parts.clock import TurnableClock
from tests.parts.scanning.kiosk_house import House, Line, invitation

__all__ = ["app", "codes", "picture_reader", "settings"]


@pytest.fixture
def clock() -> TurnableClock:
    """The service's clock; the kiosk's own runs, so this one starts at the same time."""
    return TurnableClock(datetime.now(UTC))


@pytest.fixture
def house(app: Flask, codes: DeliveryCodes, clock: TurnableClock, tmp_path: Path) -> Iterator[House]:
    """A service and an enrolled kiosk."""
    codes.write(add_point, PointTerms("Kiosk Sample"))
    line, folder = Line(app), tmp_path / "kiosk"
    with httpx.Client(transport=line, base_url="http://localhost") as client:
        identity = enrol(client, invitation(codes), folder)
        yield House(codes, clock, line, client, folder, identity)
