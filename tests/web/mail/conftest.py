"""Delivery codes over a real store, and the settings of a house that writes mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codes.sealing.sealing_key import open_sealing_key
from codes.service import DeliveryCodes
from codes.store.database import Database
from codes.store.key_file import open_key_ring
from tests.parts.clock import TurnableClock
from tests.parts.domain import ALWAYS, SETTINGS
from web.mail.settings import MailSettings


@pytest.fixture
def mail_settings() -> MailSettings:
    """Who the mail comes from."""
    return MailSettings(sender_name="Paketdienst", sender_address="codes@example.org", smtp=None)


@pytest.fixture
def codes(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[DeliveryCodes]:
    """A service in which every parcel needs a code."""
    database = sqlite_database
    ring = open_key_ring(tmp_path / "keys.json", database, clock)
    service = DeliveryCodes(database, ring, open_sealing_key(tmp_path / "seal.pem", database), SETTINGS, ALWAYS, clock)
    yield service
    service.close()
