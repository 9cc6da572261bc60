"""How the service sees this kiosk: asked for in a thread of its own, remembered over restarts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from scanner.kiosk.service_client import KioskPlace, KioskState, ServiceClient
from scanner.kiosk.watchdog import Watchdog

log = logging.getLogger("doorcode.kiosk")

PART = "heartbeat"
_FILE = "stopped"
_LIMIT_SECONDS = 120.0


class Heartbeat:
    """Gives signs of life, hears whether the kiosk is wanted, and sends what waits."""

    def __init__(
        self, service: ServiceClient, watchdog: Watchdog, folder: Path, *, every_seconds: float, retry_seconds: float
    ) -> None:
        self._service = service
        self._watchdog = watchdog
        self._file = folder / _FILE
        self._every_seconds = every_seconds
        self._retry_seconds = retry_seconds
        self._state = KioskState.STOPPED if self._file.exists() else KioskState.WANTED
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> KioskState:
        """Return the last that was heard; a kiosk that was stopped stays so until it hears otherwise."""
        return self._state

    def start(
        self, camera: Callable[[], str], counted: Callable[[int, KioskPlace], None], stop: threading.Event
    ) -> None:
        """Begin; ``camera`` tells its state, ``counted`` hears how many presentations wait, and of the place."""
        self._watchdog.watch(PART, _LIMIT_SECONDS + self._every_seconds)
        arguments = (camera, counted, stop)
        self._thread = threading.Thread(target=self._run, args=arguments, daemon=True, name="kiosk-heartbeat")
        self._thread.start()

    def alive(self) -> bool:
        """Tell whether the thread is there."""
        return self._thread is not None and self._thread.is_alive()

    def once(self, camera: str) -> bool:
        """Give one sign, and send what waits; tells whether all is said."""
        state = self._service.give_sign(camera)
        if state is not None:
            self._heard(state)
        if state is KioskState.WANTED:
            return self._service.send_waiting()
        # Of a kiosk that is stopped or gone the service judges nothing.
        return state is not None

    def ask(self, camera: str) -> None:
        """Hear at once how this kiosk stands, because somebody has just changed it."""
        state = self._service.give_sign(camera)
        if state is not None:
            self._heard(state)

    def _heard(self, state: KioskState) -> None:
        if state is self._state:
            return
        log.warning("kiosk: the service says that this kiosk is %s", state)
        self._state = state
        if state is KioskState.STOPPED:
            self._file.touch(mode=0o600)
        elif state is KioskState.WANTED:
            self._file.unlink(missing_ok=True)

    def _run(
        self, camera: Callable[[], str], counted: Callable[[int, KioskPlace], None], stop: threading.Event
    ) -> None:
        while not stop.is_set():
            self._watchdog.beat(PART)
            said = self.once(camera())
            counted(len(self._service.waiting), self._service.place)
            stop.wait(self._every_seconds if said else min(self._retry_seconds, self._every_seconds))
