"""Counts of tries hold over all processes, and forgive after their span."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from codes import Database, DeliveryCodes
from codes.accounts.throttling import Limit, charge, give_back
from codes.store.schema import migrate
from tests.parts.clock import TurnableClock
from tests.parts.domain import codes_over

SPAN = timedelta(minutes=15)
ONCE = Limit("somebody", 1, SPAN)


def test_of_forty_tries_at_once_through_two_processes_stores_ten_pass(
    store_url: str, clock: TurnableClock, tmp_path: Path
) -> None:
    stores = [Database(store_url) for _ in range(2)]
    migrate(stores[0])
    both = [codes_over(store, tmp_path / "keyring.json", clock) for store in stores]
    limit = Limit("somebody", 10, SPAN)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda number: both[number % 2].write(charge, limit), range(40)))
    assert waits.count(None) == 10
    for codes in both:
        codes.close()


def test_who_waits_for_as_long_as_told_may_try_again(codes: DeliveryCodes, clock: TurnableClock) -> None:
    assert codes.write(charge, ONCE) is None
    clock.turn(timedelta(minutes=5))
    assert codes.write(charge, ONCE) == timedelta(minutes=10)
    assert codes.write(charge, Limit("somebody else", 1, SPAN)) is None
    clock.turn(timedelta(minutes=10))
    assert codes.write(charge, ONCE) is None


def test_a_right_try_is_given_back_and_no_other(make_codes: Callable[..., DeliveryCodes]) -> None:
    codes, limit = make_codes(), Limit("somebody", 3, SPAN)
    for _ in range(3):
        assert codes.write(charge, limit) is None
    codes.write(give_back, limit)
    assert codes.write(charge, limit) is None
    assert codes.write(charge, limit) is not None
    codes.write(give_back, Limit("nobody", 3, SPAN))


def test_whom_one_limit_stops_uses_up_none_of_those_behind_it(codes: DeliveryCodes) -> None:
    shared = Limit("shared", 3, SPAN)
    for _ in range(5):
        codes.write(charge, ONCE, shared)
    assert codes.write(charge, shared) is None
    assert codes.write(charge, shared) is None
    assert codes.write(charge, shared) is not None
