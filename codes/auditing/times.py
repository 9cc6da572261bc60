"""The order of times. Each was written by the service's own clock, but for what a device claims of the door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from codes.auditing.expectation import ToldEvent
from codes.auditing.findings import Finding
from codes.model import EventKind
from codes.sealing.sealed_log import OVERLAP

CLAIMED = {EventKind.HANDED_OVER.value: "at_door", EventKind.NOT_HANDED_OVER.value: "attempted"}
"""What a device says of when something happened: no later than it was recorded."""


def times_in_order(where: str, events: Sequence[ToldEvent]) -> Iterator[Finding]:
    """Name events that are older than one before them, and claims that lie outside what can be.

    Transactions on several machines may write up to `OVERLAP` out of order; sealing rests on the same.
    """
    latest = datetime.fromisoformat(events[0].at)
    for event in events:
        at = datetime.fromisoformat(event.at)
        if at < latest - OVERLAP:
            yield Finding("events", f"{where}/{event.position}", "its time is before that of an event before it")
        latest = max(latest, at)
        if event.kind in CLAIMED:
            yield from _claim(where, events[0].at, event)


def _claim(where: str, announced: str, event: ToldEvent) -> Iterator[Finding]:
    name = CLAIMED[event.kind]
    claimed = event.facts.get(name)
    if claimed is None:
        return
    if claimed > event.at:
        yield Finding("events", f"{where}/{event.position}", f"{name} is after it was recorded")
    if event.kind == EventKind.HANDED_OVER and claimed < announced:
        yield Finding("events", f"{where}/{event.position}", f"{name} is before the parcel was announced")
