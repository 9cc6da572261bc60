"""An attack: what must hold, how it is tried, and what came of it."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from bench.attack.house import House


@dataclass(frozen=True, slots=True)
class Found:
    """Whether the promise held, and the figure that says so."""

    held: bool
    figure: str


Try = Callable[["House"], Found]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack on one boundary. ``everywhere`` ones depend on the database or the number of processes."""

    boundary: str
    promise: str
    attempt: Try
    short: bool
    everywhere: bool
    strict: bool
    seconds: int


class OutOfTime(Exception):
    """An attack did not come to its end within its time."""


def attack(
    promise: str, *, short: bool = False, everywhere: bool = False, strict: bool = False, seconds: int = 60
) -> Callable[[Try], Attack]:
    """Make an attack of a function; its boundary is the module's name. ``strict`` ones want the strict settings."""

    def made(attempt: Try) -> Attack:
        boundary = attempt.__module__.rpartition(".")[2].replace("_", " ")
        return Attack(boundary, promise, attempt, short, everywhere, strict, seconds)

    return made


def carry_out(each: Attack, house: House, seconds: float) -> Found:
    """Try it within so much time. What cannot be tried has not held."""
    try:
        with time_limit(seconds):
            return each.attempt(house)
    except (OutOfTime, AssertionError, httpx.HTTPError, OSError, LookupError, ValueError) as error:
        place = next(
            (
                f" at {frame.name}:{frame.lineno}"
                for frame in reversed(traceback.extract_tb(error.__traceback__))
                if "bench/attack" in frame.filename
            ),
            "",
        )
        return Found(False, f"{type(error).__name__}{place}: {str(error)[:300] or 'no word'}")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the main thread when the time is over."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTime(f"no end after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def wait_for(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Tell whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
