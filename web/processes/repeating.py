"""What workers have in common: they do what is due, again and again, and wait a broken world out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic, sleep

from web.processes.troubles import UNCONFIRMED

AGAIN_SECONDS = 1.0


def repeat(
    work: Callable[[], int], stop: Event, *, poll_seconds: float, on_trouble: Callable[[Exception], object]
) -> None:
    """Do ``work`` until told to stop; it returns how much it did, and where that was nothing there is a pause.

    ``on_trouble`` is called while the exception is handled, and says what may be said of it.
    """
    while not stop.is_set():
        try:
            done = work()
        except Exception as error:  # noqa: BLE001  whatever it is, the worker goes on
            on_trouble(error)
            done = 0
        if not done:
            stop.wait(poll_seconds)


def wait_out(work: Callable[[], object], until: float, on_trouble: Callable[[Exception], object]) -> None:
    """Do ``work``, which may be done twice, as soon as the database confirms it; raise its error after ``until``."""
    while True:
        try:
            work()
            return
        except UNCONFIRMED as error:
            if monotonic() >= until:
                raise
            on_trouble(error)
            sleep(AGAIN_SECONDS)
