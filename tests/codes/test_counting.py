"""Shelves are counted against the record; what was found stays, with who found it and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.accounts.access import Member, Role
from codes.accounts.shifts import BADGE_PREFIX
from codes.auditing.audit import audit
from codes.model import DeviceKind, ParcelSize
from codes.pickup.counting import compare
from codes.pickup.points import BadPoint, PointTerms, UnknownPoint
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

Announce = Callable[..., ShownCode]


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A counter's device."""
    return enrolled(codes, DeviceKind.COUNTER)


@pytest.fixture
def point(codes: DeliveryCodes, counter: SigningDevice, announce: Announce) -> UUID:
    """A pickup point with two parcels on its first shelf and one on its second."""
    point_id = codes.pickup_points.add(PointTerms("Kiosk Sample"))
    for name in ("A1", "A2"):
        codes.pickup_points.put_shelf(point_id, name, size=ParcelSize.XL, room=9)
    for reference, place in (("P-1", "A1"), ("P-2", "A1"), ("P-3", "A2")):
        announce(reference)
        codes.stays.take_in(counter.device_id, reference, shelf=place)
    return point_id


@pytest.fixture
def ada(codes: DeliveryCodes) -> Member:
    """Who counts."""
    codes.access.add_staff("Ada", "a password", Role.COUNTER)
    member = codes.access.member_by_password("Ada", "a password")
    assert member is not None
    return member


def test_what_is_missing_and_what_lies_there_besides_is_named() -> None:
    places = {"P-1": "A1", "P-2": "A1", "P-3": "A2", "P-4": None}
    counted = compare("A1", places, ["P-1", "P-3", "P-4", "NEVER-SEEN"])
    assert (counted.held, counted.found, counted.missing) == (2, 1, ("P-2",))
    assert counted.unexpected == (("P-3", "A2"), ("P-4", None), ("NEVER-SEEN", None))
    assert compare("A3", places, []) == compare("A3", {}, [])


def test_a_count_is_kept_with_who_and_when_and_changes_no_parcel(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, ada: Member, clock: TurnableClock
) -> None:
    before = [(stay.reference, stay.shelf) for stay in codes.stays.at(point)]
    first_at = clock()
    counted = codes.counting.count(counter.device_id, "SHELF/A1", ["p-1", "P-1", "P-3", "?"], ada)
    assert (counted.missing, counted.unexpected) == (("P-2",), (("P-3", "A2"), ("?", None)))
    clock.turn(timedelta(minutes=1))
    right = codes.counting.count(counter.device_id, "a2", ["P-3"], "Counter 1")
    assert (right.missing, right.unexpected) == ((), ())
    assert [(each.shelf, each.counted_by, each.counted_at, each.counted) for each in codes.counting.last(point)] == [
        ("A2", "Counter 1", clock(), right),
        ("A1", "Ada", first_at, counted),
    ]
    assert len(codes.counting.last(point, limit=1)) == 1
    assert [(stay.reference, stay.shelf) for stay in codes.stays.at(point)] == before
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_a_parcel_that_was_handed_over_is_no_longer_missed(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-4")
    codes.stays.take_in(counter.device_id, "P-4", shelf="A1")
    codes.present(counter.presentation(code.payload, "P-4", now=clock()))
    counted = codes.counting.count(counter.device_id, "A1", ["P-1", "P-2", "P-4"], "Counter 1")
    assert (counted.missing, counted.unexpected) == ((), (("P-4", None),))


def test_neither_a_code_nor_a_badge_that_came_before_the_scanner_is_kept(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Announce
) -> None:
    payload, badge = announce("P-5").payload, f"{BADGE_PREFIX}ABCDEFGH2345"
    counted = codes.counting.count(counter.device_id, "A1", [payload, badge, "SHELF/A1", "P-1", "P-2"], "Counter 1")
    assert (counted.missing, counted.unexpected) == ((), ())
    with codes.database.reading() as connection:
        rows = repr(connection.execute(sa.select(tables.shelf_counts)).all())
    assert payload not in rows
    assert badge not in rows


def test_a_shelf_that_is_none_is_not_counted(codes: DeliveryCodes, counter: SigningDevice, point: UUID) -> None:
    with pytest.raises(UnknownPoint):
        codes.counting.count(counter.device_id, "Z9", ["P-1"], "Counter 1")
    with pytest.raises(BadPoint):
        codes.counting.count(counter.device_id, "<b>", ["P-1"], "Counter 1")
    codes.pickup_points.add(PointTerms("Elsewhere"))
    with pytest.raises(UnknownPoint):
        codes.counting.count(counter.device_id, "A1", ["P-1"], "Counter 1")
    assert codes.counting.last(point) == []
