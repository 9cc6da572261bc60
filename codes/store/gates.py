"""Gates before what is dear: so many do it at once in a process, a few wait for a moment, the others come again.

Without one, strangers who ask for it all together would take every thread and the whole processor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Crowded(Exception):
    """Too many ask for this at the same moment; nothing was done."""


class Gate:
    """Lets so many in at once, and so many wait; a class because it holds the places of the process."""

    def __init__(self, at_once: int, waiting: int, patience_seconds: float, refusal: Callable[[], Crowded]) -> None:
        self._places = threading.Semaphore(at_once)
        self._queue = threading.Semaphore(at_once + waiting)
        self._patience_seconds = patience_seconds
        self._refusal = refusal

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a place. Raises Crowded."""
        if not self._queue.acquire(blocking=False):
            raise self._refusal()
        try:
            if not self._places.acquire(timeout=self._patience_seconds):
                raise self._refusal()
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._queue.release()
