"""How soon an open ticket page is to ask again: at once at the door, rarely elsewhere, and never more than is borne."""

from __future__ import annotations

import threading
from enum import Enum

LONGEST_SECONDS = 120.0
_WINDOW_SECONDS = 10.0


class Pace(Enum):
    """Why a page waits."""

    AT_THE_DOOR = "at the door"
    IN_HAND = "in hand"
    ON_ITS_WAY = "on its way"
    CALM = "calm"

    @property
    def seconds(self) -> float:
        """Return the pause between two polls where nobody has to hold back."""
        return _SECONDS[self]


_SECONDS = {Pace.AT_THE_DOOR: 1.5, Pace.IN_HAND: 1.5, Pace.ON_ITS_WAY: 10.0, Pace.CALM: 60.0}
_SHARES = {Pace.IN_HAND: ("in hand", 2 / 3), Pace.ON_ITS_WAY: ("waiting", 1 / 3), Pace.CALM: ("waiting", 1 / 3)}
"""Pages in a hand and pages left lying hold back apart; those at the door do not."""


class _Demand:
    """How many polls a second a group of pages asks for: counted over a window, and the one before it."""

    def __init__(self) -> None:
        self._started = 0.0
        self._now = 0.0
        self._before = 0.0

    def add(self, polls: float, now: float) -> float:
        """Count so many polls; return the polls asked for in a second."""
        if now >= self._started + _WINDOW_SECONDS:
            fresh = now < self._started + 2 * _WINDOW_SECONDS
            self._before, self._now, self._started = (self._now if fresh else 0.0), 0.0, now
        self._now += polls
        return max(self._now, self._before) / _WINDOW_SECONDS


class PollIntervals:
    """Shares the polls that one process bears among the pages that are open.

    A page that waited for six times its pause stands for six polls, so what is asked for is known however long
    the pages were told to wait.
    """

    def __init__(self, polls_per_second: int) -> None:
        self._most_per_second = polls_per_second
        self._turn = threading.Lock()
        self._demands: dict[str, _Demand] = {group: _Demand() for group, _ in _SHARES.values()}

    def seconds(self, pace: Pace, waited: float | None, now: float) -> float:
        """Return after how many seconds a page asks again that has waited so long (None: that has just opened)."""
        if pace is Pace.AT_THE_DOOR:
            return pace.seconds
        group, share = _SHARES[pace]
        weight = 1.0 if waited is None else min(waited, LONGEST_SECONDS) / pace.seconds
        with self._turn:
            demand = self._demands[group].add(weight, now)
        return min(LONGEST_SECONDS, pace.seconds * max(1.0, demand / (self._most_per_second * share)))
