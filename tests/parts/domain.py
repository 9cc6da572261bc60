"""Delivery codes over a migrated store, and what tests ask and do without a caller."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, Outcome, open_key_ring
from codes.life.blocking import Blocker, Part, block
from codes.life.issuing import renew_code
from codes.life.parcel_records import ParcelRecord, events_of_parcel, find_parcel
from codes.life.policy import Rule
from codes.model import EventKind, MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.sealing.sealing_key import open_sealing_key
from codes.settings import CodeSettings
from codes.store.database import DatabaseError
from codes.verification.presentation import Presentation
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
    visit_place=True,
)


UNKNOWN = (DatabaseError, sa.exc.DBAPIError)
"""What is raised where nobody can say whether a presentation took effect."""

ALWAYS = (Rule(code_required=True, reason="always"),)


def codes_over(database: Database, ring_file: Path, clock: Callable[[], datetime], **changes: object) -> DeliveryCodes:
    """Make delivery codes over a migrated store."""
    settings = SETTINGS.model_copy(update=changes)
    ring = open_key_ring(ring_file, database, clock)
    key = open_sealing_key(ring_file.with_name("sealing-key.pem"), database)
    return DeliveryCodes(database, ring, key, settings, ALWAYS, clock)


def recorded(codes: DeliveryCodes, reference: str = "P-1") -> ParcelRecord:
    """Return what the record says of a parcel that was announced."""
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return parcel


def told(codes: DeliveryCodes) -> list[MessageKind]:
    """Return what recipients were told, the newest first."""
    return [message.kind for message in codes.read(listed_messages, limit=20)]


def renew(codes: DeliveryCodes, reference: str) -> None:
    """Renew a parcel's code, as its recipient does."""
    codes.write(renew_code, recorded(codes, reference).holder_id, "recipient")


def block_parcel(codes: DeliveryCodes, reference: str) -> None:
    """Block a parcel, as the house does."""
    codes.write(block, recorded(codes, reference).parcel_id, Blocker(Part.COMMAND))


def shown(codes: DeliveryCodes, reference: str) -> ShownCode:
    """Return the code that a parcel's recipient is shown now."""
    ticket = codes.read(ticket_of_holder, recorded(codes, reference).holder_id)
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code


def ask_until_known(codes: DeliveryCodes, presentation: Presentation) -> Outcome:
    """Ask as a phone does, again and again."""
    while True:
        try:
            return codes.present(presentation).outcome
        except UNKNOWN:
            time.sleep(0.1)


def handovers(codes: DeliveryCodes, reference: str) -> int:
    """Return how often the record has a parcel handed over."""
    kinds = [event.kind for event in codes.read(events_of_parcel, recorded(codes, reference).parcel_id)]
    return kinds.count(EventKind.HANDED_OVER)


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


@pytest.fixture
def driver(codes: DeliveryCodes) -> SigningDevice:
    """An enrolled driver's device."""
    return enrolled(codes)
