"""How the service sees this kiosk: asked for in a thread of its own, remembered over restarts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from scanner.kiosk.asking import Asking, Standing
from scanner.kiosk.pulse import Pulse

log = logging.getLogger("doorcode.kiosk")

PART = "heartbeat"
_FILE = "stopped"
_LIMIT_SECONDS = 120.0


class Heartbeat:
    """Gives signs of life, hears whether the kiosk is wanted, and sends what waits."""

    def __init__(
        self, asking: Asking, pulse: Pulse, folder: Path, *, every_seconds: float, retry_seconds: float
    ) -> None:
        self._asking = asking
        self._pulse = pulse
        self._file = folder / _FILE
        self._every_seconds = every_seconds
        self._retry_seconds = retry_seconds
        self._standing = Standing.STOPPED if self._file.exists() else Standing.WANTED
        self._thread: threading.Thread | None = None

    @property
    def standing(self) -> Standing:
        """Return the last that was heard; a kiosk that was stopped stays so until it hears otherwise."""
        return self._standing

    def start(self, camera: Callable[[], str], counted: Callable[[int], None], stop: threading.Event) -> None:
        """Begin; ``camera`` tells its state, ``counted`` hears how many presentations wait."""
        self._pulse.watch(PART, _LIMIT_SECONDS + self._every_seconds)
        arguments = (camera, counted, stop)
        self._thread = threading.Thread(target=self._run, args=arguments, daemon=True, name="kiosk-heartbeat")
        self._thread.start()

    def alive(self) -> bool:
        """Tell whether the thread is there."""
        return self._thread is not None and self._thread.is_alive()

    def once(self, camera: str) -> bool:
        """Give one sign, and send what waits; tells whether all is said."""
        standing = self._asking.give_sign(camera)
        if standing is not None:
            self._heard(standing)
        if standing is None or standing is Standing.GONE:
            return standing is Standing.GONE
        return self._asking.send_waiting()

    def ask(self, camera: str) -> None:
        """Hear at once how this kiosk stands, because somebody has just changed it."""
        standing = self._asking.give_sign(camera)
        if standing is not None:
            self._heard(standing)

    def _heard(self, standing: Standing) -> None:
        if standing is self._standing:
            return
        log.warning("kiosk: the service says that this kiosk is %s", standing)
        self._standing = standing
        if standing is Standing.STOPPED:
            self._file.touch(mode=0o600)
        elif standing is Standing.WANTED:
            self._file.unlink(missing_ok=True)

    def _run(self, camera: Callable[[], str], counted: Callable[[int], None], stop: threading.Event) -> None:
        while not stop.is_set():
            self._pulse.beat(PART)
            said = self.once(camera())
            counted(len(self._asking.waiting))
            stop.wait(self._every_seconds if said else min(self._retry_seconds, self._every_seconds))
