"""The thread that asks: one question after the other, and while there is no answer the same one again.

A thread that died or hangs is replaced; what its predecessor still says then is not heard.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from scanner.kiosk.service_client import OPEN, UNKNOWN, ServiceClient, Verdict
from scanner.kiosk.signed_presentation import Shown
from scanner.kiosk.watchdog import Watchdog

log = logging.getLogger("doorcode.kiosk")

PART = "asking"
_UNANSWERED_SECONDS = 20.0
_BEAT_SECONDS = 1.0


class PresentationWorker:
    """Asks in the background; ``told`` hears each verdict, and whether it is the last word."""

    def __init__(
        self,
        service: ServiceClient,
        watchdog: Watchdog,
        told: Callable[[Shown, Verdict, bool], None],
        *,
        retry_seconds: float,
        answer_seconds: float,
    ) -> None:
        self._service = service
        self._watchdog = watchdog
        self._told = told
        self._retry_seconds = retry_seconds
        self._limit_seconds = 2 * answer_seconds + 10
        self._questions: queue.SimpleQueue[Shown] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._open: Shown | None = None
        self._asking = threading.Lock()
        self._thread = self._started()

    @property
    def busy(self) -> bool:
        """Tell whether a question is open."""
        return self._open is not None

    def ask(self, shown: Shown) -> bool:
        """Ask about what was shown or typed; tells whether it will, for one question is enough at a time."""
        with self._asking:
            if self.busy:
                return False
            self._open = shown
        self._questions.put(shown)
        return True

    def alive(self) -> bool:
        """Tell whether the thread is there and moves."""
        return self._thread.is_alive() and PART not in self._watchdog.silent()

    def replace(self) -> None:
        """Start anew; a question that was open is answered as unknown, and lies on the disk."""
        log.error("kiosk: the asking thread is replaced")
        shown, self._open = self._open, None
        self._questions = queue.SimpleQueue()
        self._thread = self._started()
        if shown is not None:
            self._told(shown, UNKNOWN, True)

    def stop(self) -> None:
        """Ask nothing more."""
        self._stopped.set()

    def _started(self) -> threading.Thread:
        self._watchdog.watch(PART, self._limit_seconds)
        thread = threading.Thread(target=self._run, args=(self._questions,), daemon=True, name="kiosk-asking")
        thread.start()
        return thread

    def _run(self, questions: queue.SimpleQueue[Shown]) -> None:
        def heard() -> bool:
            return questions is self._questions

        while not self._stopped.is_set() and heard():
            self._watchdog.beat(PART)
            try:
                shown = questions.get(timeout=_BEAT_SECONDS)
            except queue.Empty:
                continue
            verdict = self._service.present(shown, heard)
            until = time.monotonic() + _UNANSWERED_SECONDS
            while verdict in OPEN and heard() and time.monotonic() < until and not self._stopped.is_set():
                self._watchdog.beat(PART)
                self._told(shown, verdict, False)
                self._stopped.wait(self._retry_seconds)
                verdict = self._service.present(shown, heard)
            if heard():
                self._told(shown, verdict, True)
                self._open = None
