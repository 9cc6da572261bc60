"""All consignments in the order of their ids, a stretch at a time, with all rows that belong to them.

Rows whose parcel is not there come with the last stretch.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.auditing.following import parse_facts
from codes.auditing.plain import plain, row_of
from codes.model import EventKind

TOGETHER = 2000
"""So many consignments are held in memory at once."""
ASKED = 900
"""So many ids go into one query."""
PRESENTED = EventKind.PRESENTED.value
OF_A_PARCEL = (
    tables.handovers,
    tables.delegate_parcels,
    tables.delivery_attempts,
    tables.reports,
    tables.messages,
    tables.stays,
    tables.wishes,
)
"""The tables whose rows are held against a parcel's events."""
OF_A_CONSIGNMENT = (tables.parcels, tables.holders, tables.codes)
"""The tables whose rows are held against the events of all its parcels."""
CHAINED = (tables.events, tables.log_leaves)
TABLES = (tables.consignments, *OF_A_CONSIGNMENT, *CHAINED, *OF_A_PARCEL, tables.verifications)
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
    """Read everything; rows whose consignment is not there come with those of its neighbours."""
    consignments = tables.consignments
    after: UUID | None = None
    while True:
        ids = sa.select(consignments.c.id).order_by(consignments.c.id).limit(TOGETHER)
        some = connection.execute(ids if after is None else ids.where(consignments.c.id > after)).scalars().all()
        until = some[-1] if some else None
        yield _read(connection, points, after, until)
        if until is None:
            return
        after = until


def _read(connection: sa.Connection, points: Points, after: UUID | None, until: UUID | None) -> Stretch:
    """Read a stretch of consignments, from after one id to another; the last one has all rows without a parcel too."""
    parcels = tables.parcels

    def between(column: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
        above = sa.true() if after is None else column > after
        return above if until is None else sa.and_(above, column <= until)

    def of_parcel(table: sa.Table) -> Rows:
        its, column = parcels.c.id == table.c.parcel_id, parcels.c.consignment_id
        if until is not None:
            return rows(table, plain(table).join(parcels, its).where(between(column)))
        return rows(table, plain(table).outerjoin(parcels, its).where(sa.or_(parcels.c.id.is_(None), between(column))))

    def rows(table: sa.Table, query: sa.Select[Any]) -> Rows:
        by_parcel = [table.c.parcel_id] if "parcel_id" in table.c else []
        ordered = query.order_by(*by_parcel, *table.primary_key.columns)
        return list(map(row_of(table)._make, connection.execute(ordered)))

    of_consignments = {table: table.c.consignment_id for table in OF_A_CONSIGNMENT}
    keyed = {tables.consignments: tables.consignments.c.id} | of_consignments
    found = {table.name: rows(table, plain(table).where(between(column))) for table, column in keyed.items()}
    found |= {table.name: of_parcel(table) for table in (*CHAINED, *OF_A_PARCEL)}
    presented = [parse_facts(row.facts) or {} for row in found[tables.events.name] if row.kind == PRESENTED]
    found[tables.verifications.name] = verifications_of(connection, presented)
    devices = {str(facts.get("device")) for facts in presented}
    return Stretch(found, {device: points[device] for device in devices if device in points})


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
