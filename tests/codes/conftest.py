"""Delivery codes over a real store, for the tests of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.staff import Member, Role
from codes.recipients.tickets import ShownCode
from tests.parts.domain import *  # noqa: F403  fixtures
from tests.parts.domain import shown
from tests.parts.servers.postgresql import PostgresServer, running_postgres
from tests.parts.staff import add_member, member_with


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL that the tests of one file alone may stop and change."""
    with running_postgres() as own:
        yield own


@pytest.fixture
def codes(make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:
    """Delivery codes with a policy under which every parcel needs one; once on each kind of database."""
    delivery_codes = make_codes()
    yield delivery_codes
    delivery_codes.close()


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
    add_member(codes, "Dora", "a sample password", Role.DISPATCHER)
    member = member_with(codes, "Dora", "a sample password")
    assert member is not None
    return member
