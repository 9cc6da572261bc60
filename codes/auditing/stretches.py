"""All parcels in the order of their ids, a stretch at a time, with all rows that belong to them."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.auditing.following import read_facts
from codes.auditing.plain import plain, row_of
from codes.model import EventKind

TOGETHER = 2000
"""So many parcels are held in memory at once."""
ASKED = 900
"""So many ids go into one query."""
PRESENTED = EventKind.PRESENTED.value
OF_A_PARCEL = (
    *(tables.handovers, tables.holders, tables.codes, tables.delivery_attempts, tables.reports),
    *(tables.messages, tables.stays, tables.wishes),
)
"""The tables whose rows are held against a parcel's events."""
TABLES = (tables.parcels, tables.events, tables.log_leaves, *OF_A_PARCEL, tables.verifications)
Rows = Sequence[Any]
Points = Mapping[str, bytes]
"""The public keys of devices, by their ids."""


@dataclass(frozen=True)
class Stretch:
    """Everything on which it depends whether some parcels are in order, but for the key ring."""

    rows: Mapping[str, Rows]
    """The rows of ``TABLES``, by the table's name."""
    points: Points
    """The public keys of the devices that the events name."""

    @cached_property
    def written(self) -> bytes:
        """Return all of it as bytes, the same ones for the same rows."""
        rows = [list(map(tuple, self.rows[table.name])) for table in TABLES]
        # Beyond version 2, the bytes depend on which values happen to be one object.
        return marshal.dumps((rows, sorted(self.points.items())), 2)


def stretch_of(written: bytes) -> Stretch:
    """Return the stretch that was written, by this program in this moment."""
    rows, points = marshal.loads(written)
    named = {table.name: list(map(row_of(table)._make, some)) for table, some in zip(TABLES, rows, strict=True)}
    return Stretch(named, dict(points))


def read_stretches(connection: sa.Connection, points: Points) -> Iterator[Stretch]:
    """Read everything; rows whose parcel is not there come with those of its neighbours."""
    parcels = tables.parcels
    after: UUID | None = None
    while True:
        ids = sa.select(parcels.c.id).order_by(parcels.c.id).limit(TOGETHER)
        some = connection.execute(ids if after is None else ids.where(parcels.c.id > after)).scalars().all()
        until = some[-1] if some else None
        yield _read(connection, points, after, until)
        if until is None:
            return
        after = until


def _read(connection: sa.Connection, points: Points, after: UUID | None, until: UUID | None) -> Stretch:
    def between(table: sa.Table, name: str, *then: str) -> Rows:
        column, query = table.columns[name], plain(table)
        query = query if after is None else query.where(column > after)
        query = query if until is None else query.where(column <= until)
        query = query.order_by(column, *(table.columns[each] for each in then))
        return list(map(row_of(table)._make, connection.execute(query)))

    events = between(tables.events, "parcel_id", "position")
    presented = [read_facts(row.facts) or {} for row in events if row.kind == PRESENTED]
    rows = {
        tables.parcels.name: between(tables.parcels, "id"),
        tables.events.name: events,
        tables.log_leaves.name: between(tables.log_leaves, "parcel_id", "position"),
        **{table.name: between(table, "parcel_id") for table in OF_A_PARCEL},
        tables.verifications.name: verifications_of(connection, presented),
    }
    devices = {str(facts.get("device")) for facts in presented}
    return Stretch(rows, {device: points[device] for device in devices if device in points})


def verifications_of(connection: sa.Connection, presented: Sequence[Mapping[str, Any]]) -> Rows:
    """Return the verifications of which these facts tell, in the order of their presentations' ids."""
    table = tables.verifications
    ids = sorted({found for facts in presented if (found := _id(facts.get("presentation")))})
    rows: list[Any] = []
    for start in range(0, len(ids), ASKED):
        some = plain(table).where(table.c.presentation_id.in_(ids[start : start + ASKED]))
        rows += map(row_of(table)._make, connection.execute(some.order_by(table.c.presentation_id)))
    return rows


def _id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
