"""Guessing digits: what is compared is charged, to the parcel and to the device, and no guess is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from codes import DeliveryCodes, Outcome
from codes.life.delegates import name_delegate
from codes.model import (
    LockedBy,
    MessageKind,
    Person,
)
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode
from tests.parts.calls import other_digits
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import recorded, renew, shown

Announce = Callable[..., ShownCode]


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
    kinds = Counter(message.kind for message in codes.read(listed_messages, limit=100))
    assert kinds == {MessageKind.CODE_ISSUED: 1, MessageKind.WRONG_TRIES: 3}


@pytest.mark.parametrize("named", [1, 2])
def test_the_recipient_is_told_of_the_first_wrong_try_that_leaves_few_also_where_others_hold_codes(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, named: int
) -> None:
    code, holder_id = announce("P-1"), recorded(codes, "P-1").holder_id
    for number in range(named):
        codes.write(name_delegate, holder_id, Person(f"Neighbour {number}", None, "en"), clock() + timedelta(days=2))
    answer = codes.present(driver.presentation(other_digits(code.digits, 1), "P-1", now=clock()))
    assert answer.details.tries_left == 1 - (named - 1)
    told = [each.kind for each in codes.read(listed_messages, limit=100)]
    assert told.count(MessageKind.WRONG_TRIES) == 1


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


def test_a_right_code_gives_back_its_own_try_and_no_other(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    for step in range(1, 5):
        codes.present(driver.presentation(other_digits(code.digits, step), "P-1", now=clock()))
    outcomes = [codes.present(driver.presentation(code.digits, "P-1", now=clock())).outcome for _ in range(3)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.ALREADY_HANDED_OVER, Outcome.ALREADY_HANDED_OVER]
    assert recorded(codes, "P-1").wrong_digits == 4


def test_digits_of_a_dead_code_are_wrong_digits(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old = announce("P-1")
    clock.turn(timedelta(minutes=1))
    renew(codes, "P-1")
    outcomes = [codes.present(driver.presentation(old.digits, "P-1", now=clock())).outcome for _ in range(6)]
    assert outcomes == [Outcome.WRONG_CODE] * 5 + [Outcome.LOCKED]
    assert codes.present(driver.presentation(old.payload, "P-1", now=clock())).outcome is Outcome.OLD_CODE


def test_digits_right_for_one_parcel_pay_for_no_guess_at_others(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    own = announce("P-1")
    strangers = [f"S-{number}" for number in range(10)]
    for each in strangers:
        announce(each)
    answers = [codes.present(driver.presentation(own.digits, "P-1", *strangers, now=clock())) for _ in range(30)]
    assert {answer.outcome for answer in answers} == {Outcome.ONE_RECIPIENT}
    assert {each.outcome for answer in answers for each in answer.parcels} == {Outcome.ONE_RECIPIENT}
    assert all(recorded(codes, each).wrong_digits == 0 for each in ("P-1", *strangers))
    assert codes.present(driver.presentation(own.digits, "P-1", now=clock())).outcome is Outcome.ACCEPTED


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
