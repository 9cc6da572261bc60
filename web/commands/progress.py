"""Long commands tell how far they are, and stop cleanly at Ctrl+C; the same command goes on where they stopped."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TextIO

EVERY_SECONDS = 1.0


class Progress:
    """Tells how many of how many are done: on a terminal in one line, else a line now and then."""

    def __init__(self, what: str, stop: Event, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._stop = stop
        self._told_at = 0.0

    @property
    def stopped(self) -> bool:
        """Tell whether the work is to end at the next point where it can go on later."""
        return self._stop.is_set()

    def go_on(self, done: int, total: int | None = None) -> bool:
        """Say how far the work is, and tell whether to go on."""
        self.tell(done, total)
        return not self.stopped

    def tell(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; not more often than a reader can follow."""
        now, is_last = time.monotonic(), done == total
        if now - self._told_at < EVERY_SECONDS and not is_last:
            return
        self._told_at = now
        told = f"{done:,} of {total:,}" if total is not None else f"{done:,}"
        line = f"{self._what}: {told}"
        if self._stream.isatty():
            print(f"\r\033[K{line}", end="\n" if is_last else "", file=self._stream, flush=True)
        else:
            print(line, file=self._stream, flush=True)


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Work in which the first Ctrl+C only asks to stop; the second one ends the program."""
    stop = Event()

    def ask(_number: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\nstopping; once more ends it at once", file=sys.stderr, flush=True)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield Progress(what, stop)
    finally:
        signal.signal(signal.SIGINT, before)
