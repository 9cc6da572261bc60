"""A recipient wishes another day or a pickup point, until the parcel is on its way, where the house offers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from codes import DeliveryCodes, Person
from codes.auditing.audit import audit
from codes.delivering.tours import WishedLater
from codes.model import Destination, MessageKind
from codes.pickup.points import PointTerms
from codes.recipients.tickets import ShownCode
from codes.recipients.wishes import CannotWish
from codes.settings import WishSettings
from tests.codes.conftest import recorded
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice

Announce = Callable[..., ShownCode]


@pytest.fixture
def codes(make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:
    """A house that offers both."""
    wishes = WishSettings(another_day_within=5, pickup_point=True, not_from=("Strict Shop",))
    delivery_codes = make_codes(wishes=wishes)
    yield delivery_codes
    delivery_codes.close()


def holder(codes: DeliveryCodes, reference: str = "P-1") -> UUID:
    return recorded(codes, reference).holder_id


def test_a_parcel_leaves_the_tour_until_the_day_that_was_wished(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    day = clock().astimezone().date() + timedelta(days=2)
    device = str(driver.device_id)
    assert codes.tours.assign(device, ["P-1"]).assigned == 1
    codes.wishes.another_day(holder(codes), day)
    assert codes.tours.of(driver.device_id).parcels == ()
    assert codes.tours.assign(device, ["P-1"]).refused == ("P-1",)
    with pytest.raises(WishedLater) as later:
        codes.tours.load(driver.device_id, "P-1")
    assert later.value.args == (day,)
    clock.turn(timedelta(days=2))
    assert codes.tours.load(driver.device_id, "P-1").reference == "P-1"
    ticket = codes.ticket_of(holder(codes))
    assert ticket is not None
    assert ticket.wish is not None
    assert ticket.wish.day == day


def test_a_wish_can_be_changed_and_withdrawn_until_the_parcel_leaves_and_each_time_its_recipient_is_told(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    parcel, mine = codes.parcel("P-1"), holder(codes)
    assert parcel is not None
    point = codes.pickup_points.add(PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    day = clock().astimezone().date() + timedelta(days=1)
    codes.wishes.another_day(mine, day)
    clock.turn(timedelta(seconds=1))
    codes.wishes.at_point(mine, point)
    wish = codes.wishes.of(parcel.parcel_id)
    assert wish is not None
    assert (wish.day, wish.point, wish.place, wish.opening) == (None, "Kiosk Ahmed", "Main Street 1", "8-20")
    assert codes.tours.load(driver.device_id, "P-1").wished_point == "Kiosk Ahmed"
    clock.turn(timedelta(seconds=1))
    codes.wishes.withdraw(mine)
    codes.wishes.withdraw(mine)
    assert codes.wishes.of(parcel.parcel_id) is None
    kinds = [message.kind for message in codes.outbox.listed(limit=10)]
    assert kinds.count(MessageKind.WISH_NOTED) == 3
    codes.mark_out_for_delivery("P-1")
    assert not codes.wishes.offered(mine)
    for wish_again in (
        lambda: codes.wishes.another_day(mine, day),
        lambda: codes.wishes.at_point(mine, point),
        lambda: codes.wishes.withdraw(mine),
    ):
        with pytest.raises(CannotWish):
            wish_again()
    codes.log.seal()
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_only_a_recipient_wishes_and_only_what_is_offered(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2", sender="Strict Shop")
    announce("P-3", destination=Destination.PICKUP_POINT)
    today = clock().astimezone().date()
    delegate = codes.delegates.name(holder(codes), Person("Bo"), clock() + timedelta(days=1))
    for who in (holder(codes, "P-2"), holder(codes, "P-3"), delegate.holder_id):
        assert not codes.wishes.offered(who)
        with pytest.raises(CannotWish):
            codes.wishes.another_day(who, today + timedelta(days=1))
    offered = codes.wishes.offered(holder(codes))
    assert (offered.first_day, offered.last_day) == (today + timedelta(days=1), today + timedelta(days=5))
    for day in (today, today + timedelta(days=6), date(2020, 1, 1)):
        with pytest.raises(CannotWish):
            codes.wishes.another_day(holder(codes), day)
