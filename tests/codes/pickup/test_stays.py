"""Parcels at a pickup point: taken in, shelved, counted, reminded of, sent back; every step in the parcel's chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, Person, tables
from codes.auditing.audit import audit
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import DeviceKind, EventKind, MessageKind, ParcelSize
from codes.pickup.intake import (
    AlreadyGone,
    NotWaiting,
    WaitsElsewhere,
    put_on_shelf,
    remind_to_collect,
    send_back,
    take_in,
)
from codes.pickup.points import (
    BadPoint,
    PointTerms,
    Shelf,
    UnknownPoint,
    add_point,
    change_point,
    list_points,
    list_shelves,
    place_device,
    placed_devices,
    point_of_device,
    propose_shelf,
    put_shelf,
)
from codes.pickup.stays import stays_at
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode
from codes.store.parcel_rows import UnknownParcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A counter's device."""
    return enrolled(codes, DeviceKind.COUNTER)


@pytest.fixture
def point(codes: DeliveryCodes) -> UUID:
    """The one pickup point of the house, with three shelves."""
    point_id = codes.write(add_point, PointTerms("Kiosk Sample", "Sample Street 1", "Mo-Sa 8-20", days_kept=7))
    for name, size in (("A1", ParcelSize.S), ("A2", ParcelSize.M), ("B1", ParcelSize.XL)):
        codes.write(put_shelf, point_id, name, size=size, room=2)
    return point_id


def told(codes: DeliveryCodes, reference: str) -> list[MessageKind]:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return sorted(message.kind for message in codes.read(listed_messages, limit=50, parcel_id=parcel.parcel_id))


def happened(codes: DeliveryCodes, reference: str) -> list[EventKind]:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]


def shelf(name: str, size: ParcelSize = ParcelSize.M, held: int = 0, room: int = 10) -> Shelf:
    return Shelf(UUID(int=sum(name.encode())), name, size, room, hatch=False, held=held)


def test_the_emptiest_shelf_that_is_large_enough_is_proposed_and_the_recipients_own_first() -> None:
    shelves = [shelf("A2", held=3), shelf("A10", held=1), shelf("S1", ParcelSize.S), shelf("X1", ParcelSize.XL, held=2)]
    assert propose_shelf(shelves, ParcelSize.M, frozenset()) == shelves[1]
    assert propose_shelf(shelves, ParcelSize.S, frozenset()) == shelves[2]
    assert propose_shelf(shelves, ParcelSize.L, frozenset()) == shelves[3]
    assert propose_shelf(shelves, ParcelSize.M, frozenset({shelves[0].shelf_id})) == shelves[0]
    assert propose_shelf(shelves, ParcelSize.M, frozenset({shelves[2].shelf_id})) == shelves[1]
    assert propose_shelf([shelf("A2", held=10), shelf("A10", held=10)], ParcelSize.M, frozenset()) is None
    assert propose_shelf([shelf("A10"), shelf("A2")], ParcelSize.M, frozenset()) == shelf("A2")


def test_a_parcel_is_taken_in_on_a_proposed_shelf_told_once_moved_and_sent_back(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    taken = codes.write(take_in, counter.device_id, "p-1", ParcelSize.S)
    assert (taken.stay.shelf, taken.again) == ("A1", False)
    assert taken.stay.deadline == clock() + timedelta(days=7)
    assert codes.write(take_in, counter.device_id, "P-1").again
    assert codes.write(put_on_shelf, counter.device_id, "P-1", "shelf/b1").shelf == "B1"
    assert codes.write(put_on_shelf, counter.device_id, "P-1", "B1").shelf == "B1"
    assert told(codes, "P-1") == [MessageKind.CODE_ISSUED, MessageKind.READY_TO_COLLECT]
    assert [(each.reference, each.shelf) for each in codes.read(stays_at, point)] == [("P-1", "B1")]
    assert [each.held for each in codes.read(list_shelves, point)] == [0, 0, 1]
    codes.write(send_back, counter.device_id, "P-1")
    assert codes.read(stays_at, point) == []
    with pytest.raises(NotWaiting):
        codes.write(send_back, counter.device_id, "P-1")
    assert happened(codes, "P-1")[3:] == [
        *(EventKind.ARRIVED_AT_POINT, EventKind.OUT_FOR_DELIVERY, EventKind.PUT_ON_SHELF, EventKind.LEFT_POINT)
    ]
    assert not codes.write(take_in, counter.device_id, "P-1").again
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_what_cannot_be_taken_in_is_named(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    code = announce("P-1")
    with pytest.raises(UnknownParcel):
        codes.write(take_in, counter.device_id, "P-2")
    with pytest.raises(UnknownPoint):
        codes.write(take_in, counter.device_id, "P-1", shelf="Z9")
    with pytest.raises(BadPoint):
        codes.write(take_in, counter.device_id, "P-1", shelf="<b>")
    codes.write(take_in, counter.device_id, "P-1")
    elsewhere = codes.write(add_point, PointTerms("Elsewhere"))
    with pytest.raises(UnknownPoint):
        codes.write(take_in, counter.device_id, "P-1")
    codes.write(place_device, counter.device_id, elsewhere)
    with pytest.raises(WaitsElsewhere, match="Kiosk Sample"):
        codes.write(take_in, counter.device_id, "P-1")
    codes.write(place_device, counter.device_id, point)
    codes.present(counter.presentation(code.payload, "P-1", now=clock()))
    with pytest.raises(AlreadyGone):
        codes.write(take_in, counter.device_id, "P-1")
    assert codes.read(stays_at, point) == []
    assert [each.held for each in codes.read(list_shelves, point)] == [0, 0, 0]


def test_parcels_of_one_recipient_lie_together_and_a_full_house_names_no_shelf(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode]
) -> None:
    ada = Person("Ada", "ada@example.org")
    for reference in ("A-1", "A-2"):
        announce(reference, recipient=ada)
        assert codes.write(take_in, counter.device_id, reference, ParcelSize.S).stay.shelf == "A1"
    found = []
    for number in range(5):
        announce(f"P-{number}")
        found.append(codes.write(take_in, counter.device_id, f"P-{number}", ParcelSize.S).stay.shelf)
    assert sorted(found[:4], key=str) == ["A2", "A2", "B1", "B1"]
    assert found[4] is None


def test_recipients_are_reminded_once_before_the_deadline_and_not_after_they_came(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    fetched = announce("P-1")
    for reference in ("P-2", "P-3"):
        announce(reference)
    for reference in ("P-1", "P-2", "P-3"):
        codes.write(take_in, counter.device_id, reference)
    clock.turn(timedelta(days=4, hours=23))
    assert codes.write(remind_to_collect) == 0
    codes.present(counter.presentation(fetched.payload, "P-1", now=clock()))
    codes.write(send_back, counter.device_id, "P-3")
    clock.turn(timedelta(hours=1))
    assert (codes.write(remind_to_collect), codes.write(remind_to_collect)) == (1, 0)
    assert told(codes, "P-2").count(MessageKind.COLLECT_SOON) == 1
    assert MessageKind.COLLECT_SOON not in told(codes, "P-1") + told(codes, "P-3")
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_points_are_named_once_and_only_counters_and_kiosks_stand_there(
    codes: DeliveryCodes, driver: SigningDevice, counter: SigningDevice, point: UUID
) -> None:
    with pytest.raises(BadPoint):
        codes.write(add_point, PointTerms(" Kiosk  Sample "))
    for bad in (
        PointTerms(""),
        PointTerms("N", days_kept=0),
        PointTerms("N", days_kept=61),
        PointTerms("N", "x" * 201),
    ):
        with pytest.raises(BadPoint):
            codes.write(add_point, bad)
    other = codes.write(add_point, PointTerms("Other"))
    with pytest.raises(BadPoint):
        codes.write(change_point, other, PointTerms("Kiosk Sample"))
    codes.write(change_point, other, PointTerms("New name", opening="always", days_kept=3))
    assert [(each.name, each.days_kept) for each in codes.read(list_points)] == [
        ("Kiosk Sample", 7),
        ("New name", 3),
    ]
    for room in (0, 1001):
        with pytest.raises(BadPoint):
            codes.write(put_shelf, point, "A1", size=ParcelSize.M, room=room)
    codes.write(put_shelf, point, "A1", size=ParcelSize.L, room=5, hatch=True)
    codes.write(put_shelf, point, "B1", size=ParcelSize.L, room=5, closed=True)
    assert [(each.name, each.hatch) for each in codes.read(list_shelves, point)] == [("A1", True), ("A2", False)]
    assert codes.read(point_of_device, counter.device_id) is None
    codes.write(place_device, counter.device_id, other)
    assert codes.read(placed_devices) == {counter.device_id: other}
    for stranger in (driver.device_id, uuid4()):
        with pytest.raises(UnknownPoint):
            codes.write(place_device, stranger, other)
    with pytest.raises(UnknownPoint):
        codes.write(put_shelf, uuid4(), "A1", size=ParcelSize.M, room=1)


def test_no_table_of_a_pickup_point_names_a_person(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode]
) -> None:
    announce("P-1", recipient=Person("Ada Unmistakable", "unmistakable@example.org"))
    codes.write(take_in, counter.device_id, "P-1")
    kept = (tables.pickup_points, tables.shelves, tables.device_points, tables.stays, tables.events)
    with codes.database.reading() as connection:
        rows = repr([connection.execute(sa.select(table)).all() for table in kept])
    assert "nmistakable" not in rows


def test_a_test_parcel_is_unknown_at_a_counter(
    codes: DeliveryCodes, counter: SigningDevice, point: UUID, announce: Callable[..., ShownCode]
) -> None:
    announce("TEST/P-1")
    for reference in ("TEST/P-1", "test/p-1"):
        with pytest.raises(UnknownParcel):
            codes.write(take_in, counter.device_id, reference)
        with pytest.raises(UnknownParcel):
            codes.write(send_back, counter.device_id, reference)
    assert codes.read(stays_at, point) == []
