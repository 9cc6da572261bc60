"""The application over a real SQLite file, as fixtures for whoever imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from codes import Database, DeliveryCodes, open_key_ring
from codes.sealing.sealing_key import open_sealing_key
from scanner.pictures.reader import PictureReader
from scanner.settings import ScannerSettings
from tests.parts.clock import TurnableClock
from web.configuration import Settings, load_settings
from web.flask_app import create_service
from web.services import Services

CONFIG = Path(__file__).parents[2] / "config.yaml"
Watch = Callable[[type], list[bool]]
"""What the fixture `watch` gives: which requests were answered before Flask."""


class CompiledTemplates(BytecodeCache):
    """What templates were compiled to, for all applications of a test run; each of them would compile its own."""

    def __init__(self) -> None:
        self._of: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what another application compiled."""
        if bucket.key in self._of:
            bucket.bytecode_from_string(self._of[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the others."""
        self._of[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The settings that everybody starts with."""
    return load_settings(CONFIG)


def codes_over(database: Database, folder: Path, settings: Settings, clock: TurnableClock) -> DeliveryCodes:
    """Make delivery codes over a migrated store, with the policy that everybody starts with."""
    ring = open_key_ring(folder / "secrets" / "keyring.json", database, clock)
    sealing_key = open_sealing_key(folder / "secrets" / "sealing-key.pem", database)
    rules, house = settings.policy.rules, settings.house
    return DeliveryCodes(database, ring, sealing_key, settings.codes, rules, clock, house=house)


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
    services = Services(
        codes, settings.server, settings.mail, scanner, lambda: picture_reader, "http://localhost", demo=True
    )
    application = create_service(services)
    application.jinja_env.bytecode_cache = COMPILED
    return application
