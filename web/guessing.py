"""Slowing down whoever guesses a colleague's password, PIN or badge at a counter."""

from __future__ import annotations

from datetime import timedelta

from web.parts import parts
from web.problems import Problem

SPAN = timedelta(minutes=15)
TRIES_PER_PIN = 5


def charge_try(subject: str, most: int, span: timedelta = SPAN) -> None:
    """Count one try before anything is compared; too many within the span are a problem."""
    if wait := parts().codes.throttle.charge(subject, most, span):
        seconds = int(wait.total_seconds()) + 1
        raise Problem(429, "too-many-tries", f"too many tries; wait {seconds} s", retry_after=seconds)


def pin_of(name: str) -> str:
    """Return the subject under which tries of somebody's PIN are counted, wherever it is typed."""
    return f"pin {name.casefold()}"
