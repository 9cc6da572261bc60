"""The watchdog: every part that must not hang says from time to time that it lives."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable


class Watchdog:
    """When each part was last alive. A part that is waited for without end counts as dead after its limit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._limits: dict[str, float] = {}
        self._beats: dict[str, float] = {}

    def watch(self, part: str, limit_seconds: float) -> None:
        """Begin to watch a part."""
        with self._lock:
            self._limits[part] = limit_seconds
            self._beats[part] = self._clock()

    def beat(self, part: str) -> None:
        """Say that a part lives."""
        with self._lock:
            self._beats[part] = self._clock()

    def silent(self) -> list[str]:
        """Return the parts that have been silent for longer than they may be."""
        now = self._clock()
        with self._lock:
            return [part for part, limit in self._limits.items() if now - self._beats[part] > limit]


def notify(message: str) -> None:
    """Tell systemd, where it asked to be told (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
