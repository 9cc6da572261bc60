"""What workers have in common: they do what is due, again and again, and wait a broken world out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event


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
