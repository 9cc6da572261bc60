"""Delivery codes over a real store, and the settings of a house that writes mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codes.database import Database
from codes.policy import Rule
from codes.service import DeliveryCodes, open_key_ring
from codes.settings import CodeSettings
from tests.parts.clock import TurnableClock
from web.mail.settings import MailSettings

PAGES = "https://codes.example.org"


@pytest.fixture
def mail_settings() -> MailSettings:
    """Who the mail comes from."""
    return MailSettings(sender_name="Paketdienst", sender_address="codes@example.org", smtp=None)


@pytest.fixture
def codes(sqlite_url: str, tmp_path: Path, clock: TurnableClock) -> Iterator[DeliveryCodes]:
    """A service in which every parcel needs a code."""
    database = Database(sqlite_url)
    database.migrate()
    ring = open_key_ring(tmp_path / "keys.json", database, clock)
    settings = CodeSettings(
        lifetime_days=30,
        wrong_digits_per_parcel=5,
        wrong_digits_per_device_and_day=20,
        require_out_for_delivery=False,
        enrolment_minutes=60,
    )
    service = DeliveryCodes(database, ring, settings, [Rule(code_required=True, reason="always")], clock)
    yield service
    service.close()
