"""The kiosk's loop: frames in, verdicts out. It runs for months, and says on its screen when it cannot."""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx

from scanner.cameras import Camera, CameraError, open_camera
from scanner.frames import FrameReader
from scanner.kiosk.asking import UNKNOWN, Asking, Verdict
from scanner.kiosk.encounter import Encounter
from scanner.kiosk.eye import Eye
from scanner.kiosk.identity import NotEnrolled, enrol, identity_in
from scanner.kiosk.options import KioskSettings
from scanner.kiosk.screen import Screen, served
from scanner.vision import Pixels

log = logging.getLogger("doorcode.kiosk")

_REOPEN_SECONDS = 2.0
_LIVE_SECONDS = 0.1
_UNANSWERED_SECONDS = 20.0
_CONNECT_SECONDS = 3.0


def run(settings: KioskSettings, *, stop: threading.Event | None = None, say: Callable[[str], None] = print) -> int:
    """Run a kiosk until told to stop, or until its video ends. Returns 0; 2 if it is not enrolled."""
    stop = stop or _stopped_by_signals()
    verify = str(settings.trust) if settings.trust else True
    wait = settings.section.answer_seconds
    timeout = httpx.Timeout(wait, connect=min(wait, _CONNECT_SECONDS))
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=settings.service, timeout=timeout, verify=verify))
        try:
            identity = identity_in(settings.state_folder)
            if settings.enrolment and identity is None:
                identity = enrol(client, settings.enrolment, settings.state_folder)
            if identity is None:
                raise NotEnrolled("not enrolled yet; start it once with --enrol LINK, from `app.py enrol --kind kiosk`")
        except NotEnrolled as error:
            say(f"kiosk: {error}")
            return 2
        screen = Screen()
        say(f"kiosk: its page is {stack.enter_context(served(screen, settings.assets, settings.port))}")
        asking = Asking(client, identity, settings.state_folder, settings.section.offline)
        Kiosk(settings, asking, screen, stop).run()
    return 0


class Kiosk:
    """One camera, one screen, one person at a time."""

    def __init__(self, settings: KioskSettings, asking: Asking, screen: Screen, stop: threading.Event) -> None:
        self._settings = settings
        self._section = settings.section
        self._asking = asking
        self._screen = screen
        self._stop = stop
        self._encounter = Encounter(self._section.same_code_seconds)
        self._eye = Eye()
        self._frames = FrameReader(wanted=self._section.wanted, budget_ms=self._section.frame_budget_ms)
        self._questions: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._busy = False
        self._known: bool | None = True
        self._verdict_until = 0.0
        self._live_at = 0.0

    def run(self) -> None:
        """Look, ask and show until stopped or the video ends."""
        helpers = [
            threading.Thread(target=self._ask_on, daemon=True, name="kiosk-asking"),
            threading.Thread(target=self._stay_known, daemon=True, name="kiosk-heartbeat"),
        ]
        for helper in helpers:
            helper.start()
        _notify("READY=1")
        while not self._stop.is_set():
            try:
                with open_camera(self._settings.camera, repeat=self._settings.repeat) as camera:
                    if self._watch(camera):
                        break
            except CameraError as error:
                log.error("kiosk: %s", error)
                self._screen.show("out_of_order")
                _notify("WATCHDOG=1")
                self._stop.wait(_REOPEN_SECONDS)
        self._finish()

    def _watch(self, camera: Camera) -> bool:
        """Take frames until stopped; tells whether the source has come to its end."""
        while not self._stop.is_set():
            frame = camera.frame()
            if frame is None:
                return True
            _notify("WATCHDOG=1")
            self._look(frame, time.monotonic())
        return True

    def _look(self, frame: Pixels, now: float) -> None:
        if now - self._live_at >= _LIVE_SECONDS:
            self._screen.show_frame(frame)
            self._live_at = now
        moves, hint = self._eye.look(frame)
        reading = self._frames.read(frame)
        text = self._encounter.see(reading.symbols, now, busy=self._busy)
        if text is not None:
            self._busy = True
            self._screen.show("asking")
            self._questions.put(text)
        elif not self._busy and now >= self._verdict_until:
            if self._known is False:
                self._screen.show("out_of_order")
            else:
                self._screen.show("reading" if moves else "idle", hint=hint)

    def _ask_on(self) -> None:
        """Ask one question after the other; while there is no answer, the same one again."""
        while (text := self._questions.get()) is not None:
            verdict = self._asking.present(text)
            until = time.monotonic() + _UNANSWERED_SECONDS
            while verdict == UNKNOWN and time.monotonic() < until and not self._stop.is_set():
                self._show(verdict)
                self._stop.wait(self._section.retry_seconds)
                verdict = self._asking.present(text)
            self._show(verdict)
            if verdict == UNKNOWN:
                self._encounter.again(text)
            self._busy = False

    def _show(self, verdict: Verdict) -> None:
        self._verdict_until = time.monotonic() + self._section.reset_seconds
        self._screen.show("verdict", verdict)

    def _stay_known(self) -> None:
        """Tell the service that this kiosk lives, hear whether it is still wanted, and send what waits."""
        pause = 0.0
        while not self._stop.wait(pause):
            known = self._asking.is_known()
            if known is not None:
                self._known = known
            sent = self._asking.send_waiting() if known else not self._asking.waiting
            self._screen.count_waiting(len(self._asking.waiting))
            pause = self._section.heartbeat_seconds if sent else self._section.retry_seconds

    def _finish(self) -> None:
        """Let the last verdict stand as long as any other."""
        while self._busy and not self._stop.is_set():
            self._stop.wait(0.05)
        self._stop.wait(max(0.0, self._verdict_until - time.monotonic()))
        self._questions.put(None)


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _notify(message: str) -> None:
    """Tell systemd, where it asked to be told (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
