"""The kiosk's loop: frames in, verdicts out. It runs for months, and says on its screen when it cannot."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from scanner.capture.cameras import Camera, CameraError, left_behind, open_camera
from scanner.decoding.delivery_codes import is_delivery_code
from scanner.decoding.frame_reader import FrameReader
from scanner.decoding.opencv import Pixels
from scanner.kiosk.frame_quality import FrameQuality
from scanner.kiosk.heartbeat import Heartbeat
from scanner.kiosk.identity import NotEnrolled, enrol, identity_in
from scanner.kiosk.lock import BadLock, Lock
from scanner.kiosk.presentation_worker import PresentationWorker
from scanner.kiosk.quiet_log import QuietLog
from scanner.kiosk.scan_debouncer import ScanDebouncer
from scanner.kiosk.screen import Screen, served
from scanner.kiosk.service_client import OPEN, KioskState, ServiceClient, Verdict
from scanner.kiosk.settings_proxy import SettingsProxy
from scanner.kiosk.signed_presentation import Shown, Typed
from scanner.kiosk.watchdog import Watchdog, notify
from scanner.settings import KioskSection

log = logging.getLogger("doorcode.kiosk")

LOOKING = "looking"
_LOOKING_SECONDS = 25.0
_REOPEN_SECONDS = 2.0
_MOST_LEFT_BEHIND = 3
_LIVE_SECONDS = 0.1
_CONNECT_SECONDS = 3.0
_WATCH_SECONDS = 1.0
_HELP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """One kiosk, as `app.py kiosk` is told it: its camera, the service it asks, its identity's folder, its screen.

    ``enrolment`` is a one-time link, needed at the first start only. ``port`` 0 takes any free port.
    """

    camera: str
    service: str
    state_folder: Path
    assets: Path
    section: KioskSection
    enrolment: str | None = None
    port: int = 8090
    repeat: bool = False
    trust: Path | None = None
    """A certificate to trust, for a service with its own."""


def run(settings: KioskSettings, *, stop: threading.Event | None = None, say: Callable[[str], None] = print) -> int:
    """Run a kiosk until told to stop, or until its video ends.

    Returns 0; 1 if only a new process can help; 2 if it is not enrolled.
    """
    stop = stop or _stopped_by_signals()
    log.addFilter(QuietLog())
    # It would write whole addresses, and a lock's may hold a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
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
            lock = Lock(settings.section.lock, settings.state_folder)
        except (NotEnrolled, BadLock) as error:
            say(f"kiosk: {error}")
            return 2
        screen, proxy = Screen(), SettingsProxy(client)
        service = ServiceClient(client, identity, settings.state_folder, settings.section.offline)
        kiosk = Kiosk(settings, service, screen, lock, stop)
        proxy.when_changed = kiosk.refresh_state
        screen.take_typed = kiosk.take_typed
        say(f"kiosk: its page is {stack.enter_context(served(screen, settings.assets, settings.port, proxy))}")
        return kiosk.run()


class Kiosk:
    """One camera, one screen, one person at a time."""

    def __init__(
        self, settings: KioskSettings, service: ServiceClient, screen: Screen, lock: Lock, stop: threading.Event
    ) -> None:
        self._settings = settings
        self._section = section = settings.section
        self._service = service
        self._screen = screen
        self._stop = stop
        self._watchdog = Watchdog()
        self._debouncer = ScanDebouncer(section.same_code_seconds)
        self._quality = FrameQuality()
        self._frames = FrameReader(
            wanted=section.wanted,
            budget_ms=section.frame_budget_ms,
            enough=lambda symbol: is_delivery_code(symbol.text),
        )
        waits = {"retry_seconds": section.retry_seconds}
        self._worker = PresentationWorker(
            service, self._watchdog, self._told, answer_seconds=section.answer_seconds, **waits
        )
        self._heartbeat = Heartbeat(
            service, self._watchdog, settings.state_folder, every_seconds=section.heartbeat_seconds, **waits
        )
        self._lock = lock
        self._camera_state = "lost"
        self._verdict_until = 0.0
        self._live_at = self._helped_at = 0.0

    def run(self) -> int:
        """Look, ask and show until stopped or the video ends; 1 if the driver holds too many threads."""
        self._begin()
        while not self._stop.is_set():
            try:
                with open_camera(self._settings.camera, repeat=self._settings.repeat) as camera:
                    if self._watch(camera):
                        break
            except CameraError as error:
                log.error("kiosk: %s", error)
                self._camera_state = "lost"
                if time.monotonic() >= self._verdict_until:
                    self._screen.show("out_of_order", hint="no_camera")
                if left_behind() > _MOST_LEFT_BEHIND:
                    log.error("kiosk: the camera's driver hangs; only a new process can let go of it")
                    return 1
                self._watchdog.beat(LOOKING)
                self._stop.wait(_REOPEN_SECONDS)
        self._finish()
        return 0

    def look_through(self, camera: Camera) -> None:
        """Look through a camera that is open already, until it ends or is lost."""
        self._begin()
        try:
            self._watch(camera)
        except CameraError as error:
            log.info("kiosk: %s", error)
        self._finish()

    def refresh_state(self) -> None:
        """Hear at once whether this kiosk is wanted; the settings have changed it."""
        self._heartbeat.ask(self._camera_state)

    def take_typed(self, typed: Typed) -> bool:
        """Present what somebody typed on the screen; tells whether digits are taken here now."""
        may = self._heartbeat.state is KioskState.WANTED and self._service.place.keypad
        if not may or not self._worker.ask(typed):
            return False
        self._screen.show("asking")
        return True

    def _begin(self) -> None:
        self._watchdog.watch(LOOKING, _LOOKING_SECONDS)
        self._heartbeat_on()
        threading.Thread(target=self._watch_over, daemon=True, name="kiosk-watchdog").start()
        notify("READY=1")

    def _watch(self, camera: Camera) -> bool:
        """Take frames until stopped; tells whether the source has come to its end."""
        while not self._stop.is_set():
            frame = camera.frame()
            if frame is None:
                return True
            self._watchdog.beat(LOOKING)
            self._look(camera, frame, time.monotonic())
        return True

    def _look(self, camera: Camera, frame: Pixels, now: float) -> None:
        if self._heartbeat.state is not KioskState.WANTED:
            if now >= self._verdict_until:
                self._screen.show("out_of_order")
            return
        if now - self._live_at >= _LIVE_SECONDS:
            self._screen.show_frame(frame)
            self._live_at = now
        moves, hint = self._quality.look(frame)
        self._camera_state = hint or "on"
        if hint and now - self._helped_at >= _HELP_SECONDS:
            camera.help(hint)
            self._helped_at = now
        reading = self._frames.read(frame)
        busy = self._worker.busy
        text = self._debouncer.see(reading.symbols, now, busy=busy, screen_free=now >= self._verdict_until)
        if text is not None and self._worker.ask(text):
            self._screen.show("asking")
        elif not self._worker.busy and now >= self._verdict_until:
            self._screen.show("reading" if moves else "idle", hint=hint)

    def _told(self, shown: Shown, verdict: Verdict, last: bool) -> None:
        """Show a verdict; one that no answer came for may be asked for again without going away."""
        self._verdict_until = time.monotonic() + self._section.reset_seconds
        locked = last and verdict.get("outcome") == "accepted" and self._lock.is_there
        self._screen.show("verdict", {**verdict, "lock": "asked"} if locked else verdict)
        if last:
            self._lock.open(verdict, lambda opened: self._opened(verdict, opened))
        if last and verdict in OPEN and isinstance(shown, str):
            self._debouncer.again(shown)

    def _opened(self, verdict: Verdict, opened: bool) -> None:
        """Say beside the verdict, if it is still there, whether the lock has opened."""
        shown = self._screen.shown
        if shown["verdict"] == {**verdict, "lock": "asked"}:
            self._verdict_until = time.monotonic() + self._section.reset_seconds
            self._screen.show("verdict", {**verdict, "lock": "open" if opened else "shut"})

    def _heartbeat_on(self) -> None:
        self._heartbeat.start(
            lambda: self._camera_state,
            self._screen.tell_place,
            self._stop,
        )

    def _watch_over(self) -> None:
        """Replace threads that died or hang. When the looking itself hangs, systemd hears nothing and starts anew."""
        while not self._stop.wait(_WATCH_SECONDS):
            if not self._worker.alive():
                self._worker.replace()
            if not self._heartbeat.alive():
                log.error("kiosk: the heartbeat is started anew")
                self._heartbeat_on()
            silent = self._watchdog.silent()
            if silent:
                log.error("kiosk: silent for too long: %s", ", ".join(silent))
                self._screen.show("out_of_order")
            else:
                notify("WATCHDOG=1")

    def _finish(self) -> None:
        """Let the last verdict stand as long as any other."""
        while self._worker.busy and not self._stop.is_set():
            self._stop.wait(0.05)
        self._stop.wait(max(0.0, self._verdict_until - time.monotonic()))
        self._worker.stop()


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop
