"""What is said of a broken world: its reason, without what the error's own words may hold, and not a thousand times."""

from __future__ import annotations

import logging
import re

import sqlalchemy as sa

from codes.store.batching import PipelineClosed
from codes.store.database import DatabaseError, is_cut_off

UNCONFIRMED = (sa.exc.DBAPIError, sa.exc.TimeoutError, DatabaseError, PipelineClosed)
"""Nobody can say what took effect, so the same is to be done again under the same id."""
AT_MOST_EVERY_SECONDS = 1.0
_OF_THE_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB")
"""Of these SQLite's own words are fixed, and name the trouble; a place in the program would tell nobody more."""
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def log_trouble(log: logging.Logger, what: str, error: Exception) -> None:
    """Write what could not be done, and why; of one trouble one line a second comes through (`OneLineASecond`)."""
    why = reason_of(error)
    expected = isinstance(error, DatabaseError) or (
        isinstance(error, sa.exc.DBAPIError) and (is_cut_off(error) or _is_of_the_disk(error))
    )
    trace = None if expected else getattr(error, "orig", None) or error
    log.error("%s: %s", what, why, exc_info=trace, extra={"trouble": f"{what}: {why}"})


def log_asked_for(log: logging.Logger, what: str, level: int = logging.WARNING) -> None:
    """Write what anybody outside can cause as often as they like; of one such thing one line a second comes through."""
    log.log(level, "%s", what, extra={"trouble": what})


def reason_of(error: Exception) -> str:
    """Say why, by SQLSTATE and its meaning where there is one; a statement's error holds values in its words."""
    if isinstance(error, DatabaseError):
        return str(error)
    if not isinstance(error, sa.exc.DBAPIError):
        return _spelt(error)
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    meaning = str(error.orig) if _is_of_the_disk(error) else _spelt(error.orig or error)
    if code is None and meaning == "operational error":
        return "no connection to the database"
    return meaning if code is None else f"{code}, {meaning}"


def _is_of_the_disk(error: sa.exc.DBAPIError) -> bool:
    return str(getattr(error.orig, "sqlite_errorname", "")).startswith(_OF_THE_DISK)


def _spelt(error: BaseException) -> str:
    return _WORD.sub(" ", type(error).__name__).lower()


class OneLineASecond(logging.Filter):
    """Lets one line a second through for each trouble, which says how many were left out before it.

    It is a class because it remembers when which trouble was told.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is written."""
        trouble = getattr(record, "trouble", None)
        if trouble is None:
            return True
        at, left_out = self._told.get(trouble, (0.0, 0))
        if record.created - at < AT_MOST_EVERY_SECONDS:
            self._told[trouble] = (at, left_out + 1)
            return False
        self._told[trouble] = (record.created, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} (and {left_out} times before)", ()
        return True
