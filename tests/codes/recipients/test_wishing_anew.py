"""After a visit that failed the recipient wishes anew, until the parcel is out for delivery again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import DeliveryCodes, Person
from codes.accounts.staff import Member
from codes.auditing.audit import audit
from codes.delivering.assignments import assign
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.tours import tour_of
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason, MessageKind
from codes.office.parcel_list import Filters, Matter, list_page
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, ShownCode, notice_of_message
from codes.recipients.wishes import CannotWish, Wished, make_wish, offered_to_holder, redirect, withdraw_wish
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded

Announce = Callable[..., ShownCode]
FAILED = Filters(matters=frozenset({Matter.VISIT_FAILED}))


@pytest.fixture
def codes(make_codes: Callable[..., DeliveryCodes]) -> Iterator[DeliveryCodes]:
    """A house that offers another day and its pickup points."""
    delivery_codes = make_codes(wishes=WishSettings(another_day_within=5, pickup_point=True))
    yield delivery_codes
    delivery_codes.close()


def visit_in_vain(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, reference: str = "P-1") -> None:
    """Let a driver find nobody."""
    clock.turn(timedelta(seconds=1))
    reason = AttemptReason.NOBODY_HOME
    codes.write(end_without_handover, Visit(uuid4(), driver.device_id, reference, reason, clock(), None))
    clock.turn(timedelta(seconds=1))


def told_of_visit(codes: DeliveryCodes) -> Notice:
    """Return the message about a visit that failed."""
    messages = codes.read(listed_messages, limit=20)
    newest = next(each for each in messages if each.kind is MessageKind.NOT_HANDED_OVER)
    notice = codes.read(notice_of_message, newest.id)
    assert notice is not None
    return notice


def test_wishes_open_after_a_failed_visit_and_close_when_the_parcel_leaves_again(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    mine, today = recorded(codes).holder_id, clock().astimezone().date()
    point = codes.write(add_point, PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    codes.write(assign, str(driver.device_id), ["P-1"])
    codes.write(mark_out_for_delivery, "P-1")
    assert not codes.read(offered_to_holder, mine)
    visit_in_vain(codes, driver, clock)
    offered = told_of_visit(codes).offered
    assert (offered.first_day, len(offered.points)) == (today + timedelta(days=1), 1)
    codes.write(make_wish, mine, Wished(point_id=point))
    assert [each.wished_point for each in codes.read(tour_of, driver.device_id).parcels] == ["Kiosk Ahmed"]
    clock.turn(timedelta(seconds=1))
    codes.write(make_wish, mine, Wished(day=today + timedelta(days=2)))
    assert codes.read(tour_of, driver.device_id).parcels == ()
    assert recorded(codes).out_for_delivery_at is None
    clock.turn(timedelta(days=2))
    codes.write(mark_out_for_delivery, "P-1")
    assert not codes.read(offered_to_holder, mine)
    with pytest.raises(CannotWish):
        codes.write(withdraw_wish, mine)
    visit_in_vain(codes, driver, clock)
    assert codes.read(offered_to_holder, mine).can_withdraw
    assert [each.reference for each in codes.read(list_page, FAILED, limit=9)] == ["P-1"]
    clock.turn(timedelta(days=1))
    codes.write(mark_out_for_delivery, "P-1")
    assert not codes.read(offered_to_holder, mine)
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_of_several_parcels_the_one_that_came_back_is_wished_for_and_the_offices_word_stands(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, dispatcher: Member
) -> None:
    for reference in ("P-1", "P-2"):
        announce(reference, recipient=Person("Sample", "sample@example.org"), consignment="C-1")
        codes.write(mark_out_for_delivery, reference)
    visit_in_vain(codes, driver, clock, "P-2")
    mine, tomorrow = recorded(codes, "P-2").holder_id, clock().astimezone().date() + timedelta(days=1)
    codes.write(make_wish, mine, Wished(day=tomorrow))
    assert recorded(codes, "P-2").out_for_delivery_at is None
    assert recorded(codes, "P-1").out_for_delivery_at is not None
    visit_in_vain(codes, driver, clock, "P-1")
    codes.write(redirect, recorded(codes, "P-1").parcel_id, Wished(day=tomorrow), dispatcher)
    clock.turn(timedelta(seconds=1))
    assert codes.read(list_page, FAILED, limit=9) == []
