"""Hashing passwords never takes more than its share of a process, however many ask for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from codes.accounts import passwords
from codes.accounts.passwords import AT_ONCE, WAITING, TooManyHashes, hash_password, password_fits


class Counting:
    """The real hasher, which counts how many use it at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()
        self._real = passwords._hasher

    def verify(self, kept: str, given: str) -> bool:
        """Compare."""
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self._real.verify(kept, given)
        finally:
            with self._lock:
                self.now -= 1


def test_of_sixty_at_once_two_are_computed_a_few_wait_and_the_rest_are_sent_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, counting, start = hash_password("right"), Counting(), threading.Barrier(60)
    monkeypatch.setattr(passwords, "_hasher", counting)

    def compare(number: int) -> bool | None:
        start.wait()
        try:
            return password_fits(kept, "right" if number % 2 else "wrong")
        except TooManyHashes:
            return None

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(compare, range(60)))
    assert counting.most <= AT_ONCE
    assert answers.count(None) >= 60 - 3 * (AT_ONCE + WAITING)
    assert all(answer in (bool(number % 2), None) for number, answer in enumerate(answers))
    monkeypatch.undo()
    assert password_fits(kept, "right")


def test_a_broken_hash_and_nobodys_give_their_place_back() -> None:
    for _ in range(2 * (AT_ONCE + WAITING)):
        assert not password_fits("no hash", "x")
    assert not password_fits(None, "x")
