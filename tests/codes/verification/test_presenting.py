"""Presenting a code: each outcome, at most one handover, the same answer for the same presentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import Announcement, DeliveryCodes, Outcome, Person
from codes.accounts.devices import revoke_device
from codes.accounts.heartbeats import put_device_back, stop_device
from codes.accounts.staff import Member
from codes.auditing.audit import audit
from codes.delivering.assignments import load
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.life.policy import Rule
from codes.model import (
    Destination,
    DeviceKind,
    EventKind,
    InHandBy,
    Means,
    MessageKind,
    ParcelSize,
)
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point, place_device, put_shelf
from codes.proving.proof import Grade
from codes.proving.proof_check import verify_proof
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.settings import OtherTour
from codes.verification.labels import standing_of_label
from codes.verification.presentation import BadSignature, DeviceRevoked, OtherContent, OutOfOrder, ParcelMissing
from tests.parts.calls import other_digits
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import recorded, renew, shown, told
from tests.parts.proofs.three_verifiers import three_verifiers

Announce = Callable[..., ShownCode]


def test_the_right_symbol_hands_the_parcel_over(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    answer = codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    assert answer.match_number is not None
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert parcel.handed_over_at == clock()
    ticket = codes.read(ticket_of_holder, parcel.holder_id)
    assert ticket is not None
    assert ticket.match_number == answer.match_number


def test_the_right_digits_hand_the_parcel_over(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    assert codes.present(driver.presentation(code.digits, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_second_time_says_when_it_was_handed_over(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    handed_over_at = clock()
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    clock.turn(timedelta(minutes=5))
    again = codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    assert again.outcome is Outcome.ALREADY_HANDED_OVER
    assert again.details.handed_over_at == handed_over_at
    assert again.match_number is None


def test_the_same_presentation_gets_the_same_answer_for_ever(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    presentation = driver.presentation(announce("P-1").payload, "P-1", now=clock())
    first = codes.present(presentation)
    clock.turn(timedelta(days=400))
    assert codes.present(presentation) == first
    assert first.outcome is Outcome.ACCEPTED


def test_the_same_id_with_other_content_is_refused(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code, presentation_id = announce("P-1"), uuid4()
    codes.present(driver.presentation(other_digits(code.digits), "P-1", now=clock(), presentation_id=presentation_id))
    with pytest.raises(OtherContent):
        codes.present(driver.presentation(code.digits, "P-1", now=clock(), presentation_id=presentation_id))


def test_a_right_code_does_not_open_another_parcel(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    first, _ = announce("P-1"), announce("P-2")
    assert codes.present(driver.presentation(first.payload, "P-2", now=clock())).outcome is Outcome.OTHER_PARCEL
    assert codes.present(driver.presentation(first.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_code_opens_nothing_that_was_never_announced(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    for presented in (code.payload, code.digits, other_digits(code.digits)):
        answer = codes.present(driver.presentation(presented, "NOT-OURS", now=clock()))
        assert answer.outcome is Outcome.UNKNOWN_PARCEL
    assert recorded(codes, "P-1").wrong_digits == 0


def test_an_unknown_label_beside_the_right_one_is_told_and_outvotes_nothing(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    answer = codes.present(driver.presentation(code.payload, "ROUTE-99", "P-1", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    assert [(each.reference, each.outcome) for each in answer.parcels] == [
        ("P-1", Outcome.ACCEPTED),
        ("ROUTE-99", Outcome.UNKNOWN_PARCEL),
    ]


def test_every_last_digit_of_a_payload_counts(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    payload = announce("P-1").payload
    for place, digit in enumerate(payload):
        altered = payload[:place] + str((int(digit) + 1) % 10) + payload[place + 1 :]
        answer = codes.present(driver.presentation(altered, "P-1", now=clock()))
        assert answer.outcome is Outcome.UNKNOWN_SYMBOL, (place, altered)


def test_a_renewed_code_leaves_its_predecessor_old(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old = announce("P-1")
    clock.turn(timedelta(hours=1))
    renew(codes, "P-1")
    answer = codes.present(driver.presentation(old.payload, "P-1", now=clock()))
    assert answer.outcome is Outcome.OLD_CODE
    assert answer.details.newer_sent_at == clock()
    fresh = shown(codes, "P-1")
    assert fresh.payload != old.payload
    assert codes.present(driver.presentation(fresh.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_code_expires(codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock) -> None:
    code = announce("P-1")
    clock.turn(timedelta(days=30))
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.EXPIRED


def test_a_code_can_wait_for_the_parcel_to_leave(
    make_codes: Callable[..., DeliveryCodes], codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    strict = make_codes(require_out_for_delivery=True)
    driver = enrolled(strict)
    refused = strict.present(driver.presentation(code.payload, "P-1", now=clock()))
    assert refused.outcome is Outcome.NOT_OUT_FOR_DELIVERY
    strict.write(mark_out_for_delivery, "P-1")
    assert strict.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("text", ["", "https://example.org/evil", "1" * 34, "<script>", "7" * 7000, "731", "٧٣١"])
def test_a_foreign_symbol_is_named_as_such(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, text: str
) -> None:
    announce("P-1")
    assert codes.present(driver.presentation(text, "P-1", now=clock())).outcome is Outcome.UNKNOWN_SYMBOL


def test_digits_of_another_script_count(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    digits = announce("P-1").digits
    arabic = "".join(chr(ord("٠") + int(digit)) for digit in digits)
    assert codes.present(driver.presentation(arabic, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_fifty_simultaneous_presentations_hand_over_once(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    presentations = [driver.presentation(code.payload, "P-1", now=clock()) for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(answer.outcome for answer in pool.map(codes.present, presentations))
    assert outcomes == {Outcome.ACCEPTED: 1, Outcome.ALREADY_HANDED_OVER: 49}


def test_a_presentation_that_arrives_many_times_at_once_is_judged_once(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    presentation = driver.presentation(announce("P-1").payload, "P-1", now=clock())
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: codes.present(presentation), range(20)))
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    assert len({answer.match_number for answer in answers}) == 1
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    handovers = [
        event for event in codes.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.HANDED_OVER
    ]
    assert len(handovers) == 1


def test_what_another_key_signed_is_refused(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    stranger = SigningDevice(device_id=driver.device_id)
    with pytest.raises(BadSignature):
        codes.present(stranger.presentation(code.payload, "P-1", now=clock()))


def test_a_revoked_device_presents_nothing_more(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    assert codes.write(revoke_device, driver.device_id)
    with pytest.raises(DeviceRevoked):
        codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    assert not codes.write(revoke_device, driver.device_id)


def test_a_driver_needs_a_parcel_in_hand(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    for presented in (code.payload, code.digits):
        for _ in range(30):
            with pytest.raises(ParcelMissing):
                codes.present(driver.presentation(presented, now=clock()))
    assert codes.present(driver.presentation(code.digits, "P-1", now=clock())).outcome is Outcome.ACCEPTED, (
        "no try lost"
    )


def test_at_a_counter_the_symbol_names_the_parcel_but_digits_do_not(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    codes.write(add_point, PointTerms("Here"))
    code, counter = announce("P-1", destination=Destination.PICKUP_POINT), enrolled(codes, DeviceKind.COUNTER)
    with pytest.raises(ParcelMissing):
        codes.present(counter.presentation(code.digits, now=clock()))
    answer = codes.present(counter.presentation(code.payload, now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    assert [each.reference for each in answer.parcels] == ["P-1"]


def test_a_kiosk_hands_over_what_lies_at_its_point_and_says_where_the_rest_is(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    here, there = (codes.write(add_point, PointTerms(name)) for name in ("Here", "There"))
    for point in (here, there):
        codes.write(put_shelf, point, "A1", size=ParcelSize.L, room=9)
    kiosk, other = (enrolled(codes, DeviceKind.KIOSK, name) for name in ("One", "Other"))
    codes.write(place_device, kiosk.device_id, here)
    codes.write(place_device, other.device_id, there)
    code = announce("P-1", destination=Destination.PICKUP_POINT)
    never = codes.present(kiosk.presentation(code.payload, "P-1", now=clock()))
    assert (never.outcome, never.details.place) == (Outcome.NOT_HERE, None)
    codes.write(take_in, other.device_id, "P-1")
    elsewhere = codes.present(kiosk.presentation(code.payload, now=clock()))
    assert (elsewhere.outcome, elsewhere.details.place) == (Outcome.NOT_HERE, "There")
    assert codes.present(other.presentation(code.payload, now=clock())).outcome is Outcome.ACCEPTED


def test_a_kiosk_out_of_order_presents_nothing(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock, dispatcher: Member
) -> None:
    codes.write(add_point, PointTerms("Here"))
    code, kiosk = announce("P-1", destination=Destination.PICKUP_POINT), enrolled(codes, DeviceKind.KIOSK)
    codes.write(stop_device, kiosk.device_id, dispatcher.staff_id)
    for presented in (code.payload, code.digits):
        with pytest.raises(OutOfOrder):
            codes.present(kiosk.presentation(presented, "P-1", now=clock()))
    codes.write(put_device_back, kiosk.device_id, dispatcher.staff_id)
    assert codes.present(kiosk.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_parcel_on_another_devices_tour_is_told_or_refused(
    make_codes: Callable[..., DeliveryCodes],
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
) -> None:
    payloads = {reference: announce(reference).payload for reference in ("P-1", "P-2")}
    other = enrolled(codes, name="Other van")
    for reference in payloads:
        codes.write(load, other.device_id, reference)
    warned = codes.present(driver.presentation(payloads["P-1"], "P-1", now=clock()))
    assert (warned.outcome, warned.details.other_tour) == (Outcome.ACCEPTED, True)
    strict = make_codes(other_tour=OtherTour.REFUSE)
    refused = strict.present(driver.presentation(payloads["P-2"], "P-2", now=clock()))
    assert refused.outcome is Outcome.OTHER_TOUR
    assert strict.present(other.presentation(payloads["P-2"], "P-2", now=clock())).outcome is Outcome.ACCEPTED
    strict.close()


@pytest.mark.parametrize("other_tour", list(OtherTour))
def test_what_a_revoked_device_carried_is_free_when_it_is_presented_as_at_loading(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, clock: TurnableClock, other_tour: OtherTour
) -> None:
    payload = announce("P-1").payload
    house = make_codes(other_tour=other_tour)
    finder, gone = (enrolled(house, name=name) for name in ("Finder", "Gone"))
    house.write(load, gone.device_id, "P-1")
    assert house.write(standing_of_label, finder.device_id, "P-1").other_tour
    house.write(revoke_device, gone.device_id)
    assert not house.write(standing_of_label, finder.device_id, "P-1").other_tour
    given = house.present(finder.presentation(payload, "P-1", now=clock()))
    assert (given.outcome, given.details.other_tour) == (Outcome.ACCEPTED, False)
    house.close()


def test_what_needs_no_code_is_handed_over_by_one_tap_and_proved(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock
) -> None:
    codes.rules = (Rule(code_required=False, reason="no_rule"),)
    codes.announce([Announcement("P-1", Person("Sample Recipient", "sample@example.org"))])
    shown_code = codes.present(driver.presentation("000000", "P-1", now=clock()))
    assert (shown_code.outcome, recorded(codes).handed_over_at) == (Outcome.CODE_NOT_REQUIRED, None)
    tapped = codes.present(driver.presentation("", "P-1", now=clock(), means=Means.TAP))
    assert (tapped.outcome, tapped.handed_over, tapped.accepted) == (Outcome.CODE_NOT_REQUIRED, 1, False)
    assert recorded(codes).handed_over_at == clock()
    again = codes.present(driver.presentation("", "P-1", now=clock(), means=Means.TAP))
    assert again.outcome is Outcome.ALREADY_HANDED_OVER
    assert told(codes)[0] is MessageKind.HANDED_OVER
    codes.seal()
    proof = codes.proof_of("P-1")
    assert verify_proof(proof, codes.sealing_key.public_key()).grade is Grade.NO_CODE_NEEDED
    with three_verifiers(codes.sealing_key.public_key()) as verifiers:
        assert verifiers.verdicts(proof) == (True, True, True)
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_one_code_opens_each_parcel_of_a_consignment_once_together_or_one_by_one(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    person = Person("Sample Recipient", "together@example.org", "de")
    code, *others = (announce(f"P-{number}", consignment="C1", recipient=person) for number in (1, 2, 3))
    assert others == [code, code]
    announce("P-4", consignment="C1")
    partly = codes.present(driver.presentation(code.payload, "P-1", "P-2", now=clock()))
    assert (partly.outcome, partly.handed_over, partly.of) == (Outcome.ACCEPTED, 2, 3)
    again = codes.present(driver.presentation(code.payload, "P-2", now=clock()))
    assert again.outcome is Outcome.ALREADY_HANDED_OVER
    stranger = codes.present(driver.presentation(code.payload, "P-4", now=clock()))
    assert stranger.outcome is Outcome.OTHER_PARCEL
    rest = codes.present(driver.presentation(code.digits, "P-3", now=clock(), by=InHandBy.CHOICE))
    assert (rest.outcome, rest.handed_over, rest.of) == (Outcome.ACCEPTED, 3, 3)


def test_one_parcel_that_is_not_theirs_keeps_the_light_red_for_all_in_hand(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code, _ = announce("P-1"), announce("P-2")
    answer = codes.present(driver.presentation(code.payload, "P-1", "P-2", now=clock()))
    assert answer.outcome is Outcome.OTHER_PARCEL
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert parcel.handed_over_at is None


@pytest.mark.parametrize("label", ["\x00", "P-1\x00", "P\x00-1", "{", '"', "\\", "NULL", "P-1,P-2", "\u202e", "\ufffd"])
@pytest.mark.parametrize("means", ["payload", "digits"])
def test_a_label_that_can_be_no_tracking_number_is_found_nowhere_and_recorded_as_it_was_read(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, label: str, means: str
) -> None:
    code = announce("P-1")
    presented = code.payload if means == "payload" else code.digits
    presentation = driver.presentation(presented, label, now=clock())
    answer = codes.present(presentation)
    assert not answer.accepted
    assert [each.reference for each in answer.parcels] == [label]
    assert codes.present(presentation) == answer
