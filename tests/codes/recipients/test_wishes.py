"""A recipient wishes another day or a pickup point, until the parcel is on its way, where the house offers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from codes import DeliveryCodes, Person
from codes.auditing.audit import audit
from codes.delivering.assignments import WishedLater, assign, load
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.tours import tour_of
from codes.life.delegates import name_delegate
from codes.life.parcel_records import find_parcel
from codes.model import Destination, MessageKind
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.recipients.wishes import CannotWish, Wished, make_wish, offered_to_holder, standing_wish, withdraw_wish
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import block_parcel, recorded

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
    assert codes.write(assign, device, ["P-1"]).assigned == 1
    codes.write(make_wish, holder(codes), Wished(day=day))
    assert codes.read(tour_of, driver.device_id).parcels == ()
    assert codes.write(assign, device, ["P-1"]).refused == ("P-1",)
    with pytest.raises(WishedLater) as later:
        codes.write(load, driver.device_id, "P-1")
    assert later.value.facts == {"day": str(day)}
    clock.turn(timedelta(days=2))
    assert codes.write(load, driver.device_id, "P-1").reference == "P-1"
    ticket = codes.read(ticket_of_holder, holder(codes))
    assert ticket is not None
    assert ticket.wish is not None
    assert ticket.wish.day == day


def test_a_wish_can_be_changed_and_withdrawn_until_the_parcel_leaves_and_each_time_its_recipient_is_told(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    parcel, mine = codes.read(find_parcel, "P-1"), holder(codes)
    assert parcel is not None
    point = codes.write(add_point, PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    day = clock().astimezone().date() + timedelta(days=1)
    codes.write(make_wish, mine, Wished(day=day))
    clock.turn(timedelta(seconds=1))
    codes.write(make_wish, mine, Wished(point_id=point))
    wish = codes.read(standing_wish, parcel.parcel_id)
    assert wish is not None
    assert (wish.day, wish.point, wish.place, wish.opening) == (None, "Kiosk Ahmed", "Main Street 1", "8-20")
    assert codes.write(load, driver.device_id, "P-1").wished_point == "Kiosk Ahmed"
    clock.turn(timedelta(seconds=1))
    codes.write(withdraw_wish, mine)
    codes.write(withdraw_wish, mine)
    assert codes.read(standing_wish, parcel.parcel_id) is None
    kinds = [message.kind for message in codes.read(listed_messages, limit=10)]
    assert kinds.count(MessageKind.WISH_NOTED) == 3
    codes.write(mark_out_for_delivery, "P-1")
    assert not codes.read(offered_to_holder, mine)
    too_late: list[Callable[[], object]] = [
        lambda: codes.write(make_wish, mine, Wished(day=day)),
        lambda: codes.write(make_wish, mine, Wished(point_id=point)),
        lambda: codes.write(withdraw_wish, mine),
    ]
    for wish_again in too_late:
        with pytest.raises(CannotWish):
            wish_again()
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_blocked_parcel_goes_nowhere_else_before_it_is_let_go(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1")
    block_parcel(codes, "P-1")
    assert not codes.read(offered_to_holder, holder(codes))
    with pytest.raises(CannotWish):
        codes.write(make_wish, holder(codes), Wished(day=date(2026, 11, 26)))


def test_only_a_recipient_wishes_and_only_what_is_offered(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2", sender="Strict Shop")
    announce("P-3", destination=Destination.PICKUP_POINT)
    today = clock().astimezone().date()
    delegate = codes.write(name_delegate, holder(codes), Person("Bo"), clock() + timedelta(days=1))
    for who in (holder(codes, "P-2"), holder(codes, "P-3"), delegate.holder_id):
        assert not codes.read(offered_to_holder, who)
        with pytest.raises(CannotWish):
            codes.write(make_wish, who, Wished(day=today + timedelta(days=1)))
    offered = codes.read(offered_to_holder, holder(codes))
    assert (offered.first_day, offered.last_day) == (today + timedelta(days=1), today + timedelta(days=5))
    for day in (today, today + timedelta(days=6), date(2020, 1, 1)):
        with pytest.raises(CannotWish):
            codes.write(make_wish, holder(codes), Wished(day=day))
