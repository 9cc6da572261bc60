"""A parcel leaves for its recipient, comes back, and leaves again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from codes import DeliveryCodes
from codes.accounts.staff import Member
from codes.auditing.audit import audit
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import Visit, end_without_handover
from codes.life.parcel_records import events_of_parcel
from codes.model import AttemptReason, EventKind, MessageKind
from codes.recipients.delivery_progress import progress_of
from codes.recipients.tickets import ShownCode
from codes.recipients.wishes import Wished, redirect
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded, told


def test_whoever_was_not_met_is_told_on_the_next_delivery_day_and_twice_on_none(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    codes.write(mark_out_for_delivery, "P-1")
    clock.turn(timedelta(days=1))
    codes.write(mark_out_for_delivery, "P-1")
    assert told(codes).count(MessageKind.DELIVERY_DAY) == 1
    codes.write(end_without_handover, Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock(), None))
    codes.write(mark_out_for_delivery, "P-1")
    assert told(codes).count(MessageKind.DELIVERY_DAY) == 2
    clock.turn(timedelta(days=1))
    codes.write(end_without_handover, Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock(), None))
    assert codes.read(progress_of, recorded(codes).parcel_id).visit is not None
    clock.turn(timedelta(days=1))
    left_again = clock()
    codes.write(mark_out_for_delivery, "P-1")
    codes.write(mark_out_for_delivery, "P-1")
    assert recorded(codes).out_for_delivery_at == left_again
    assert told(codes).count(MessageKind.DELIVERY_DAY) == 3
    assert codes.read(progress_of, recorded(codes).parcel_id).visit is None
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_parcel_that_the_office_puts_off_is_under_way_no_more_and_its_recipient_is_told_when_it_leaves_again(
    codes: DeliveryCodes, dispatcher: Member, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    codes.write(mark_out_for_delivery, "P-1")
    tomorrow = clock.turn(timedelta(hours=1)).astimezone().date() + timedelta(days=1)
    codes.write(redirect, recorded(codes).parcel_id, Wished(day=tomorrow), dispatcher)
    assert recorded(codes).out_for_delivery_at is None
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()
    clock.turn(timedelta(days=1))
    codes.write(mark_out_for_delivery, "P-1")
    assert told(codes).count(MessageKind.DELIVERY_DAY) == 2
    kinds = [event.kind for event in codes.read(events_of_parcel, recorded(codes).parcel_id)]
    assert kinds.count(EventKind.OUT_FOR_DELIVERY) == 2
