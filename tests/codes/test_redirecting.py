"""The office sends a parcel another way, and its recipient is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import DeliveryCodes
from codes.accounts.access import Member
from codes.auditing.audit import audit
from codes.delivering.visits import Visit
from codes.model import AttemptReason, Destination, EventKind, MessageKind
from codes.pickup.points import PointTerms
from codes.pickup.whereabouts import whereabouts_of
from codes.recipients.redirecting import WITHIN_DAYS, CannotRedirect
from codes.recipients.tickets import ShownCode
from codes.recipients.wishes import CannotWish
from codes.settings import WishSettings
from tests.codes.conftest import recorded, told
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice

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
    point = codes.pickup_points.add(PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    codes.tours.assign(str(driver.device_id), ["P-1"])
    codes.mark_out_for_delivery("P-1")
    codes.visits.end_without_handover(Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock(), None))
    clock.turn(timedelta(seconds=1))
    codes.redirecting.to_point(parcel.parcel_id, point, dispatcher)
    (carried,) = codes.tours.of(driver.device_id).parcels
    assert carried.wished_point == "Kiosk Ahmed"
    wish = codes.wishes.of(parcel.parcel_id)
    assert wish is not None
    assert (wish.by_office, wish.point) == (True, "Kiosk Ahmed")
    event = codes.events(parcel.parcel_id)[-1]
    assert (event.kind, event.facts["staff"]) == (EventKind.REDIRECTED, str(dispatcher.staff_id))
    assert told(codes).count(MessageKind.REDIRECTED) == 1
    codes.stays.take_in(driver.device_id, "P-1")
    assert not codes.redirecting.offered(parcel.parcel_id)
    with pytest.raises(CannotRedirect):
        codes.redirecting.as_planned(parcel.parcel_id, dispatcher)
    where = whereabouts_of(codes.database, parcel.parcel_id)
    assert where.point is not None
    assert where.point.id == point


def test_another_day_takes_a_parcel_off_its_tour_and_the_offices_word_stands_before_the_recipients(
    codes: DeliveryCodes, dispatcher: Member, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    parcel, tomorrow = recorded(codes), clock().astimezone().date() + timedelta(days=1)
    codes.wishes.another_day(parcel.holder_id, tomorrow)
    codes.redirecting.as_planned(parcel.parcel_id, dispatcher)
    codes.tours.assign(str(driver.device_id), ["P-1"])
    clock.turn(timedelta(seconds=1))
    codes.redirecting.to_day(parcel.parcel_id, tomorrow + timedelta(days=2), dispatcher)
    assert codes.tours.of(driver.device_id).parcels == ()
    assert codes.tours.assign(str(driver.device_id), ["P-1"]).refused == ("P-1",)
    assert not codes.wishes.offered(parcel.holder_id)
    for wish in (
        lambda: codes.wishes.another_day(parcel.holder_id, tomorrow),
        lambda: codes.wishes.withdraw(parcel.holder_id),
    ):
        with pytest.raises(CannotWish):
            wish()
    clock.turn(timedelta(seconds=1))
    codes.redirecting.as_planned(parcel.parcel_id, dispatcher)
    assert codes.wishes.of(parcel.parcel_id) is None
    assert codes.wishes.offered(parcel.holder_id)
    assert told(codes).count(MessageKind.REDIRECTED) == 3
    codes.log.seal()
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_a_day_that_is_over_or_too_far_an_unknown_point_and_a_locker_are_refused(
    codes: DeliveryCodes, dispatcher: Member, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2", destination=Destination.PICKUP_POINT)
    parcel, today = recorded(codes), clock().astimezone().date()
    offered = codes.redirecting.offered(parcel.parcel_id)
    assert offered.first_day == today + timedelta(days=1)
    assert offered.last_day is not None
    assert offered.last_day <= today + timedelta(days=WITHIN_DAYS)
    for day in (today, offered.last_day + timedelta(days=1)):
        with pytest.raises(CannotRedirect):
            codes.redirecting.to_day(parcel.parcel_id, day, dispatcher)
    with pytest.raises(CannotRedirect):
        codes.redirecting.to_point(parcel.parcel_id, uuid4(), dispatcher)
    with pytest.raises(CannotRedirect):
        codes.redirecting.to_day(recorded(codes, "P-2").parcel_id, today + timedelta(days=1), dispatcher)
    assert MessageKind.REDIRECTED not in told(codes)
