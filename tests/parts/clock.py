"""A clock that a test turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class TurnableClock:
    """Stands still until it is turned; called, it tells the time."""

    def __init__(self, now: datetime = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def turn(self, by: timedelta) -> datetime:
        """Turn the clock, also back, and tell the new time."""
        self.now += by
        return self.now
