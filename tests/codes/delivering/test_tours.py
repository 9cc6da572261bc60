"""Which device carries which parcel, what it is told, and how often a mail can be sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.devices import revoke_device
from codes.delivering.assignments import (
    AssignmentFault,
    OnOtherTour,
    UnknownDevice,
    WantedRow,
    assign,
    device_tours,
    follow_rows,
    load,
    take_off,
)
from codes.delivering.delivery_day import CodeAwaited
from codes.delivering.tours import TourParcel, give_tour, tour_of
from codes.delivering.visits import Visit, end_without_handover
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import AttemptReason, EventKind, MessageKind, Realm
from codes.recipients.code_requests import Asker, SentAgain, send_again, send_again_at_door
from codes.recipients.outbox import claim_due, listed_messages, mark_failed_for_good, mark_sent
from codes.recipients.ticket_addresses import note_ticket_opened
from codes.recipients.tickets import ShownCode
from codes.settings import BudgetSettings, OtherTour
from codes.store.parcel_rows import UnknownParcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import block_parcel, renew, shown

Announce = Callable[..., ShownCode]


def carried(codes: DeliveryCodes, device: SigningDevice) -> dict[str, TourParcel]:
    """Return a device's tour by reference, in order."""
    return {parcel.reference: parcel for parcel in codes.read(tour_of, device.device_id).parcels}


def test_a_device_gets_its_parcels_in_order_and_the_others_are_named(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    announce("P-2")
    assigned = codes.write(assign, str(driver.device_id), ["p-2", "P-9", "P-1", "?"])
    assert (assigned.assigned, assigned.refused) == (2, ("P-9", "?"))
    assert list(carried(codes, driver)) == ["P-2", "P-1"]
    assert codes.write(assign, str(driver.device_id), ["P-1"], replace=True).assigned == 1
    assert list(carried(codes, driver)) == ["P-1"]


def test_a_device_may_be_called_by_its_name_if_only_one_bears_it(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1")
    device = enrolled(codes, name="Van 7")
    assert codes.write(assign, "Van 7", ["P-1"]).device_id == device.device_id
    enrolled(codes, name="Van 7")
    for unknown in ("Van 7", "Van 8", str(uuid4())):
        with pytest.raises(UnknownDevice):
            codes.write(assign, unknown, ["P-1"])


def test_a_parcel_is_carried_by_the_device_that_loaded_it_last(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    codes.write(assign, str(driver.device_id), ["P-1"])
    other = enrolled(codes)
    first, again = (codes.write(load, other.device_id, "P-1") for _ in range(2))
    assert (first.reference, first.other_tour) == ("P-1", True)
    assert (again.reference, again.other_tour) == ("P-1", False)
    assert list(carried(codes, driver)) == []
    codes.write(take_off, other.device_id, "P-1")
    assert list(carried(codes, other)) == []
    with pytest.raises(UnknownParcel):
        codes.write(load, other.device_id, "P-9")


def test_a_house_that_refuses_other_tours_has_nothing_taken_off_them_at_loading(
    make_codes: Callable[..., DeliveryCodes],
) -> None:
    codes = make_codes(other_tour=OtherTour.REFUSE)
    codes.announce([Announcement(f"P-{number}", Person("Ada", "ada@example.org")) for number in (1, 2, 3)])
    mine, theirs, gone = (enrolled(codes, name=name) for name in ("Mine", "Theirs", "Gone"))
    codes.write(assign, "Theirs", ["P-1", "P-2"])
    codes.write(assign, "Gone", ["P-3"])
    codes.write(revoke_device, gone.device_id)
    for reference in ("P-1", "P-2"):
        with pytest.raises(OnOtherTour):
            codes.write(load, mine.device_id, reference)
    assert not codes.write(load, theirs.device_id, "P-1").other_tour
    assert not codes.write(load, mine.device_id, "P-3").other_tour
    assert (list(carried(codes, theirs)), list(carried(codes, mine))) == (["P-1", "P-2"], ["P-3"])
    codes.write(assign, "Mine", ["P-1"])
    codes.write(take_off, theirs.device_id, "P-2")
    assert codes.write(load, mine.device_id, "P-2").reference == "P-2"
    assert list(carried(codes, mine)) == ["P-3", "P-1", "P-2"]
    codes.close()


def test_no_test_parcel_is_on_a_devices_tour_whoever_puts_it_there(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    announce("TEST/P-2")
    van = str(driver.device_id)
    assert codes.write(assign, van, ["TEST/P-2"], realm=Realm.TEST).assigned == 1
    assert codes.write(assign, van, ["P-1", "TEST/P-2"]).refused == ("TEST/P-2",)
    with pytest.raises(UnknownParcel):
        codes.write(load, driver.device_id, "test/p-2")
    checked = codes.write(follow_rows, [WantedRow(2, "TEST/P-2", van)])
    assert checked.faults == [(2, AssignmentFault.UNKNOWN_PARCEL)]
    assert list(carried(codes, driver)) == ["P-1"]
    assert [each.carried for each in codes.read(device_tours)] == [1]
    codes.write(give_tour, driver.device_id)
    with codes.database.reading() as connection:
        granted = connection.execute(sa.select(tables.granted_tokens.c.parcel_id)).scalars().all()
    assert granted == [carried(codes, driver)["P-1"].parcel_id]


def test_the_digests_are_those_of_the_codes_that_open_the_parcel_now(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old = announce("P-1")
    codes.write(load, driver.device_id, "P-1")
    renew(codes, "P-1")
    new = shown(codes, "P-1")
    assert new.payload != old.payload
    assert carried(codes, driver)["P-1"].digests == (hashlib.sha256(new.payload.encode()).hexdigest(),)
    clock.turn(timedelta(days=31))
    assert carried(codes, driver)["P-1"].digests == ()


def test_what_was_handed_over_stays_listed_for_the_shift_without_digests(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    codes.write(load, driver.device_id, "P-1")
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    done = carried(codes, driver)["P-1"]
    assert (done.handed_over_at, done.digests) == (clock(), ())
    clock.turn(timedelta(hours=15))
    assert carried(codes, driver) == {}


def test_a_visit_without_handover_is_told_with_its_reason(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    codes.write(load, driver.device_id, "P-1")
    assert carried(codes, driver)["P-1"].not_handed_over is None
    codes.write(
        end_without_handover,
        Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock.turn(timedelta(hours=1))),
    )
    assert carried(codes, driver)["P-1"].not_handed_over is AttemptReason.NOBODY_HOME


def test_whether_the_code_will_be_there_is_told_before_departure(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2", recipient=Person("Ada"))
    codes.write(assign, str(driver.device_id), ["P-1", "P-2"])
    assert carried(codes, driver)["P-2"].awaited is CodeAwaited.NO_ADDRESS
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.QUEUED
    claimed = codes.write(claim_due, limit=10, lease=timedelta(minutes=1))
    message = next(each for each in claimed if each.parcel_id == codes.read(find_parcel, "P-1").parcel_id)  # type: ignore[union-attr]
    codes.write(mark_failed_for_good, message, "550 no such mailbox")
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.FAILED
    codes.write(send_again, message.holder_id, Asker.STAFF)
    (again,) = codes.write(claim_due, limit=10, lease=timedelta(seconds=1))
    codes.write(mark_sent, again, "250 taken")
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.SENT
    codes.write(note_ticket_opened, message.holder_id)
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.OPENED
    clock.turn(timedelta(minutes=1))
    renew(codes, "P-1")
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.QUEUED, "nobody opened the page of the newer code"


def test_a_mail_is_sent_again_only_so_often_for_a_parcel_and_a_device(
    make_codes: Callable[..., DeliveryCodes], clock: TurnableClock
) -> None:
    codes = make_codes(send_again_minutes=10, budgets=BudgetSettings(mails_per_device=2))
    driver = enrolled(codes)
    codes.announce([Announcement(f"P-{n}", Person("Ada", f"ada{n}@example.org")) for n in range(3)])
    clock.turn(timedelta(minutes=1))
    assert codes.write(send_again_at_door, driver.device_id, "P-0") is SentAgain.SENT
    assert codes.write(send_again_at_door, enrolled(codes).device_id, "P-0") is SentAgain.TOO_SOON
    assert codes.write(send_again_at_door, driver.device_id, "P-1") is SentAgain.SENT
    assert codes.write(send_again_at_door, driver.device_id, "P-2") is SentAgain.TOO_OFTEN
    clock.turn(timedelta(days=1, minutes=1))
    assert codes.write(send_again_at_door, driver.device_id, "P-2") is SentAgain.SENT
    parcel = codes.read(find_parcel, "P-0")
    assert parcel is not None
    events = [
        event for event in codes.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.CODE_SENT_AGAIN
    ]
    assert [event.facts for event in events] == [{"device": str(driver.device_id)}]
    sent = [each for each in codes.read(listed_messages, limit=20) if each.reference == "P-0"]
    assert [each.kind for each in sent] == [MessageKind.CODE_ISSUED] * 2
    codes.close()


def test_a_mail_that_could_open_nothing_is_not_sent_again(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    announce("P-2", recipient=Person("Ada"))
    assert codes.write(send_again_at_door, driver.device_id, "P-2") is SentAgain.NO_ADDRESS
    block_parcel(codes, "P-1")
    assert codes.write(send_again_at_door, driver.device_id, "P-1") is SentAgain.NO_CODE
    with pytest.raises(UnknownParcel):
        codes.write(send_again_at_door, driver.device_id, "P-9")
