"""What a check found, as a value."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from web.processes.masking import masked


class State(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARN = "warn"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was looked at. ``mend`` is the line that mends it; there is none where nothing is wrong."""

    what: str
    state: State
    words: str
    mend: str = ""


def ok(what: str, words: str) -> Checked:
    """Say that it is as it must be."""
    return Checked(what, State.OK, masked(words))


def warn(what: str, words: str, mend: str) -> Checked:
    """Say that the service works, but not as well or as safely as it could."""
    return Checked(what, State.WARN, masked(words), masked(mend))


def missing(what: str, words: str, mend: str) -> Checked:
    """Say that codes do not reach their recipients, or cannot be trusted, until this is mended."""
    return Checked(what, State.MISSING, masked(words), masked(mend))


def own_name() -> str:
    """Return the name of the user who looks, or the number of one without a name."""
    try:
        return Path(f"/proc/{os.getpid()}").owner()
    except (OSError, KeyError):
        return str(os.getuid())
