"""What happens besides a handover against a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Outcome, Person, tables
from codes.accounts.staff import Member, Role
from codes.auditing.audit import audit
from codes.delivering.visits import (
    AlreadyHandedOver,
    MeasuredPlace,
    NotSupervised,
    Visit,
    end_without_handover,
    hand_over_supervised,
    report,
    visits_of_device,
    visits_of_parcel,
)
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.life.policy import Conditions, Rule
from codes.model import AttemptReason, DeviceKind, EventKind, MessageKind, ParcelSize, ReportKind
from codes.pickup.intake import NotWaiting, WaitsElsewhere, send_back, take_in
from codes.pickup.points import PointTerms, add_point, place_device, put_shelf
from codes.proving.commitment import text_commitment
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode
from codes.store.parcel_rows import UnknownParcel
from tests.parts.calls import other_digits
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import shown
from tests.parts.staff import add_member, member_with

Announce = Callable[..., ShownCode]
REASON = "Recipient known to both, phone broken"


def visit(driver: SigningDevice, clock: TurnableClock, reason: AttemptReason = AttemptReason.NOBODY_HOME) -> Visit:
    """Return a visit to parcel P-1."""
    return Visit(uuid4(), driver.device_id, "P-1", reason, clock())


@pytest.fixture
def members(codes: DeliveryCodes) -> dict[str, Member]:
    """Three members of staff, two of whom may supervise."""
    found = {}
    for name, role in (("first", Role.SUPERVISOR), ("second", Role.SUPERVISOR), ("counter", Role.COUNTER)):
        add_member(codes, name, f"password of {name}", role)
        member = member_with(codes, name, f"password of {name}")
        assert member is not None
        found[name] = member
    return found


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        (timedelta(hours=-13), True),
        (timedelta(hours=-15), False),
        (timedelta(seconds=1), False),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), False),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14))), False),
    ],
)
def test_a_devices_time_counts_within_a_shift_and_else_the_services_does(
    codes: DeliveryCodes,
    announce: Announce,
    driver: SigningDevice,
    clock: TurnableClock,
    claimed: datetime | timedelta,
    believed: bool,
) -> None:
    announce("P-1")
    moment = clock() + claimed if isinstance(claimed, timedelta) else claimed
    codes.write(end_without_handover, replace(visit(driver, clock), attempted_at=moment))
    (found,) = codes.read(visits_of_device, driver.device_id, clock() - timedelta(days=1))
    assert found.attempted_at == (moment if believed else clock())


@pytest.mark.parametrize("reason", list(AttemptReason))
def test_a_visit_without_a_handover_is_told_and_the_code_stays(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, reason: AttemptReason
) -> None:
    code = announce("P-1")
    codes.write(end_without_handover, visit(driver, clock, reason))
    assert MessageKind.NOT_HANDED_OVER in {message.kind for message in codes.read(listed_messages, limit=10)}
    clock.turn(timedelta(days=1))
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_the_place_of_a_visit_stands_apart_from_the_chain_and_is_erased_with_the_person(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    codes.write(end_without_handover, replace(visit(driver, clock), place=MeasuredPlace(52.5200066, -13.4049540, 11.6)))
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    (listed,) = codes.read(visits_of_parcel, parcel.parcel_id)
    assert listed.place == "geo:52.52001,-13.40495;u=12"
    assert codes.read(visits_of_device, driver.device_id, clock() - timedelta(days=1)) == [listed]
    told = next(
        event for event in codes.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.NOT_HANDED_OVER
    )
    with codes.database.reading() as connection:
        salt = connection.execute(sa.select(tables.delivery_attempts.c.salt)).scalar_one()
    assert told.facts["place"] == text_commitment(salt, listed.place)
    codes.erase_parcel("P-1")
    (left,) = codes.read(visits_of_parcel, parcel.parcel_id)
    assert left == replace(listed, place=None)
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_house_that_keeps_no_places_drops_them(
    codes: DeliveryCodes,
    make_codes: Callable[..., DeliveryCodes],
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
) -> None:
    announce("P-1")
    house = make_codes(visit_place=False)
    house.write(end_without_handover, replace(visit(driver, clock), place=MeasuredPlace(52.52, 13.405, 12)))
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert [each.place for each in codes.read(visits_of_parcel, parcel.parcel_id)] == [None]
    house.close()


def test_the_same_visit_sent_twice_is_one(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    once = visit(driver, clock)
    codes.write(end_without_handover, once)
    codes.write(end_without_handover, once)
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
    assert kinds.count(EventKind.NOT_HANDED_OVER) == 1


def test_a_policy_may_renew_the_code_after_a_visit(
    make_codes: Callable[..., DeliveryCodes],
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
) -> None:
    old, renewing = announce("P-1"), make_codes(renew_after_visit=True)
    clock.turn(timedelta(minutes=1))
    renewing.write(end_without_handover, visit(driver, clock))
    assert renewing.present(driver.presentation(old.payload, "P-1", now=clock())).outcome is Outcome.OLD_CODE
    fresh = shown(renewing, "P-1")
    assert renewing.present(driver.presentation(fresh.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_code_that_a_visit_renewed_has_no_more_tries_than_before(
    make_codes: Callable[..., DeliveryCodes],
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
) -> None:
    code, renewing = announce("P-1"), make_codes(renew_after_visit=True)
    wrong = other_digits(code.digits)
    for _ in range(renewing.settings.wrong_digits_per_parcel):
        renewing.present(driver.presentation(wrong, "P-1", now=clock()))
    renewing.write(end_without_handover, visit(driver, clock))
    fresh = shown(renewing, "P-1")
    assert fresh.digits != code.digits
    assert renewing.present(driver.presentation(fresh.digits, "P-1", now=clock())).outcome is Outcome.LOCKED


def test_what_was_handed_over_cannot_be_missed_afterwards(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    codes.present(driver.presentation(announce("P-1").payload, "P-1", now=clock()))
    with pytest.raises(AlreadyHandedOver):
        codes.write(end_without_handover, visit(driver, clock))


def test_an_unknown_parcel_cannot_be_visited(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    with pytest.raises(UnknownParcel):
        codes.write(end_without_handover, visit(driver, clock))


def test_two_named_people_hand_over_without_a_code(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    members: dict[str, Member],
) -> None:
    code = announce("P-1")
    codes.write(hand_over_supervised, "P-1", members["first"], members["second"], REASON)
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert parcel.handed_over_at == clock()
    kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
    assert EventKind.SUPERVISED_HANDOVER in kinds
    assert EventKind.HANDED_OVER not in kinds
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ALREADY_HANDED_OVER
    with pytest.raises(AlreadyHandedOver):
        codes.write(hand_over_supervised, "P-1", members["first"], members["second"], REASON)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("first", "first", REASON),
        ("first", "counter", REASON),
        ("counter", "second", REASON),
        ("first", "second", ""),
        ("first", "second", "   because "),
        ("first", "second", "x" * 501),
    ],
)
def test_one_person_or_no_reason_is_not_enough(
    codes: DeliveryCodes, announce: Announce, members: dict[str, Member], first: str, second: str, reason: str
) -> None:
    announce("P-1")
    with pytest.raises(NotSupervised):
        codes.write(hand_over_supervised, "P-1", members[first], members[second], reason)
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert parcel.handed_over_at is None


def test_what_was_reported_before_bears_on_the_next_parcel(codes: DeliveryCodes, announce: Announce) -> None:
    codes.rules = (  # the policy under test, over the same store
        Rule(when=Conditions(losses_at_least=1), code_required=True, reason="lost_before"),
        Rule(when=Conditions(disputes_at_least=2), code_required=True, reason="disputed_before"),
        Rule(code_required=False, reason="trusted"),
    )
    person = Person("Sample Recipient", "again@example.org", "de")

    def reason(reference: str) -> str:
        return codes.announce([Announcement(reference, person)])[0].reason

    assert reason("P-1") == "trusted"
    codes.write(report, "P-1", ReportKind.NOT_RECEIVED, "recipient")
    assert reason("P-2") == "trusted"
    codes.write(report, "P-2", ReportKind.OPENED, "recipient")
    assert reason("P-3") == "disputed_before"
    codes.write(report, "P-3", ReportKind.LOST, "sender")
    assert reason("P-4") == "lost_before"


def test_two_people_hand_over_at_a_counter_only_what_lies_there(
    codes: DeliveryCodes, announce: Announce, members: dict[str, Member]
) -> None:
    points = [codes.write(add_point, PointTerms(name)) for name in ("Kiosk A", "Kiosk B")]
    counters = [enrolled(codes, DeviceKind.COUNTER, f"Till {number}").device_id for number in range(2)]
    for counter, point in zip(counters, points, strict=True):
        codes.write(put_shelf, point, "A1", size=ParcelSize.L, room=9)
        codes.write(place_device, counter, point)
    for reference in ("P-1", "P-2", "P-3", "TEST/P-4"):
        announce(reference)
    codes.write(take_in, counters[0], "P-1")
    codes.write(take_in, counters[1], "P-2")
    codes.write(take_in, counters[0], "P-3")
    codes.write(send_back, counters[0], "P-3")

    def hand_over(reference: str) -> str:
        return codes.write(
            hand_over_supervised, reference, members["first"], members["second"], REASON, counter=counters[0]
        )

    announce("P-5")
    for reference, refusal in (
        ("P-2", WaitsElsewhere),
        ("P-3", NotWaiting),
        ("P-5", NotWaiting),
        ("TEST/P-4", UnknownParcel),
    ):
        with pytest.raises(refusal):
            hand_over(reference)
        parcel = codes.read(find_parcel, reference)
        assert parcel is not None
        assert parcel.handed_over_at is None
    assert hand_over("P-1")
    with pytest.raises(UnknownParcel):
        codes.write(hand_over_supervised, "TEST/P-4", members["first"], members["second"], REASON)
