"""How often one API key may call this process: a bucket that fills evenly."""

from __future__ import annotations

import math
import threading
import time
from uuid import UUID


class CallLimit:
    """A token bucket for each key; it holds what a quarter of a minute fills."""

    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute / 60
        self._most = max(1.0, per_minute / 4)
        self._left: dict[UUID, tuple[float, float]] = {}
        self._turn = threading.Lock()

    def wait(self, key_id: UUID) -> int:
        """Take one call; returns 0, or the seconds after which the next one is answered."""
        with self._turn:
            now = time.monotonic()
            left, at = self._left.get(key_id, (self._most, now))
            left = min(self._most, left + (now - at) * self._per_second)
            enough = left >= 1
            self._left[key_id] = (left - 1 if enough else left, now)
        return 0 if enough else math.ceil((1 - left) / self._per_second)
