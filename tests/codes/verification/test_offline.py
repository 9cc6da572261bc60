"""Presentations made without network are taken later, with their own time, and judged honestly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Outcome, Person, tables
from codes.accounts.devices import revoke_device
from codes.auditing.audit import audit
from codes.auditing.findings import Finding
from codes.delivering.assignments import load, take_off
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.tours import give_tour
from codes.life.contests import contest_handover, contestable_until
from codes.life.parcel_records import events_of_parcel
from codes.model import Conflict, DeviceKind, EventKind, MessageKind, ReportKind
from codes.proving.proof import Grade, Remark
from codes.proving.proof_check import verify_proof
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.settings import OfflineVerdict, OtherTour
from codes.verification.presentation import DeviceRevoked, WrongClock
from codes.verification.recording import DISPUTES_TOLD
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import block_parcel, recorded, renew, shown, told
from tests.parts.proofs.three_verifiers import three_verifiers

Announce = Callable[..., ShownCode]


@pytest.fixture
def code(codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock) -> ShownCode:
    """The code of P-1, which the driver's device carries and was given the token of an hour ago."""
    shown_code = announce("P-1")
    codes.write(load, driver.device_id, "P-1")
    clock.turn(timedelta(hours=1))
    return shown_code


def findings(codes: DeliveryCodes) -> tuple[Finding, ...]:
    codes.seal()
    return audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings


def test_a_handover_of_before_is_accepted_late_with_its_own_time(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock
) -> None:
    at_the_door = clock()
    presentation = driver.presentation(code.payload, "P-1", now=at_the_door, offline=True)
    clock.turn(timedelta(hours=5))
    assert codes.present(presentation).outcome is Outcome.ACCEPTED
    parcel = recorded(codes)
    assert parcel.handed_over_at == at_the_door
    presented = [event for event in codes.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.PRESENTED]
    assert presented[0].facts["offline"] is True
    assert presented[0].at == clock()
    assert findings(codes) == ()


def test_without_the_token_in_its_manifest_a_device_is_judged_as_of_now(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    other, code = enrolled(codes), announce("P-1")
    presentation = other.presentation(code.payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(hours=1))
    assert codes.present(presentation).outcome is Outcome.ACCEPTED
    assert recorded(codes).handed_over_at == clock()


@pytest.mark.parametrize("hours", [-30, -2, 0])
def test_no_time_in_the_past_makes_a_renewed_or_revoked_code_good_again(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, hours: int
) -> None:
    renewed, revoked = announce("P-1"), announce("P-2")
    clock.turn(timedelta(hours=1))
    renew(codes, "P-1")
    block_parcel(codes, "P-2")
    for reference in ("P-1", "P-2"):
        codes.write(load, driver.device_id, reference)
    claimed = clock() + timedelta(hours=hours)
    outcomes = [
        codes.present(driver.presentation(code.payload, reference, now=claimed, offline=True)).outcome
        for reference, code in (("P-1", renewed), ("P-2", revoked))
    ]
    assert outcomes == [Outcome.OLD_CODE, Outcome.REVOKED]
    assert findings(codes) == ()


def test_what_was_renewed_after_the_manifest_went_out_is_a_handover_with_a_conflict_and_told(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock
) -> None:
    presentation = driver.presentation(code.payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(minutes=30))
    renew(codes, "P-1")
    clock.turn(timedelta(hours=1))
    answer = codes.present(presentation)
    assert (answer.outcome, answer.accepted, answer.details.conflict) == (Outcome.CONFLICT, False, Conflict.RENEWED)
    assert codes.present(presentation) == answer
    parcel = recorded(codes)
    assert parcel.handed_over_at is not None
    kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
    assert kinds[-3:] == [EventKind.PRESENTED, EventKind.HANDED_OVER, EventKind.HANDOVER_CONFLICT]
    assert MessageKind.HANDOVER_CONFLICT in told(codes)
    assert MessageKind.HANDED_OVER not in told(codes)
    assert findings(codes) == ()
    proof = codes.proof_of("P-1")
    head = verify_proof(proof, codes.sealing_key.public_key())
    assert (head.grade, head.remarks) == (Grade.SYMBOL_AND_LABEL, [Remark.RENEWED])
    with three_verifiers(codes.sealing_key.public_key()) as verifiers:
        assert verifiers.verdicts(proof) == (True, True, True)


def test_a_parcel_handed_over_by_another_meanwhile_is_a_conflict_and_one_handover(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock
) -> None:
    other = enrolled(codes)
    offline = driver.presentation(code.payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(hours=1))
    online_at = clock()
    assert codes.present(other.presentation(code.payload, "P-1", now=online_at)).outcome is Outcome.ACCEPTED
    answer = codes.present(offline)
    assert (answer.outcome, answer.details.conflict) == (Outcome.CONFLICT, Conflict.HANDED_OVER_BEFORE)
    assert answer.details.handed_over_at == online_at
    events = codes.read(events_of_parcel, recorded(codes).parcel_id)
    kinds = [event.kind for event in events]
    assert kinds.count(EventKind.HANDED_OVER) == 1
    assert kinds[-1] is EventKind.HANDOVER_CONFLICT
    proof = codes.proof_of("P-1")
    head = verify_proof(proof, codes.sealing_key.public_key())
    assert (head.grade, head.remarks) == (Grade.SYMBOL_AND_LABEL, [Remark.SECOND_HANDOVER])
    with three_verifiers(codes.sealing_key.public_key()) as verifiers:
        assert verifiers.verdicts(proof) == (True, True, True)
    assert MessageKind.HANDOVER_CONFLICT in told(codes)
    assert findings(codes) == ()


def test_claims_that_a_parcel_was_handed_over_once_more_are_told_a_few_times_and_then_counted(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock
) -> None:
    codes.present(enrolled(codes).presentation(code.payload, "P-1", now=clock()))
    for _ in range(20):
        claim = driver.presentation(code.payload, "P-1", now=clock(), offline=True)
        assert codes.present(claim).outcome is Outcome.CONFLICT
        clock.turn(timedelta(seconds=1))
    assert told(codes).count(MessageKind.HANDOVER_CONFLICT) == DISPUTES_TOLD
    assert findings(codes) == ()


@pytest.mark.parametrize("kind", [DeviceKind.COUNTER, DeviceKind.KIOSK])
def test_only_a_driver_hands_over_offline(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock, kind: DeviceKind
) -> None:
    code, device = announce("P-1"), enrolled(codes, kind)
    codes.write(load, device.device_id, "P-1")
    codes.write(give_tour, device.device_id)
    clock.turn(timedelta(minutes=1))
    claim = device.presentation(code.payload, "P-1", now=clock(), offline=True)
    assert codes.present(claim).outcome is Outcome.NOT_HERE
    assert recorded(codes).handed_over_at is None


def test_what_was_handed_over_offline_stays_handed_over_although_another_driver_has_it_now(
    make_codes: Callable[..., DeliveryCodes],
    codes: DeliveryCodes,
    driver: SigningDevice,
    code: ShownCode,
    clock: TurnableClock,
) -> None:
    strict, at_the_door = make_codes(other_tour=OtherTour.REFUSE), clock()
    codes.write(load, enrolled(codes).device_id, "P-1")
    claim = driver.presentation(code.payload, "P-1", now=at_the_door, offline=True)
    assert strict.present(claim).outcome is Outcome.ACCEPTED
    assert recorded(codes).handed_over_at == at_the_door
    strict.close()


def test_of_two_offline_the_one_handed_over_before_makes_no_conflict_of_the_other(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    ada = Person("Sample Recipient", "ada@example.org", "de")
    code = announce("P-1", recipient=ada, consignment="C-1")
    announce("P-2", recipient=ada, consignment="C-1")
    for reference in ("P-1", "P-2"):
        codes.write(load, driver.device_id, reference)
    codes.write(give_tour, driver.device_id)
    clock.turn(timedelta(minutes=1))
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    answer = codes.present(driver.presentation(code.payload, "P-1", "P-2", now=clock(), offline=True))
    assert (answer.outcome, answer.details.conflict, answer.handed_over) == (Outcome.ACCEPTED, None, 2)


def test_a_house_that_waits_for_the_network_hands_nothing_over_by_a_devices_word(
    make_codes: Callable[..., DeliveryCodes],
    codes: DeliveryCodes,
    driver: SigningDevice,
    code: ShownCode,
    clock: TurnableClock,
) -> None:
    waits = make_codes(offline=OfflineVerdict.WAIT)
    claimed = clock()
    clock.turn(timedelta(minutes=30))
    renew(codes, "P-1")
    refused = waits.present(driver.presentation(code.payload, "P-1", now=claimed, offline=True))
    assert refused.outcome is Outcome.OLD_CODE
    fresh = shown(codes, "P-1")
    accepted = waits.present(driver.presentation(fresh.payload, "P-1", now=claimed, offline=True))
    assert (accepted.outcome, recorded(codes).handed_over_at) == (Outcome.ACCEPTED, clock())
    waits.close()


def test_a_manifest_holds_from_when_it_was_given_until_a_newer_one_came(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock
) -> None:
    renew(codes, "P-1")
    clock.turn(timedelta(hours=1))
    codes.write(give_tour, driver.device_id)
    clock.turn(timedelta(hours=1))
    late = codes.present(driver.presentation(code.payload, "P-1", now=clock(), offline=True))
    assert late.outcome is Outcome.OLD_CODE
    before = driver.presentation(code.payload, "P-1", now=clock() - timedelta(hours=2), offline=True)
    assert codes.present(before).outcome is Outcome.CONFLICT


def test_what_a_device_held_is_forgotten_after_a_shift(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-2")
    codes.write(take_off, driver.device_id, "P-1")
    for reference, hours in (("P-2", 1), ("P-1", 20)):
        codes.write(load, driver.device_id, reference)
        clock.turn(timedelta(hours=hours))
        codes.write(take_off, driver.device_id, reference)
        codes.write(give_tour, driver.device_id)
    clock.turn(timedelta(hours=20))
    codes.write(load, driver.device_id, "P-2")
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.granted_tokens)).scalar_one() == 1
    codes.write(take_off, driver.device_id, "P-2")
    codes.write(give_tour, driver.device_id)
    clock.turn(timedelta(hours=80))
    codes.purge()
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(tables.granted_tokens)).all() == []


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)])
def test_a_device_whose_clock_is_wrong_is_told_so_and_can_send_again_what_it_holds(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock, at: datetime
) -> None:
    chosen = uuid4()
    with pytest.raises(WrongClock):
        codes.present(driver.presentation(code.payload, "P-1", now=at, offline=True, presentation_id=chosen))
    assert EventKind.PRESENTED not in [event.kind for event in codes.read(events_of_parcel, recorded(codes).parcel_id)]
    mended = driver.presentation(code.payload, "P-1", now=clock(), offline=True, presentation_id=chosen)
    clock.turn(timedelta(minutes=10))
    assert codes.present(mended).outcome is Outcome.ACCEPTED
    assert recorded(codes).handed_over_at == mended.presented_at


def test_contest_and_ticket_end_count_from_the_services_clock(
    codes: DeliveryCodes, driver: SigningDevice, code: ShownCode, clock: TurnableClock
) -> None:
    presentation = driver.presentation(code.payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(hours=13))
    codes.present(presentation)
    ticket = codes.read(ticket_of_holder, recorded(codes).holder_id)
    assert ticket is not None
    clock.turn(timedelta(days=14) - timedelta(hours=1))
    assert codes.read(contestable_until, ticket.recorded_at) is not None
    codes.write(contest_handover, ticket.holder_id, ReportKind.NOT_RECEIVED)


def test_the_queue_of_a_stolen_device_is_refused(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    presentation = driver.presentation(announce("P-1").payload, "P-1", now=clock(), offline=True)
    codes.write(revoke_device, driver.device_id)
    with pytest.raises(DeviceRevoked):
        codes.present(presentation)


def test_digits_sent_late_are_charged_like_any_others(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    right = shown(codes, "P-1").digits
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(5):
        codes.present(driver.presentation(wrong, "P-1", now=clock(), offline=True))
    late = codes.present(driver.presentation(right, "P-1", now=clock(), offline=True))
    assert late.outcome is Outcome.LOCKED


def test_what_has_not_left_is_in_no_manifest_where_the_house_asks_for_it(
    make_codes: Callable[..., DeliveryCodes], clock: TurnableClock
) -> None:
    codes = make_codes(require_out_for_delivery=True)
    driver = enrolled(codes)
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org"))])
    assert codes.write(load, driver.device_id, "P-1").digests == ()
    payload = shown(codes, "P-1").payload
    early = driver.presentation(payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(minutes=5))
    assert codes.present(early).outcome is Outcome.NOT_OUT_FOR_DELIVERY
    assert recorded(codes).handed_over_at is None
    codes.write(mark_out_for_delivery, "P-1")
    (carried,) = codes.write(give_tour, driver.device_id).parcels
    assert len(carried.digests) == 1
    assert codes.present(driver.presentation(payload, "P-1", now=clock(), offline=True)).outcome is Outcome.ACCEPTED
    assert findings(codes) == ()
    codes.close()
