"""Delivery codes over a real store, for the tests of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from codes import Announcement, Database, DeliveryCodes, Person, open_key_ring
from codes.accounts.access import Member, Role
from codes.model import MessageKind
from codes.parcels import ParcelRecord
from codes.policy import Rule
from codes.proving.proofs import open_sealing_key
from codes.recipients.tickets import ShownCode
from codes.settings import CodeSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.postgresql import PostgresServer, running_postgres

SETTINGS = CodeSettings(
    lifetime_days=30,
    wrong_digits_per_parcel=5,
    wrong_digits_per_device_and_day=20,
    house_wrong_digits_per_hour=60,
    renew_after_visit=False,
    require_out_for_delivery=False,
    enrolment_minutes=60,
    visit_place=True,
)
ALWAYS = (Rule(code_required=True, reason="always"),)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL that the tests of one file alone may stop and change."""
    with running_postgres() as own:
        yield own


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    """Where the key ring lies: apart from the database."""
    return tmp_path / "secrets" / "keyring.json"


@pytest.fixture
def make_codes(database: Database, clock: TurnableClock, ring_file: Path) -> Callable[..., DeliveryCodes]:
    """Make delivery codes with other settings than the usual ones, over the test's store."""

    def make(**changes: object) -> DeliveryCodes:
        return codes_over(database, ring_file, clock, **changes)

    return make


def codes_over(database: Database, ring_file: Path, clock: TurnableClock, **changes: object) -> DeliveryCodes:
    """Make delivery codes over a migrated store."""
    settings = SETTINGS.model_copy(update=changes)
    ring = open_key_ring(ring_file, database, clock)
    key = open_sealing_key(ring_file.with_name("sealing-key.pem"), database)
    return DeliveryCodes(database, ring, key, settings, ALWAYS, clock)


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


@pytest.fixture
def dispatcher(codes: DeliveryCodes) -> Member:
    """Who redirects parcels."""
    codes.access.add_staff("Dora", "a sample password", Role.DISPATCHER)
    member = codes.access.member_by_password("Dora", "a sample password")
    assert member is not None
    return member


def recorded(codes: DeliveryCodes, reference: str = "P-1") -> ParcelRecord:
    """Return what the record says of a parcel that was announced."""
    parcel = codes.parcel(reference)
    assert parcel is not None
    return parcel


def told(codes: DeliveryCodes) -> list[MessageKind]:
    """Return what recipients were told, the newest first."""
    return [message.kind for message in codes.outbox.listed(limit=20)]


def renew(codes: DeliveryCodes, reference: str) -> None:
    """Renew a parcel's code, as its recipient does."""
    codes.renew(recorded(codes, reference).holder_id, "recipient")


def shown(codes: DeliveryCodes, reference: str) -> ShownCode:
    """Return the code that a parcel's recipient is shown now."""
    ticket = codes.ticket_of(recorded(codes, reference).holder_id)
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code
