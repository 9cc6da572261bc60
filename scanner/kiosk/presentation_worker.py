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
        told: Callable[[str, Verdict, bool], None],
        *,
        retry_seconds: float,
        answer_seconds: float,
    ) -> None:
        self._service = service
        self._watchdog = watchdog
        self._told = told
        self._retry_seconds = retry_seconds
        self._limit_seconds = 2 * answer_seconds + 10
        self._questions: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._open: str | None = None
        self._thread = self._started()

    @property
    def busy(self) -> bool:
        """Tell whether a question is open."""
        return self._open is not None

    def ask(self, text: str) -> None:
        """Ask about a text."""
        self._open = text
        self._questions.put(text)

    def alive(self) -> bool:
        """Tell whether the thread is there and moves."""
        return self._thread.is_alive() and PART not in self._watchdog.silent()

    def replace(self) -> None:
        """Start anew; a question that was open is answered as unknown, and lies on the disk."""
        log.error("kiosk: the asking thread is replaced")
        text, self._open = self._open, None
        self._questions = queue.SimpleQueue()
        self._thread = self._started()
        if text is not None:
            self._told(text, UNKNOWN, True)

    def stop(self) -> None:
        """Ask nothing more."""
        self._stopped.set()

    def _started(self) -> threading.Thread:
        self._watchdog.watch(PART, self._limit_seconds)
        thread = threading.Thread(target=self._run, args=(self._questions,), daemon=True, name="kiosk-asking")
        thread.start()
        return thread

    def _run(self, questions: queue.SimpleQueue[str]) -> None:
        def heard() -> bool:
            return questions is self._questions

        while not self._stopped.is_set() and heard():
            self._watchdog.beat(PART)
            try:
                text = questions.get(timeout=_BEAT_SECONDS)
            except queue.Empty:
                continue
            verdict = self._service.present(text, heard)
            until = time.monotonic() + _UNANSWERED_SECONDS
            while verdict in OPEN and heard() and time.monotonic() < until and not self._stopped.is_set():
                self._watchdog.beat(PART)
                self._told(text, verdict, False)
                self._stopped.wait(self._retry_seconds)
                verdict = self._service.present(text, heard)
            if heard():
                self._told(text, verdict, True)
                self._open = None
