"""Logs without secrets: in JSON or as text, an exception by its kind and place, never by its own words.

An error's text may hold what it stumbled over: a row of the database, a mail address, a code.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from web.outside_text import escaped
from web.processes.masking import masked
from web.processes.troubles import OneLineASecond
from web.settings import LogSettings

OWN = "doorcode"


class JsonLines(logging.Formatter):
    """One object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; in ASCII, or some readers would see a line end in U+2028."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "from": record.name}
        told |= {"said": record.getMessage(), "process": record.process, **getattr(record, "told", {})}
        told = {name: masked(value) if isinstance(value, str) else value for name, value in told.items()}
        if record.exc_info and record.exc_info[0]:
            told["error"], told["where"] = record.exc_info[0].__name__, places(record.exc_info[2])
        return json.dumps(told, separators=(",", ":"))


class TextLines(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        more = "".join(f" {name}={value}" for name, value in getattr(record, "told", {}).items())
        line = escaped(masked(f"{at} {record.levelname.lower()} {record.name}: {record.getMessage()}{more}"))
        if record.exc_info and record.exc_info[0]:
            line += "".join(f"\n  {place}" for place in [record.exc_info[0].__name__, *places(record.exc_info[2])])
        return line


def write_logs(settings: LogSettings) -> None:
    """Write to standard error from now on: warnings of everybody, what we do ourselves, and answers if asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(OneLineASecond())
    handler.setFormatter(JsonLines() if settings.format == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(OWN).setLevel(logging.INFO)
    logging.getLogger(f"{OWN}.requests").setLevel(logging.INFO if settings.requests else logging.WARNING)


def places(trace: TracebackType | None) -> list[str]:
    """Return where an exception came through, innermost last."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
