"""Presentations made without network are taken later, with their own time, and judged honestly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from codes import DeliveryCodes, Outcome
from codes.judging.presenting import DeviceRevoked
from codes.model import EventKind
from codes.recipients.tickets import ShownCode
from tests.codes.conftest import renew, shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

Announce = Callable[..., ShownCode]


def test_a_handover_of_before_is_accepted_late_with_its_own_time(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    at_the_door = clock.turn(timedelta(hours=1))
    presentation = driver.presentation(code.payload, "P-1", now=at_the_door, offline=True)
    clock.turn(timedelta(hours=5))
    assert codes.present(presentation).outcome is Outcome.ACCEPTED
    parcel = codes.parcel("P-1")
    assert parcel is not None
    assert parcel.handed_over_at == at_the_door
    recorded = [event for event in codes.events(parcel.parcel_id) if event.kind is EventKind.PRESENTED]
    assert recorded[0].facts["offline"] is True
    assert recorded[0].at == clock()


def test_a_code_that_expired_or_was_renewed_only_afterwards_still_counts(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    presentation = driver.presentation(code.payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(hours=1))
    renew(codes, "P-1")
    clock.turn(timedelta(days=31))
    assert codes.present(presentation).outcome is Outcome.ACCEPTED


def test_a_code_that_was_renewed_before_does_not(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old = announce("P-1")
    clock.turn(timedelta(hours=1))
    renew(codes, "P-1")
    clock.turn(timedelta(hours=1))
    presentation = driver.presentation(old.payload, "P-1", now=clock(), offline=True)
    assert codes.present(presentation).outcome is Outcome.OLD_CODE


def test_a_conflict_is_recorded_with_both_and_hands_over_once(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code, other = announce("P-1"), enrolled(codes)
    offline = driver.presentation(code.payload, "P-1", now=clock(), offline=True)
    clock.turn(timedelta(hours=1))
    online_at = clock()
    assert codes.present(other.presentation(code.payload, "P-1", now=online_at)).outcome is Outcome.ACCEPTED
    answer = codes.present(offline)
    assert answer.outcome is Outcome.ALREADY_HANDED_OVER
    assert answer.details.handed_over_at == online_at
    parcel = codes.parcel("P-1")
    assert parcel is not None
    presented = [event for event in codes.events(parcel.parcel_id) if event.kind is EventKind.PRESENTED]
    assert [(event.facts["offline"], event.facts["outcome"]) for event in presented] == [
        (False, "accepted"),
        (True, "already_handed_over"),
    ]


def test_a_time_in_the_future_counts_as_now(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    presentation = driver.presentation(code.payload, "P-1", now=clock() + timedelta(days=9), offline=True)
    assert codes.present(presentation).outcome is Outcome.ACCEPTED
    parcel = codes.parcel("P-1")
    assert parcel is not None
    assert parcel.handed_over_at == clock()


def test_the_queue_of_a_stolen_device_is_refused(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    presentation = driver.presentation(announce("P-1").payload, "P-1", now=clock(), offline=True)
    codes.devices.revoke(driver.device_id)
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
