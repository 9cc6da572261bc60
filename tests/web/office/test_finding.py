"""A dispatcher finds a parcel by whatever a caller knows of it, and sees what of it fits."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.delivering.visits import Visit, end_without_handover
from codes.life.contests import contest_handover
from codes.life.parcel_records import find_parcel
from codes.model import AttemptReason, ReportKind
from codes.recipients.tickets import ticket_of_holder
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled


@pytest.fixture
def parcels(codes: DeliveryCodes) -> None:
    """Two parcels that share nothing."""
    ada = Person("Ada Lovelace", "ada@example.org", "en", phone="+491711234567")
    ben = Person("Ben", "ben@example.com", "en")
    codes.announce(
        [
            Announcement("SAMPLE-0001", ada, "Sample Bookshop", consignment="ORDER-17", sender_wish=True),
            Announcement("SAMPLE-0002", ben, "Sample Shoes", sender_wish=True),
        ]
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("sample-0001", None),
        ("0001", None),
        ("lovelace", None),
        ("ADA@example.org", "ada@example.org"),
        ("bookshop", "Sample Bookshop"),
        ("ORDER-17", "ORDER-17"),
        ("0171 1234567", "+491711234567"),
        ("1711234567", "+491711234567"),
    ],
)
def test_a_parcel_is_found_by_what_a_caller_knows(
    administrator: FlaskClient, parcels: None, asked: str, told: str | None
) -> None:
    page = administrator.get("/office", query_string={"search": asked}).text
    assert "/office/parcels/SAMPLE-0001" in page
    assert "/office/parcels/SAMPLE-0002" not in page
    assert ("<mark>" in page) == (told is not None)
    assert told is None or f"<mark><bdi>{told}</bdi></mark>" in page


def test_what_waits_for_a_decision_is_a_list_that_ends_with_the_decision(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock, parcels: None
) -> None:
    driver = enrolled(codes, name="Van 1")
    for reference in ("SAMPLE-0001", "SAMPLE-0002"):
        assert reference not in administrator.get("/office?show=visit_failed").text
        assert reference not in administrator.get("/office?show=reported").text
    codes.write(
        end_without_handover, Visit(uuid4(), driver.device_id, "SAMPLE-0001", AttemptReason.NOBODY_HOME, clock())
    )
    ticket = codes.read(ticket_of_holder, codes.read(find_parcel, "SAMPLE-0002").holder_id)  # type: ignore[union-attr]
    assert ticket is not None
    assert ticket.code is not None
    assert codes.present(driver.presentation(ticket.code.payload, "SAMPLE-0002", now=clock())).accepted
    codes.write(contest_handover, ticket.holder_id, ReportKind.NOT_RECEIVED)
    failed, reported = (administrator.get(f"/office?show={each}").text for each in ("visit_failed", "reported"))
    assert ("SAMPLE-0001" in failed, "SAMPLE-0002" in failed) == (True, False)
    assert ("SAMPLE-0001" in reported, "SAMPLE-0002" in reported) == (False, True)
    day = clock().astimezone().date() + timedelta(days=1)
    administrator.post("/office/redirect/SAMPLE-0001", data={"day": str(day)})
    assert "SAMPLE-0001" not in administrator.get("/office?show=visit_failed").text


def test_the_office_sees_where_a_parcel_is_delivered_and_no_proof_says_it(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    there = {"street": "Sample Street 7", "postcode": "12345", "city": "Sampletown", "note": "Bell <at> the back"}
    ada = Person("Ada Lovelace", "ada@example.org", "en", **there)
    codes.announce([Announcement("SAMPLE-0003", ada, "Sample Bookshop", sender_wish=True)])
    page = administrator.get("/office/parcels/SAMPLE-0003").text
    assert "Sample Street 7, 12345 Sampletown" in page
    assert "Bell &lt;at&gt; the back" in page
    codes.seal()
    proof = codes.proof_of("SAMPLE-0003").decode()
    assert [each for each in there.values() if each in proof] == []
