"""The office sends a parcel another way, and its recipient is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import DeliveryCodes
from codes.accounts.staff import Member
from codes.auditing.audit import audit
from codes.delivering.assignments import assign
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.tours import tour_of
from codes.delivering.visits import Visit, end_without_handover
from codes.life.parcel_records import events_of_parcel
from codes.model import AttemptReason, Destination, EventKind, MessageKind
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point
from codes.pickup.stays import whereabouts_of
from codes.recipients.tickets import ShownCode
from codes.recipients.wishes import REDIRECTED_WITHIN_DAYS as WITHIN_DAYS
from codes.recipients.wishes import (
    CannotRedirect,
    CannotWish,
    Wished,
    let_come_as_planned,
    make_wish,
    offered_to_holder,
    offered_to_office,
    redirect,
    standing_wish,
    withdraw_wish,
)
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded, told

Announce = Callable[..., ShownCode]


@pytest.fixture
def codes(make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:
    """A house that lets recipients wish as well."""
    delivery_codes = make_codes(wishes=WishSettings(another_day_within=5, pickup_point=True))
    yield delivery_codes
    delivery_codes.close()


def test_a_parcel_goes_to_a_pickup_point_after_a_visit_that_failed_and_its_carrier_and_recipient_are_told(
    codes: DeliveryCodes, dispatcher: Member, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    parcel = recorded(codes)
    point = codes.write(add_point, PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    codes.write(assign, str(driver.device_id), ["P-1"])
    codes.write(mark_out_for_delivery, "P-1")
    codes.write(end_without_handover, Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock(), None))
    clock.turn(timedelta(seconds=1))
    codes.write(redirect, parcel.parcel_id, Wished(point_id=point), dispatcher)
    (carried,) = codes.read(tour_of, driver.device_id).parcels
    assert carried.wished_point == "Kiosk Ahmed"
    wish = codes.read(standing_wish, parcel.parcel_id)
    assert wish is not None
    assert (wish.by_office, wish.point) == (True, "Kiosk Ahmed")
    event = codes.read(events_of_parcel, parcel.parcel_id)[-1]
    assert (event.kind, event.facts["staff"]) == (EventKind.REDIRECTED, str(dispatcher.staff_id))
    assert told(codes).count(MessageKind.REDIRECTED) == 1
    codes.write(take_in, driver.device_id, "P-1")
    assert not codes.read(offered_to_office, parcel.parcel_id)
    with pytest.raises(CannotRedirect):
        codes.write(let_come_as_planned, parcel.parcel_id, dispatcher)
    where = codes.read(whereabouts_of, parcel.parcel_id)
    assert where.point is not None
    assert where.point.id == point


def test_another_day_takes_a_parcel_off_its_tour_and_the_offices_word_stands_before_the_recipients(
    codes: DeliveryCodes, dispatcher: Member, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    parcel, tomorrow = recorded(codes), clock().astimezone().date() + timedelta(days=1)
    codes.write(make_wish, parcel.holder_id, Wished(day=tomorrow))
    codes.write(let_come_as_planned, parcel.parcel_id, dispatcher)
    codes.write(assign, str(driver.device_id), ["P-1"])
    clock.turn(timedelta(seconds=1))
    codes.write(redirect, parcel.parcel_id, Wished(day=tomorrow + timedelta(days=2)), dispatcher)
    assert codes.read(tour_of, driver.device_id).parcels == ()
    assert codes.write(assign, str(driver.device_id), ["P-1"]).refused == ("P-1",)
    assert not codes.read(offered_to_holder, parcel.holder_id)
    too_late: list[Callable[[], object]] = [
        lambda: codes.write(make_wish, parcel.holder_id, Wished(day=tomorrow)),
        lambda: codes.write(withdraw_wish, parcel.holder_id),
    ]
    for wish in too_late:
        with pytest.raises(CannotWish):
            wish()
    clock.turn(timedelta(seconds=1))
    codes.write(let_come_as_planned, parcel.parcel_id, dispatcher)
    assert codes.read(standing_wish, parcel.parcel_id) is None
    assert codes.read(offered_to_holder, parcel.holder_id)
    assert told(codes).count(MessageKind.REDIRECTED) == 3
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_day_that_is_over_or_too_far_an_unknown_point_and_a_locker_are_refused(
    codes: DeliveryCodes, dispatcher: Member, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2", destination=Destination.PICKUP_POINT)
    parcel, today = recorded(codes), clock().astimezone().date()
    offered = codes.read(offered_to_office, parcel.parcel_id)
    assert offered.first_day == today + timedelta(days=1)
    assert offered.last_day is not None
    assert offered.last_day <= today + timedelta(days=WITHIN_DAYS)
    for day in (today, offered.last_day + timedelta(days=1)):
        with pytest.raises(CannotRedirect):
            codes.write(redirect, parcel.parcel_id, Wished(day=day), dispatcher)
    with pytest.raises(CannotRedirect):
        codes.write(redirect, parcel.parcel_id, Wished(point_id=uuid4()), dispatcher)
    with pytest.raises(CannotRedirect):
        codes.write(redirect, recorded(codes, "P-2").parcel_id, Wished(day=today + timedelta(days=1)), dispatcher)
    assert MessageKind.REDIRECTED not in told(codes)
