"""Which device carries which parcel, what it is told, and how often a mail can be sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import Announcement, DeliveryCodes, Person
from codes.delivering.awaiting import CodeAwaited
from codes.delivering.tours import TourParcel, UnknownDevice
from codes.delivering.visits import Visit
from codes.model import AttemptReason, EventKind, MessageKind
from codes.parcels import UnknownParcel
from codes.recipients.reminding import SentAgain
from codes.recipients.tickets import ShownCode
from tests.codes.conftest import renew, shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

Announce = Callable[..., ShownCode]


def carried(codes: DeliveryCodes, device: SigningDevice) -> dict[str, TourParcel]:
    """Return a device's tour by reference, in order."""
    return {parcel.reference: parcel for parcel in codes.tours.of(device.device_id).parcels}


def test_a_device_gets_its_parcels_in_order_and_the_others_are_named(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    announce("P-2")
    assigned = codes.tours.assign(str(driver.device_id), ["p-2", "P-9", "P-1", "?"])
    assert (assigned.assigned, assigned.refused) == (2, ("P-9", "?"))
    assert list(carried(codes, driver)) == ["P-2", "P-1"]
    assert codes.tours.assign(str(driver.device_id), ["P-1"], replace=True).assigned == 1
    assert list(carried(codes, driver)) == ["P-1"]


def test_a_device_may_be_called_by_its_name_if_only_one_bears_it(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1")
    device = enrolled(codes, name="Van 7")
    assert codes.tours.assign("Van 7", ["P-1"]).device_id == device.device_id
    enrolled(codes, name="Van 7")
    for unknown in ("Van 7", "Van 8", str(uuid4())):
        with pytest.raises(UnknownDevice):
            codes.tours.assign(unknown, ["P-1"])


def test_a_parcel_is_carried_by_the_device_that_loaded_it_last(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    codes.tours.assign(str(driver.device_id), ["P-1"])
    other = enrolled(codes)
    assert codes.tours.load(other.device_id, "P-1").reference == "P-1"
    assert codes.tours.load(other.device_id, "P-1").reference == "P-1"
    assert list(carried(codes, driver)) == []
    codes.tours.take_off(other.device_id, "P-1")
    assert list(carried(codes, other)) == []
    with pytest.raises(UnknownParcel):
        codes.tours.load(other.device_id, "P-9")


def test_the_digests_are_those_of_the_codes_that_open_the_parcel_now(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old = announce("P-1")
    codes.tours.load(driver.device_id, "P-1")
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
    codes.tours.load(driver.device_id, "P-1")
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    done = carried(codes, driver)["P-1"]
    assert (done.handed_over_at, done.digests) == (clock(), ())
    clock.turn(timedelta(hours=15))
    assert carried(codes, driver) == {}


def test_a_visit_without_handover_is_told_with_its_reason(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    codes.tours.load(driver.device_id, "P-1")
    assert carried(codes, driver)["P-1"].not_handed_over is None
    codes.visits.end_without_handover(
        Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock.turn(timedelta(hours=1)))
    )
    assert carried(codes, driver)["P-1"].not_handed_over is AttemptReason.NOBODY_HOME


def test_whether_the_code_will_be_there_is_told_before_departure(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2", recipient=Person("Ada"))
    codes.tours.assign(str(driver.device_id), ["P-1", "P-2"])
    assert carried(codes, driver)["P-2"].awaited is CodeAwaited.NO_ADDRESS
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.QUEUED
    claimed = codes.outbox.claim_due(clock(), limit=10, lease=timedelta(minutes=1))
    message = next(each for each in claimed if each.parcel_id == codes.parcel("P-1").parcel_id)  # type: ignore[union-attr]
    codes.outbox.mark_failed_for_good(message, clock(), "550 no such mailbox")
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.FAILED
    codes.send_again(message.holder_id)
    (again,) = codes.outbox.claim_due(clock(), limit=10, lease=timedelta(seconds=1))
    codes.outbox.mark_sent(again, clock(), "250 taken")
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.SENT
    codes.tours.note_opened(message.holder_id)
    assert carried(codes, driver)["P-1"].awaited is CodeAwaited.OPENED


def test_a_mail_is_sent_again_only_so_often_for_a_parcel_and_a_device(
    make_codes: Callable[..., DeliveryCodes], clock: TurnableClock
) -> None:
    codes = make_codes(send_again_minutes=10, send_again_per_device_and_day=2)
    driver = enrolled(codes)
    codes.announce([Announcement(f"P-{n}", Person("Ada", f"ada{n}@example.org")) for n in range(3)])
    assert codes.reminding.send_again(driver.device_id, "P-0") is SentAgain.SENT
    assert codes.reminding.send_again(enrolled(codes).device_id, "P-0") is SentAgain.TOO_SOON
    assert codes.reminding.send_again(driver.device_id, "P-1") is SentAgain.SENT
    assert codes.reminding.send_again(driver.device_id, "P-2") is SentAgain.TOO_OFTEN
    clock.turn(timedelta(days=1, minutes=1))
    assert codes.reminding.send_again(driver.device_id, "P-2") is SentAgain.SENT
    parcel = codes.parcel("P-0")
    assert parcel is not None
    events = [event for event in codes.events(parcel.parcel_id) if event.kind is EventKind.CODE_SENT_AGAIN]
    assert [event.facts for event in events] == [{"device": str(driver.device_id)}]
    sent = [each for each in codes.outbox.listed(limit=20) if each.reference == "P-0"]
    assert [each.kind for each in sent] == [MessageKind.CODE_ISSUED] * 2
    codes.close()


def test_a_mail_that_could_open_nothing_is_not_sent_again(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce
) -> None:
    announce("P-1")
    announce("P-2", recipient=Person("Ada"))
    assert codes.reminding.send_again(driver.device_id, "P-2") is SentAgain.NO_ADDRESS
    codes.revoke("P-1", "sender")
    assert codes.reminding.send_again(driver.device_id, "P-1") is SentAgain.NO_CODE
    with pytest.raises(UnknownParcel):
        codes.reminding.send_again(driver.device_id, "P-9")
