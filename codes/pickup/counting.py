"""Shelves are counted against the record: what is missing, what lies there besides; and it is kept who found that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.shifts import BADGE_PREFIX
from codes.accounts.staff import Member
from codes.pickup.points import SHELF_LABEL, list_shelves, own_point, shelf_named
from codes.pickup.stays import stays_with_places
from codes.store.budgets import Budget
from codes.store.clauses import waits
from codes.store.transaction import Transaction
from codes.tables.base import uuid7
from codes.values.payload import holds_payload
from codes.values.tracking_numbers import reference_in

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


KEPT_LABELS, KEPT_SIGNS = 100, 60
"""So much is kept of what does not belong on a shelf: more than lies there, and more than a tracking number has."""


@dataclass(frozen=True, slots=True)
class ShelfCount:
    """A count as it was kept."""

    shelf: str
    counted_at: datetime
    counted_by: str
    counted: Counted


def count_shelf(t: Transaction, device_id: UUID, shelf: str, references: Iterable[str], by: Member | str) -> Counted:
    """Hold the labels that were scanned on a shelf against the record, and keep what was found, and by whom.

    ``by`` is a member of staff, or the device's name where nobody signs in. Raises UnknownPoint or BadPoint.
    """
    table, stays = tables.shelf_counts, tables.stays
    point = own_point(t, device_id)
    name = shelf_named(list_shelves(t, point.point_id), shelf).name
    waiting = stays_with_places().where(stays.c.point_id == point.point_id, waits()).order_by(stays.c.arrived_at)
    places = {row.reference: row.shelf for row in t.connection.execute(waiting)}
    counted = compare(name, places, _labels(references))
    row = {
        "id": uuid7(t.now),
        "point_id": point.point_id,
        "shelf": name,
        "device_id": device_id,
        "staff_id": by.staff_id if isinstance(by, Member) else None,
        "counted_by": (by.name if isinstance(by, Member) else by)[:100],
        "counted_at": t.now,
        "held": counted.held,
        "missing": json.dumps(counted.missing),
        "unexpected": json.dumps([(label[:KEPT_SIGNS], place) for label, place in counted.unexpected[:KEPT_LABELS]]),
    }
    # One count too many is told, and not kept.
    if t.spend(Budget.SHELF_COUNT, device_id, t.settings.budgets.shelf_counts_per_device):
        t.connection.execute(sa.insert(table).values(row))
    return counted


def last_counts(t: Transaction, point_id: UUID, limit: int = 20) -> list[ShelfCount]:
    """Return the newest counts at a point."""
    table = tables.shelf_counts
    newest = table.c.counted_at.desc(), table.c.id.desc()
    query = sa.select(table).where(table.c.point_id == point_id).order_by(*newest).limit(limit)
    rows = t.connection.execute(query).all()
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
    return [text for text in plain if not text.startswith((SHELF_LABEL, BADGE_PREFIX)) and not holds_payload(text)]


def _kept(row: Any) -> ShelfCount:
    unexpected = tuple((reference, shelf) for reference, shelf in json.loads(row.unexpected))
    counted = Counted(row.held, tuple(json.loads(row.missing)), unexpected)
    return ShelfCount(row.shelf, row.counted_at, row.counted_by, counted)
