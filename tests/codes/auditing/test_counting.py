"""Shelves are counted against the record; what was found stays, with who found it and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.accounts.shifts import BADGE_PREFIX
from codes.accounts.staff import Member, Role
from codes.auditing.audit import audit
from codes.model import DeviceKind, ParcelSize
from codes.pickup.counting import compare, count_shelf, last_counts
from codes.pickup.intake import take_in
from codes.pickup.points import BadPoint, PointTerms, UnknownPoint, add_point, put_shelf
from codes.pickup.stays import stays_at
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.staff import add_member, member_with

Announce = Callable[..., ShownCode]


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A counter's device."""
    return enrolled(codes, DeviceKind.COUNTER)


@pytest.fixture
def point(codes: DeliveryCodes, counter: SigningDevice, announce: Announce) -> UUID:
    """A pickup point with two parcels on its first shelf and one on its second."""
    point_id = codes.write(add_point, PointTerms("Kiosk Sample"))
    for name in ("A1", "A2"):
        codes.write(put_shelf, point_id, name, size=ParcelSize.XL, room=9)
    for reference, place in (("P-1", "A1"), ("P-2", "A1"), ("P-3", "A2")):
        announce(reference)
        codes.write(take_in, counter.device_id, reference, shelf=place)
    return point_id


@pytest.fixture
def ada(codes: DeliveryCodes) -> Member:
    """Who counts."""
    add_member(codes, "Ada", "a password", Role.COUNTER)
    member = member_with(codes, "Ada", "a password")
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
    before = [(stay.reference, stay.shelf) for stay in codes.read(stays_at, point)]
    first_at = clock()
    counted = codes.write(count_shelf, counter.device_id, "SHELF/A1", ["p-1", "P-1", "P-3", "?"], ada)
    assert (counted.missing, counted.unexpected) == (("P-2",), (("P-3", "A2"), ("?", None)))
    clock.turn(timedelta(minutes=1))
    right = codes.write(count_shelf, counter.device_id, "a2", ["P-3"], "Counter 1")
    assert (right.missing, right.unexpected) == ((), ())
    assert [
        (each.shelf, each.counted_by, each.counted_at, each.counted) for each in codes.read(last_counts, point)
    ] == [
        ("A2", "Counter 1", clock(), right),
        ("A1", "Ada", first_at, counted),
    ]
    assert len(codes.read(last_counts, point, limit=1)) == 1
    assert [(stay.reference, stay.shelf) for stay in codes.read(stays_at, point)] == before
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_parcel_that_was_handed_over_is_no_longer_missed(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-4")
    codes.write(take_in, counter.device_id, "P-4", shelf="A1")
    codes.present(counter.presentation(code.payload, "P-4", now=clock()))
    counted = codes.write(count_shelf, counter.device_id, "A1", ["P-1", "P-2", "P-4"], "Counter 1")
    assert (counted.missing, counted.unexpected) == ((), (("P-4", None),))


def test_neither_a_code_nor_a_badge_that_came_before_the_scanner_is_kept(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Announce
) -> None:
    payload, badge = announce("P-5").payload, f"{BADGE_PREFIX}ABCDEFGH2345"
    counted = codes.write(count_shelf, counter.device_id, "A1", [payload, badge, "SHELF/A1", "P-1", "P-2"], "Counter 1")
    assert (counted.missing, counted.unexpected) == ((), ())
    with codes.database.reading() as connection:
        rows = repr(connection.execute(sa.select(tables.shelf_counts)).all())
    assert payload not in rows
    assert badge not in rows


def test_a_shelf_that_is_none_is_not_counted(codes: DeliveryCodes, counter: SigningDevice, point: UUID) -> None:
    with pytest.raises(UnknownPoint):
        codes.write(count_shelf, counter.device_id, "Z9", ["P-1"], "Counter 1")
    with pytest.raises(BadPoint):
        codes.write(count_shelf, counter.device_id, "<b>", ["P-1"], "Counter 1")
    codes.write(add_point, PointTerms("Elsewhere"))
    with pytest.raises(UnknownPoint):
        codes.write(count_shelf, counter.device_id, "A1", ["P-1"], "Counter 1")
    assert codes.read(last_counts, point) == []


def test_of_a_flood_of_labels_all_are_answered_and_few_are_kept(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, ada: Member
) -> None:
    labels = ["P-1", "P-3", *(f"{'X' * 200}{number}" for number in range(1998))]
    counted = codes.write(count_shelf, counter.device_id, "A1", labels, ada)
    assert len(counted.unexpected) == 1999
    (kept,) = codes.read(last_counts, point)
    assert kept.counted.unexpected[0] == ("P-3", "A2")
    assert len(kept.counted.unexpected) == 100
    assert {len(label) for label, _ in kept.counted.unexpected[1:]} == {60}
