"""Following a chain from link to link, as far as it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from codes.auditing.expectation import ToldEvent
from codes.auditing.findings import Finding
from codes.proving.chain import BEGINNING, link_as_written

_read = json.JSONDecoder().raw_decode


@dataclass(slots=True)
class Chain:
    """A parcel's chain, or that of the house; ``broken`` says where it does not hold, and why."""

    parcel_id: str
    table: str = "events"
    links: list[bytes] = field(default_factory=list)
    broken: Finding | None = None

    @property
    def head(self) -> bytes:
        """Return the newest link."""
        return self.links[-1] if self.links else BEGINNING

    def has(self, position: int, link: bytes) -> bool:
        """Tell whether this was the chain's head once."""
        return 0 < position <= len(self.links) and self.links[position - 1] == link

    def follow(self, rows: Iterable[Any]) -> Iterator[ToldEvent]:
        """Yield the events until one does not follow from those before it."""
        for position, row in enumerate(rows, start=len(self.links) + 1):
            if row.position != position:
                self._breaks(position, f"is missing; {row.position} stands in its place")
                return
            link = link_as_written(self.parcel_id, position, row.kind, row.at, row.facts, self.head)
            if link != row.link:
                self._breaks(position, "it, or the one before, was altered")
                return
            facts = parse_facts(row.facts)
            if facts is None:
                self._breaks(position, "it tells no facts")
                return
            self.links.append(link)
            yield ToldEvent(position, row.kind, row.at, facts)

    def _breaks(self, position: int, fault: str) -> None:
        where = str(position) if self.table == "house_events" else f"{self.parcel_id}/{position}"
        self.broken = Finding(self.table, where, fault)


def parse_facts(text: str) -> dict[str, Any] | None:
    """Return an event's facts; None if the text is no JSON object from its first character to its last."""
    try:
        facts, end = _read(text)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) and end == len(text) else None


def no_head(leaf: Any) -> Finding:
    """Return the finding of a leaf that no chain bears out."""
    return Finding("log_leaves", str(leaf.place), "it is no head of the chain it names")
