"""How long anything waits for the database: the one place that says so (docs/adr/0023)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LONG_SECONDS = 3600.0
"""For statements that have to read or write much: commands, migrations, what the house does at night."""
PAGE_SECONDS = 30.0
"""For pages of the office, whose figures may take a while, and for senders' systems."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a process waits for its database."""

    answer_seconds: float
    """A presentation is answered within this, if need be as unknown: drivers' phones give up after six seconds
    (``PATIENCE_MS`` in ``web/static/js/lib/service/api.js``)."""
    reply_seconds: float
    """So long the server may keep silent to one statement before its connection is given up."""
    probe_seconds: float
    """So long a monitoring program waits to hear whether a presentation could be committed."""


SERVING = Patience(answer_seconds=4.5, reply_seconds=3.0, probe_seconds=2.0)
UNHURRIED = Patience(LONG_SECONDS, LONG_SECONDS, LONG_SECONDS)

_longer: ContextVar[float] = ContextVar("longer_patience", default=0.0)


def longer_patience() -> float:
    """Return how many seconds whoever asks now waits for one reply, where that is more than others wait."""
    return _longer.get()


def have_patience(seconds: float) -> None:
    """Wait so long for each reply from now on, in this thread or request."""
    _longer.set(seconds)


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Wait so long for each reply until the block ends."""
    before = _longer.set(seconds)
    try:
        yield
    finally:
        _longer.reset(before)
