"""A parcel that was cancelled or went back is handed over to nobody any more, and its recipient is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import DeliveryCodes, Outcome, Person
from codes.auditing.audit import audit
from codes.delivering.assignments import assign, load
from codes.delivering.delivery_day import NotUnderWay, come_near, mark_out_for_delivery
from codes.delivering.ending import GoesToPoint, end
from codes.life.blocking import Blocker, Ended, NothingToBlock, Part, block, unblock
from codes.life.contests import CannotContest, contest_handover
from codes.life.parcel_records import events_of_parcel
from codes.model import Destination, Ending, EventKind, MessageKind, ReportKind
from codes.office.parcel_list import Filters, Matter, State, count_parcels, matters_of
from codes.recipients.code_requests import Asker, renew
from codes.recipients.shop_pages import ShownState, shown_state
from codes.recipients.tickets import ShownCode, Ticket, TicketState, ticket_of_holder
from codes.recipients.wishes import offered_to_holder, offered_to_office
from codes.store.parcel_rows import UnknownParcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded, shown, told

Announce = Callable[..., ShownCode]
OFFICE, SENDER = Blocker(Part.OFFICE, uuid4()), Blocker(Part.SENDER, uuid4())
ADA = Person("Ada", "ada@example.org", "en")


def ended(codes: DeliveryCodes, ending: Ending, reference: str = "P-1", by: Blocker = SENDER) -> bool:
    """End a parcel; tells whether anything changed."""
    return codes.write(end, recorded(codes, reference).parcel_id, ending, by)


def assert_in_order(codes: DeliveryCodes) -> None:
    """Assert that the tables say what the events say."""
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def ticket(codes: DeliveryCodes, reference: str = "P-1") -> Ticket:
    """Return what the recipient is shown."""
    found = codes.read(ticket_of_holder, recorded(codes, reference).holder_id)
    assert found is not None
    return found


@pytest.mark.parametrize("ending", list(Ending))
def test_what_ended_is_opened_by_nothing_and_its_recipient_is_told(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, ending: Ending
) -> None:
    code = announce("P-1")
    clock.turn(timedelta(minutes=1))
    assert ended(codes, ending)
    assert not ended(codes, ending)
    for presented in (code.payload, code.digits):
        assert codes.present(driver.presentation(presented, "P-1", now=clock())).outcome is Outcome.REVOKED
    assert told(codes) == [MessageKind(ending.value), MessageKind.CODE_ISSUED]
    seen = ticket(codes)
    assert (seen.state, seen.has_ended, seen.is_blocked) == (TicketState(ending.value), True, True)
    assert shown_state(seen) is ShownState(ending.value)
    assert EventKind(ending.value) in {each.kind for each in codes.read(events_of_parcel, recorded(codes).parcel_id)}
    assert_in_order(codes)


def test_an_end_stands_for_good_and_nobody_is_told_that_the_parcel_comes(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    parcel_id = recorded(codes).parcel_id
    clock.turn(timedelta(minutes=1))
    ended(codes, Ending.CANCELLED)
    with pytest.raises(Ended):
        codes.write(unblock, parcel_id, OFFICE)
    assert not codes.write(block, parcel_id, OFFICE)
    for move in (mark_out_for_delivery, come_near):
        with pytest.raises(NotUnderWay):
            codes.write(move, "P-1")
    with pytest.raises(UnknownParcel):
        codes.write(load, driver.device_id, "P-1")
    assert codes.write(assign, str(driver.device_id), ["P-1"]).refused
    assert not codes.read(offered_to_holder, recorded(codes).holder_id)
    assert not codes.read(offered_to_office, parcel_id)
    assert told(codes) == [MessageKind.CANCELLED, MessageKind.CODE_ISSUED]


def test_what_was_cancelled_may_come_back_and_what_came_back_is_not_cancelled(
    codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    for ending in Ending:
        assert ended(codes, ending)
    for earlier in (Ending.CANCELLED, Ending.DELIVERED_ELSEWHERE):
        with pytest.raises(Ended):
            ended(codes, earlier)
    assert recorded(codes).ended_as is Ending.RETURNED


def test_what_was_delivered_elsewhere_can_be_contested_and_its_page_stays_as_long(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    holder_id = recorded(codes).holder_id
    ended(codes, Ending.CANCELLED)
    with pytest.raises(CannotContest):
        codes.write(contest_handover, holder_id, ReportKind.NOT_RECEIVED)
    clock.turn(timedelta(days=5))
    ended(codes, Ending.DELIVERED_ELSEWHERE)
    learned = clock()
    clock.turn(timedelta(days=codes.settings.contest_days))
    codes.write(contest_handover, holder_id, ReportKind.NOT_RECEIVED)
    (parcel,) = ticket(codes).parcels
    assert (parcel.recorded_at, parcel.is_contested) == (learned, True)
    assert Matter.REPORTED in codes.read(matters_of, [parcel.parcel_id])[parcel.parcel_id]
    clock.turn(timedelta(days=100))
    assert ticket(codes).over_at is None, "it waits for its answer"
    assert_in_order(codes)


def test_what_goes_to_a_pickup_point_is_not_delivered_elsewhere(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1", destination=Destination.PICKUP_POINT)
    with pytest.raises(GoesToPoint):
        ended(codes, Ending.DELIVERED_ELSEWHERE)
    assert recorded(codes).ended_as is None
    assert ended(codes, Ending.RETURNED)


def test_what_the_office_blocked_can_be_cancelled_and_the_audit_knows_both(
    codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    codes.write(block, recorded(codes).parcel_id, OFFICE)
    assert ended(codes, Ending.CANCELLED)
    assert_in_order(codes)


def test_what_was_handed_over_does_not_end(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    with pytest.raises(NothingToBlock):
        ended(codes, Ending.RETURNED)


def test_of_several_one_ends_alone_and_what_is_announced_after_all_ended_has_a_code_of_its_own(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    first = announce("P-1", recipient=ADA, sender="Shop", consignment="C-1")
    assert announce("P-2", recipient=ADA, sender="Shop", consignment="C-1") == first
    ended(codes, Ending.CANCELLED)
    assert ticket(codes).state is TicketState.ANNOUNCED
    assert codes.write(renew, recorded(codes).holder_id, Asker.HOLDER)
    ended(codes, Ending.CANCELLED, "P-2")
    assert ticket(codes).has_ended
    assert announce("P-3", recipient=ADA, sender="Shop", consignment="C-1") != shown(codes, "P-2")
    assert codes.present(driver.presentation(shown(codes, "P-3").payload, "P-3", now=clock())).accepted


def test_the_office_finds_what_ended_apart_from_what_is_to_come_and_from_what_is_blocked(
    codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    ended(codes, Ending.RETURNED)
    counts = [codes.read(count_parcels, Filters(state=state)) for state in (State.ANNOUNCED, State.ENDED)]
    assert counts == [0, 1]
    parcel_id = recorded(codes).parcel_id
    assert Matter.BLOCKED not in codes.read(matters_of, [parcel_id])[parcel_id]
