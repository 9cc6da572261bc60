"""Counts of tries hold over all processes, and forgive after their span."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from codes import Database
from codes.accounts.throttling import Throttle
from tests.parts.clock import TurnableClock

SPAN = timedelta(minutes=15)


def test_of_forty_tries_at_once_through_two_processes_stores_ten_pass(store_url: str, clock: TurnableClock) -> None:
    stores = [Database(store_url) for _ in range(2)]
    stores[0].migrate()
    throttles = [Throttle(store, clock) for store in stores]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda number: throttles[number % 2].charge("somebody", 10, SPAN), range(40)))
    assert waits.count(None) == 10
    for store in stores:
        store.close()


def test_who_waits_for_as_long_as_told_may_try_again(database: Database, clock: TurnableClock) -> None:
    throttle = Throttle(database, clock)
    assert throttle.charge("somebody", 1, SPAN) is None
    clock.turn(timedelta(minutes=5))
    assert throttle.charge("somebody", 1, SPAN) == timedelta(minutes=10)
    assert throttle.charge("somebody else", 1, SPAN) is None
    clock.turn(timedelta(minutes=10))
    assert throttle.charge("somebody", 1, SPAN) is None


def test_who_is_forgiven_begins_anew(database: Database, clock: TurnableClock) -> None:
    throttle = Throttle(database, clock)
    for _ in range(3):
        throttle.charge("somebody", 1, SPAN)
    throttle.forgive("somebody")
    assert throttle.charge("somebody", 1, SPAN) is None
