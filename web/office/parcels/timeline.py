"""What happened to a parcel in people's words: what, when, at which device and place, by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from codes.model import EventKind
from codes.office.names import names_of
from codes.proving.events import RecordedEvent
from web.i18n import N_, current_language, local_day, text
from web.i18n.event_words import EVENT_WORDS, more_of
from web.i18n.fact_words import VALUE_WORDS
from web.office.lists import id_in
from web.services import services

DATED = (EventKind.WISHED, EventKind.REDIRECTED)
NAMED = ("device", "point", "staff", "first", "second")
"""Facts that hold the id of something with a name, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """One event: what it was, and what makes it plainer."""

    at: datetime
    words: str
    more: Sequence[str]


def names_in(events: Sequence[RecordedEvent]) -> dict[str, str]:
    """Return what the ids are called that these events tell of."""
    told = {str(value).removeprefix("key:") for event in events for value in event.facts.values()}
    found = services().codes.read(names_of, [known for each in told if (known := id_in(each))])
    return {str(known): name for known, name in found.items()}


def timeline(events: Sequence[RecordedEvent]) -> list[ToldEvent]:
    """Return the events in words, the newest first."""
    names = names_in(events)
    # A handover names the presentation that it rests on, and only this the device.
    presented = {event.facts.get("presentation"): event.facts for event in events if event.kind is EventKind.PRESENTED}
    told = []
    for event in reversed(events):
        device = presented.get(event.facts.get("presentation"), {}).get("device")
        more = [*_told(event), *_named({"device": device, **event.facts}, names)]
        told.append(ToldEvent(event.at, _text(EVENT_WORDS[event.kind]), more))
    return told


def last_presented(events: Sequence[RecordedEvent]) -> ToldEvent | None:
    """Return whose code was last presented for it, how and where, and what came of that."""
    last = next((event for event in reversed(events) if event.kind is EventKind.PRESENTED), None)
    if last is None:
        return None
    handed_over = next((event.facts for event in events if event.kind is EventKind.HANDED_OVER), {})
    same = handed_over.get("presentation") == last.facts.get("presentation")
    whose = VALUE_WORDS["holder"].get(str(handed_over.get("holder"))) if same else None
    means = VALUE_WORDS["means"].get(str(last.facts.get("means")))
    offline = N_("without network") if last.facts.get("offline") else None
    told = [_text(each) for each in (whose, means, offline) if each]
    outcome = more_of(last.kind, last.facts)
    return ToldEvent(last.at, _text(outcome) if outcome else "", [*told, *_named(last.facts, names_in([last]))])


def _told(event: RecordedEvent) -> list[str]:
    """Return what of an event's facts has words of its own."""
    if event.kind in DATED and event.facts.get("day"):
        return [local_day(current_language().code, date.fromisoformat(str(event.facts["day"])), services().codes.house)]
    more = None if event.kind in DATED else more_of(event.kind, event.facts)
    means = VALUE_WORDS["means"].get(str(event.facts.get("means"))) if event.kind is EventKind.PRESENTED else None
    return [_text(each) for each in (more, means) if each]


def _named(facts: Mapping[str, object], names: Mapping[str, str]) -> list[str]:
    return [names[str(facts[each])] for each in NAMED if str(facts.get(each)) in names]


def _text(message: str) -> str:
    return text(current_language().code, message)
