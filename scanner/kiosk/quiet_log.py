"""The kiosk's log for months: one line a minute for one trouble, and nothing in it that opens or names a parcel."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

_SPAN_SECONDS = 60.0
_MOST_KINDS = 200
# Codes, tokens and numbers of parcels are long runs with digits in them; times and ports are short ones.
_SECRET = re.compile(r"(?<![0-9A-Za-z])(?=[A-Za-z_/.-]*[0-9])[0-9A-Za-z_/.-]{6,}(?![0-9A-Za-z])")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.+-]+Z?")
_DIGITS = re.compile(r"[0-9]+")


class QuietLog(logging.Filter):
    """Masks what is said, and says the same trouble once a minute, with how often it was left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is said; what it says is masked."""
        said = masked(record.getMessage())
        kind, now = f"{record.levelno} {_DIGITS.sub('#', said)}", self._clock()
        at, left_out = self._said.get(kind, (-_SPAN_SECONDS, 0))
        if now - at < _SPAN_SECONDS:
            self._said[kind] = (at, left_out + 1)
            return False
        if len(self._said) >= _MOST_KINDS:
            self._said.clear()
        self._said[kind] = (now, 0)
        record.msg, record.args = f"{said} ({left_out} more in the last minute)" if left_out else said, ()
        return True


def masked(text: str) -> str:
    """Leave the last two signs of what may be a code, a token or a parcel's number."""
    moments = _MOMENT.findall(text)
    parts = _MOMENT.split(text)
    hidden = [_SECRET.sub(lambda found: f"…{found.group()[-2:]}", part) for part in parts]
    return "".join(part + (moments[place] if place < len(moments) else "") for place, part in enumerate(hidden))
