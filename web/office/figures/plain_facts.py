"""The facts of an event as an auditor reads them: names for ids, local times, long figures shortened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from web.i18n import current_language, local_time
from web.services import services

FOR_MACHINES = frozenset(
    {"signed", "signature", "record", "token", "terms", "key", "epoch", "ticket", "recipient", "person", "answer"}
    | {"sender_sealed", "reason_sealed"}
)
"""What only a check needs; the table and the proof file have it all."""
FIGURES = re.compile(r"[0-9a-f-]{32,}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SHORT = 8


@dataclass(frozen=True, slots=True)
class PlainFact:
    """One fact; ``whole`` is the value as it was recorded."""

    name: str
    value: str
    whole: str


def plain_facts(facts: Mapping[str, object], names: Mapping[str, str]) -> list[PlainFact]:
    """Return what a person wants to know of an event, by name."""
    return [
        PlainFact(name, _plainly(_text(value), names), _text(value))
        for name, value in sorted(facts.items())
        if name not in FOR_MACHINES and value is not None
    ]


def _plainly(value: str, names: Mapping[str, str]) -> str:
    if value in names:
        return names[value]
    if MOMENT.fullmatch(value):
        return local_time(current_language().code, datetime.fromisoformat(value), services().codes.house)
    return f"{value[:SHORT]}…" if FIGURES.fullmatch(value) else value


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
