"""Delivery codes over a real store, for the tests of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from codes import Announcement, Database, DeliveryCodes, Person, open_key_ring
from codes.policy import Rule
from codes.proofs import open_sealing_key
from codes.settings import CodeSettings
from codes.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

SETTINGS = CodeSettings(
    lifetime_days=30,
    wrong_digits_per_parcel=5,
    wrong_digits_per_device_and_day=20,
    house_wrong_digits_per_hour=60,
    renew_after_visit=False,
    require_out_for_delivery=False,
    enrolment_minutes=60,
)
ALWAYS = (Rule(code_required=True, reason="always"),)


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    """Where the key ring lies: apart from the database."""
    return tmp_path / "secrets" / "keyring.json"


@pytest.fixture
def make_codes(database: Database, clock: TurnableClock, ring_file: Path) -> Callable[..., DeliveryCodes]:
    """Make delivery codes with other settings than the usual ones, over the test's store."""

    def make(**changes: object) -> DeliveryCodes:
        settings = SETTINGS.model_copy(update=changes)
        ring = open_key_ring(ring_file, database, clock)
        key = open_sealing_key(ring_file.with_name("sealing-key.pem"), database)
        return DeliveryCodes(database, ring, key, settings, ALWAYS, clock)

    return make


@pytest.fixture
def codes(make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:
    """Delivery codes with a policy under which every parcel needs one; once on each kind of database."""
    delivery_codes = make_codes()
    yield delivery_codes
    delivery_codes.close()


@pytest.fixture
def driver(codes: DeliveryCodes) -> SigningDevice:
    """An enrolled driver's device."""
    return enrolled(codes)


@pytest.fixture
def announce(codes: DeliveryCodes) -> Callable[..., ShownCode]:
    """Announce a parcel and return the code that its recipient is shown."""

    def do(reference: str, **facts: object) -> ShownCode:
        person = Person(f"Sample Recipient {reference}", f"{reference.lower()}@example.org", "de")
        fields: dict[str, object] = {"recipient": person, "value": Decimal("120.50"), **facts}
        codes.announce([Announcement(reference, **fields)])  # type: ignore[arg-type]
        return shown(codes, reference)

    return do


def shown(codes: DeliveryCodes, reference: str) -> ShownCode:
    """Return the code that a parcel's recipient is shown now."""
    parcel = codes.parcel(reference)
    assert parcel is not None
    ticket = codes.ticket_of(parcel.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code
