"""Shelves are counted against the record: what is missing, what lies there besides; and it is kept who found that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.access import Member
from codes.accounts.shifts import BADGE_PREFIX
from codes.identifiers import reference_in, uuid7
from codes.parcels import waits
from codes.payload import PayloadError, parse_payload
from codes.pickup.points import SHELF_LABEL, here, named, shelves_of
from codes.pickup.waiting import stays_with_places
from codes.store.database import Database

Unexpected = tuple[str, str | None]
"""A parcel that lies where it should not, and its own shelf if it has one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How a shelf differs from the record."""

    held: int
    missing: tuple[str, ...]
    unexpected: tuple[Unexpected, ...]

    @property
    def found(self) -> int:
        """Return how many of those that should lie there do."""
        return self.held - len(self.missing)


@dataclass(frozen=True, slots=True)
class ShelfCount:
    """A count as it was kept."""

    shelf: str
    counted_at: datetime
    counted_by: str
    counted: Counted


class Counting:
    """Counts shelves. Nothing of a parcel is changed by it."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def count(self, device_id: UUID, shelf: str, references: Iterable[str], by: Member | str) -> Counted:
        """Hold the labels that were scanned on a shelf against the record, and keep what was found, and by whom.

        ``by`` is a member of staff, or the device's name where nobody signs in. Raises UnknownPoint or BadPoint.
        """
        now, table, stays = self._clock(), tables.shelf_counts, tables.stays
        with self._database.writing() as connection:
            point = here(connection, device_id)
            name = named(shelves_of(connection, point.point_id), shelf).name
            waiting = (
                stays_with_places().where(stays.c.point_id == point.point_id, waits()).order_by(stays.c.arrived_at)
            )
            places = {row.reference: row.shelf for row in connection.execute(waiting)}
            counted = compare(name, places, _labels(references))
            row = {
                "id": uuid7(now),
                "point_id": point.point_id,
                "shelf": name,
                "device_id": device_id,
                "staff_id": by.staff_id if isinstance(by, Member) else None,
                "counted_by": (by.name if isinstance(by, Member) else by)[:100],
                "counted_at": now,
                "held": counted.held,
                "missing": json.dumps(counted.missing),
                "unexpected": json.dumps(counted.unexpected),
            }
            connection.execute(sa.insert(table).values(row))
        return counted

    def last(self, point_id: UUID, limit: int = 20) -> list[ShelfCount]:
        """Return the newest counts at a point."""
        table = tables.shelf_counts
        newest = table.c.counted_at.desc(), table.c.id.desc()
        with self._database.reading() as connection:
            query = sa.select(table).where(table.c.point_id == point_id).order_by(*newest).limit(limit)
            rows = connection.execute(query).all()
        return [_kept(row) for row in rows]


def compare(shelf: str, places: dict[str, str | None], scanned: Sequence[str]) -> Counted:
    """Hold what was scanned against the shelf of each parcel that waits. Pure."""
    held = [reference for reference, place in places.items() if place == shelf]
    return Counted(
        held=len(held),
        missing=tuple(reference for reference in held if reference not in scanned),
        unexpected=tuple((each, places.get(each)) for each in scanned if places.get(each) != shelf),
    )


def _labels(scanned: Iterable[str]) -> list[str]:
    """Return the labels of parcels, each once: neither a code nor a badge that came before the scanner is kept."""
    plain = dict.fromkeys(reference_in(text) or text for text in scanned)
    return [text for text in plain if not text.startswith((SHELF_LABEL, BADGE_PREFIX)) and not _is_code(text)]


def _is_code(text: str) -> bool:
    try:
        parse_payload(text)
    except PayloadError:
        return False
    return True


def _kept(row: Any) -> ShelfCount:
    unexpected = tuple((reference, shelf) for reference, shelf in json.loads(row.unexpected))
    counted = Counted(row.held, tuple(json.loads(row.missing)), unexpected)
    return ShelfCount(row.shelf, row.counted_at, row.counted_by, counted)
