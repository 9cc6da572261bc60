"""The thread that asks: one question after the other, and while there is no answer the same one again.

A thread that died or hangs is replaced; what its predecessor still says then is not heard.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from scanner.kiosk.asking import UNKNOWN, Asking, Verdict
from scanner.kiosk.pulse import Pulse

log = logging.getLogger("doorcode.kiosk")

PART = "asking"
_UNANSWERED_SECONDS = 20.0
_BEAT_SECONDS = 1.0


class Asker:
    """Asks in the background; ``told`` hears each verdict, and whether it is the last word."""

    def __init__(
        self,
        asking: Asking,
        pulse: Pulse,
        told: Callable[[str, Verdict, bool], None],
        *,
        retry_seconds: float,
        answer_seconds: float,
    ) -> None:
        self._asking = asking
        self._pulse = pulse
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
        return self._thread.is_alive() and PART not in self._pulse.silent()

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
        self._pulse.watch(PART, self._limit_seconds)
        thread = threading.Thread(target=self._run, args=(self._questions,), daemon=True, name="kiosk-asking")
        thread.start()
        return thread

    def _run(self, questions: queue.SimpleQueue[str]) -> None:
        def heard() -> bool:
            return questions is self._questions

        while not self._stopped.is_set() and heard():
            self._pulse.beat(PART)
            try:
                text = questions.get(timeout=_BEAT_SECONDS)
            except queue.Empty:
                continue
            verdict = self._asking.present(text, heard)
            until = time.monotonic() + _UNANSWERED_SECONDS
            while verdict == UNKNOWN and heard() and time.monotonic() < until and not self._stopped.is_set():
                self._pulse.beat(PART)
                self._told(text, verdict, False)
                self._stopped.wait(self._retry_seconds)
                verdict = self._asking.present(text, heard)
            if heard():
                self._told(text, verdict, True)
                self._open = None
