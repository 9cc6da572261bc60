"""Presenting a code: each outcome, at most one handover, the same answer for the same presentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from codes import DeliveryCodes, Outcome
from codes.judging.presentation import BadSignature
from codes.judging.presenting import DeviceRevoked, OtherContent, ParcelMissing
from codes.model import DeviceKind, EventKind, InHandBy, LockedBy, MessageKind
from codes.recipients.tickets import ShownCode
from tests.codes.conftest import renew, shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

Announce = Callable[..., ShownCode]


def other_digits(digits: str, step: int = 1) -> str:
    """Return six digits that are not these."""
    return f"{(int(digits) + step) % 1_000_000:06d}"


def test_the_right_symbol_hands_the_parcel_over(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    answer = codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    assert answer.match_number is not None
    parcel = codes.parcel("P-1")
    assert parcel is not None
    assert parcel.handed_over_at == clock()
    ticket = codes.ticket_of(parcel.holder_id)
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
    assert codes.present(driver.presentation(code.payload, "NOT-OURS", now=clock())).outcome is Outcome.OTHER_PARCEL
    assert codes.present(driver.presentation(code.digits, "NOT-OURS", now=clock())).outcome is Outcome.WRONG_CODE


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
    strict.mark_out_for_delivery("P-1")
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


def test_five_wrong_digits_lock_the_digits_but_not_the_symbol(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    tries = [
        codes.present(driver.presentation(other_digits(code.digits, step), "P-1", now=clock())) for step in range(1, 6)
    ]
    assert [answer.outcome for answer in tries] == [Outcome.WRONG_CODE] * 5
    assert [answer.details.tries_left for answer in tries] == [4, 3, 2, 1, 0]
    locked = codes.present(driver.presentation(code.digits, "P-1", now=clock()))
    assert locked.outcome is Outcome.LOCKED
    assert locked.details.locked_by is LockedBy.PARCEL
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_the_recipient_is_told_of_wrong_tries(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    for step in range(1, 6):
        codes.present(driver.presentation(other_digits(code.digits, step), "P-1", now=clock()))
    kinds = Counter(message.kind for message in codes.outbox.listed(limit=100))
    assert kinds == {MessageKind.CODE_ISSUED: 1, MessageKind.WRONG_TRIES: 2}


def test_renewing_unlocks_the_digits(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    for step in range(1, 6):
        codes.present(driver.presentation(other_digits(code.digits, step), "P-1", now=clock()))
    clock.turn(timedelta(minutes=1))
    renew(codes, "P-1")
    answer = codes.present(driver.presentation(shown(codes, "P-1").digits, "P-1", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED


def test_a_right_code_is_no_guess(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old = announce("P-1")
    clock.turn(timedelta(minutes=1))
    renew(codes, "P-1")
    outcomes = {codes.present(driver.presentation(old.digits, "P-1", now=clock())).outcome for _ in range(8)}
    assert outcomes == {Outcome.OLD_CODE}


def test_a_device_that_guesses_over_many_parcels_is_stopped_until_the_next_day(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    outcomes: list[Outcome] = []
    for number in range(25):
        code = announce(f"P{number:02d}")
        guess = driver.presentation(other_digits(code.digits), f"P{number:02d}", now=clock())
        outcomes.append(codes.present(guess).outcome)
    assert outcomes == [Outcome.WRONG_CODE] * 20 + [Outcome.LOCKED] * 5
    clock.turn(timedelta(days=1))
    answer = codes.present(driver.presentation(shown(codes, "P24").digits, "P24", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED


def test_of_200_simultaneous_guesses_five_are_compared(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    drivers = [enrolled(codes) for _ in range(20)]
    guesses = [
        drivers[step % 20].presentation(other_digits(code.digits, step), "P-1", now=clock()) for step in range(1, 201)
    ]
    with ThreadPoolExecutor(20) as pool:
        outcomes = Counter(answer.outcome for answer in pool.map(codes.present, guesses))
    assert outcomes == {Outcome.WRONG_CODE: 5, Outcome.LOCKED: 195}


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
    parcel = codes.parcel("P-1")
    assert parcel is not None
    handovers = [event for event in codes.events(parcel.parcel_id) if event.kind is EventKind.HANDED_OVER]
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
    assert codes.devices.revoke(driver.device_id)
    with pytest.raises(DeviceRevoked):
        codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    assert not codes.devices.revoke(driver.device_id)


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
    code, counter = announce("P-1"), enrolled(codes, DeviceKind.COUNTER)
    with pytest.raises(ParcelMissing):
        codes.present(counter.presentation(code.digits, now=clock()))
    answer = codes.present(counter.presentation(code.payload, now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    assert [each.reference for each in answer.parcels] == ["P-1"]


def test_one_symbol_opens_the_parcels_of_a_consignment_whose_labels_were_scanned(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    from codes import Person

    person = Person("Sample Recipient", "together@example.org", "de")
    shown_codes = [announce(f"P-{number}", consignment="C1", recipient=person) for number in (1, 2, 3)]
    announce("P-4", consignment="C1")
    partly = codes.present(driver.presentation(shown_codes[0].payload, "P-1", "P-2", now=clock()))
    assert (partly.outcome, partly.handed_over, partly.of) == (Outcome.ACCEPTED, 2, 3)
    chosen = codes.present(driver.presentation(shown_codes[0].payload, "P-3", now=clock(), by=InHandBy.CHOICE))
    assert chosen.outcome is Outcome.OTHER_PARCEL
    stranger = codes.present(driver.presentation(shown_codes[0].payload, "P-4", now=clock()))
    assert stranger.outcome is Outcome.OTHER_PARCEL
    rest = codes.present(driver.presentation(shown_codes[2].digits, "P-3", now=clock()))
    assert (rest.outcome, rest.handed_over, rest.of) == (Outcome.ACCEPTED, 3, 3)


def test_one_parcel_that_is_not_theirs_keeps_the_light_red_for_all_in_hand(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code, _ = announce("P-1"), announce("P-2")
    answer = codes.present(driver.presentation(code.payload, "P-1", "P-2", now=clock()))
    assert answer.outcome is Outcome.OTHER_PARCEL
    parcel = codes.parcel("P-1")
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
