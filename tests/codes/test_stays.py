"""Parcels at a pickup point: taken in, shelved, counted, reminded of, sent back; every step in the parcel's chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, Person, tables
from codes.auditing.audit import audit
from codes.model import DeviceKind, EventKind, MessageKind, ParcelSize
from codes.parcels import UnknownParcel
from codes.pickup.points import BadPoint, PointTerms, Shelf, UnknownPoint, proposed
from codes.pickup.stays import AlreadyGone, NotWaiting, WaitsElsewhere
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A counter's device."""
    return enrolled(codes, DeviceKind.COUNTER)


@pytest.fixture
def point(codes: DeliveryCodes) -> UUID:
    """The one pickup point of the house, with three shelves."""
    point_id = codes.pickup_points.add(PointTerms("Kiosk Sample", "Sample Street 1", "Mo-Sa 8-20", days_kept=7))
    for name, size in (("A1", ParcelSize.S), ("A2", ParcelSize.M), ("B1", ParcelSize.XL)):
        codes.pickup_points.put_shelf(point_id, name, size=size, room=2)
    return point_id


def told(codes: DeliveryCodes, reference: str) -> list[MessageKind]:
    parcel = codes.parcel(reference)
    assert parcel is not None
    return sorted(message.kind for message in codes.outbox.listed(limit=50, parcel_id=parcel.parcel_id))


def happened(codes: DeliveryCodes, reference: str) -> list[EventKind]:
    parcel = codes.parcel(reference)
    assert parcel is not None
    return [event.kind for event in codes.events(parcel.parcel_id)]


def shelf(name: str, size: ParcelSize = ParcelSize.M, held: int = 0, room: int = 10) -> Shelf:
    return Shelf(UUID(int=sum(name.encode())), name, size, room, hatch=False, held=held)


def test_the_emptiest_shelf_that_is_large_enough_is_proposed_and_the_recipients_own_first() -> None:
    shelves = [shelf("A2", held=3), shelf("A10", held=1), shelf("S1", ParcelSize.S), shelf("X1", ParcelSize.XL, held=2)]
    assert proposed(shelves, ParcelSize.M, frozenset()) == shelves[1]
    assert proposed(shelves, ParcelSize.S, frozenset()) == shelves[2]
    assert proposed(shelves, ParcelSize.L, frozenset()) == shelves[3]
    assert proposed(shelves, ParcelSize.M, frozenset({shelves[0].shelf_id})) == shelves[0]
    assert proposed(shelves, ParcelSize.M, frozenset({shelves[2].shelf_id})) == shelves[1]
    assert proposed([shelf("A2", held=10), shelf("A10", held=10)], ParcelSize.M, frozenset()) is None
    assert proposed([shelf("A10"), shelf("A2")], ParcelSize.M, frozenset()) == shelf("A2")


def test_a_parcel_is_taken_in_on_a_proposed_shelf_told_once_moved_and_sent_back(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    taken = codes.stays.take_in(counter.device_id, "p-1", ParcelSize.S)
    assert (taken.stay.shelf, taken.again) == ("A1", False)
    assert taken.stay.deadline == clock() + timedelta(days=7)
    assert codes.stays.take_in(counter.device_id, "P-1").again
    assert codes.stays.put_on_shelf(counter.device_id, "P-1", "shelf/b1").shelf == "B1"
    assert codes.stays.put_on_shelf(counter.device_id, "P-1", "B1").shelf == "B1"
    assert told(codes, "P-1") == [MessageKind.CODE_ISSUED, MessageKind.READY_TO_COLLECT]
    assert [(each.reference, each.shelf) for each in codes.stays.at(point)] == [("P-1", "B1")]
    assert [each.held for each in codes.pickup_points.shelves(point)] == [0, 0, 1]
    codes.stays.send_back(counter.device_id, "P-1")
    assert codes.stays.at(point) == []
    with pytest.raises(NotWaiting):
        codes.stays.send_back(counter.device_id, "P-1")
    assert happened(codes, "P-1")[3:] == [
        *(EventKind.ARRIVED_AT_POINT, EventKind.OUT_FOR_DELIVERY, EventKind.PUT_ON_SHELF, EventKind.LEFT_POINT)
    ]
    assert not codes.stays.take_in(counter.device_id, "P-1").again
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_what_cannot_be_taken_in_is_named(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    code = announce("P-1")
    with pytest.raises(UnknownParcel):
        codes.stays.take_in(counter.device_id, "P-2")
    with pytest.raises(UnknownPoint):
        codes.stays.take_in(counter.device_id, "P-1", shelf="Z9")
    with pytest.raises(BadPoint):
        codes.stays.take_in(counter.device_id, "P-1", shelf="<b>")
    codes.stays.take_in(counter.device_id, "P-1")
    elsewhere = codes.pickup_points.add(PointTerms("Elsewhere"))
    with pytest.raises(UnknownPoint):
        codes.stays.take_in(counter.device_id, "P-1")
    codes.pickup_points.place_device(counter.device_id, elsewhere)
    with pytest.raises(WaitsElsewhere, match="Kiosk Sample"):
        codes.stays.take_in(counter.device_id, "P-1")
    codes.pickup_points.place_device(counter.device_id, point)
    codes.present(counter.presentation(code.payload, "P-1", now=clock()))
    with pytest.raises(AlreadyGone):
        codes.stays.take_in(counter.device_id, "P-1")
    assert codes.stays.at(point) == []
    assert [each.held for each in codes.pickup_points.shelves(point)] == [0, 0, 0]


def test_parcels_of_one_recipient_lie_together_and_a_full_house_names_no_shelf(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode]
) -> None:
    ada = Person("Ada", "ada@example.org")
    for reference in ("A-1", "A-2"):
        announce(reference, recipient=ada)
        assert codes.stays.take_in(counter.device_id, reference, ParcelSize.S).stay.shelf == "A1"
    found = []
    for number in range(5):
        announce(f"P-{number}")
        found.append(codes.stays.take_in(counter.device_id, f"P-{number}", ParcelSize.S).stay.shelf)
    assert sorted(found[:4], key=str) == ["A2", "A2", "B1", "B1"]
    assert found[4] is None


def test_recipients_are_reminded_once_before_the_deadline_and_not_after_they_came(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    fetched = announce("P-1")
    for reference in ("P-2", "P-3"):
        announce(reference)
    for reference in ("P-1", "P-2", "P-3"):
        codes.stays.take_in(counter.device_id, reference)
    clock.turn(timedelta(days=4, hours=23))
    assert codes.stays.remind() == 0
    codes.present(counter.presentation(fetched.payload, "P-1", now=clock()))
    codes.stays.send_back(counter.device_id, "P-3")
    clock.turn(timedelta(hours=1))
    assert (codes.stays.remind(), codes.stays.remind()) == (1, 0)
    assert told(codes, "P-2").count(MessageKind.COLLECT_SOON) == 1
    assert MessageKind.COLLECT_SOON not in told(codes, "P-1") + told(codes, "P-3")
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_points_are_named_once_and_only_counters_and_kiosks_stand_there(
    codes: DeliveryCodes, driver: SigningDevice, counter: SigningDevice, point: UUID
) -> None:
    with pytest.raises(BadPoint):
        codes.pickup_points.add(PointTerms(" Kiosk  Sample "))
    for bad in (
        PointTerms(""),
        PointTerms("N", days_kept=0),
        PointTerms("N", days_kept=61),
        PointTerms("N", "x" * 201),
    ):
        with pytest.raises(BadPoint):
            codes.pickup_points.add(bad)
    other = codes.pickup_points.add(PointTerms("Other"))
    with pytest.raises(BadPoint):
        codes.pickup_points.change(other, PointTerms("Kiosk Sample"))
    codes.pickup_points.change(other, PointTerms("New name", opening="always", days_kept=3))
    assert [(each.name, each.days_kept) for each in codes.pickup_points.listed()] == [
        ("Kiosk Sample", 7),
        ("New name", 3),
    ]
    for room in (0, 1001):
        with pytest.raises(BadPoint):
            codes.pickup_points.put_shelf(point, "A1", size=ParcelSize.M, room=room)
    codes.pickup_points.put_shelf(point, "A1", size=ParcelSize.L, room=5, hatch=True)
    codes.pickup_points.put_shelf(point, "B1", size=ParcelSize.L, room=5, closed=True)
    assert [(each.name, each.hatch) for each in codes.pickup_points.shelves(point)] == [("A1", True), ("A2", False)]
    assert codes.pickup_points.of_device(counter.device_id) is None
    codes.pickup_points.place_device(counter.device_id, other)
    assert codes.pickup_points.devices() == {counter.device_id: other}
    for stranger in (driver.device_id, uuid4()):
        with pytest.raises(UnknownPoint):
            codes.pickup_points.place_device(stranger, other)
    with pytest.raises(UnknownPoint):
        codes.pickup_points.put_shelf(uuid4(), "A1", size=ParcelSize.M, room=1)


def test_no_table_of_a_pickup_point_names_a_person(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode]
) -> None:
    announce("P-1", recipient=Person("Ada Unmistakable", "unmistakable@example.org"))
    codes.stays.take_in(counter.device_id, "P-1")
    kept = (tables.pickup_points, tables.shelves, tables.device_points, tables.stays, tables.events)
    with codes.database.reading() as connection:
        rows = repr([connection.execute(sa.select(table)).all() for table in kept])
    assert "nmistakable" not in rows
