"""The facts of an event as an auditor reads them: words for facts, names for ids, local times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from web.i18n import N_, current_language, local_day, local_time, text
from web.i18n.fact_words import FACT_WORDS, FOR_MACHINES, VALUE_WORDS
from web.services import services

FIGURES = re.compile(r"[0-9a-f-]{32,}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class PlainFact:
    """One fact in words; ``whole`` is the value as it was recorded."""

    name: str
    value: str
    whole: str


def plain_facts(facts: Mapping[str, object], names: Mapping[str, str]) -> list[PlainFact]:
    """Return what a person wants to know of an event; ids that nothing is called by and digests are left out."""
    language = current_language().code
    told = [(name, value, _plainly(name, value, names)) for name, value in facts.items() if name not in FOR_MACHINES]
    found = [
        PlainFact(text(language, FACT_WORDS.get(name, name)), said, str(value))
        for name, value, said in told
        if said is not None
    ]
    return sorted(found, key=lambda each: each.name)


def _plainly(name: str, value: object, names: Mapping[str, str]) -> str | None:
    """Return a value in words; None where it says nothing to a person."""
    language, written = current_language().code, str(value)
    if isinstance(value, bool):
        return text(language, N_("Yes") if value else N_("No"))
    if value is None or FIGURES.fullmatch(written):
        return names.get(written)
    if MOMENT.fullmatch(written):
        return local_time(language, datetime.fromisoformat(written), services().codes.house)
    if DAY.fullmatch(written):
        return local_day(language, date.fromisoformat(written), services().codes.house)
    words = VALUE_WORDS.get(name, {})
    if name == "fields":
        return ", ".join(text(language, words[each]) for each in written.split() if each in words)
    if written.startswith("key:"):
        return names.get(written.removeprefix("key:"))
    return text(language, words[written]) if written in words else written
