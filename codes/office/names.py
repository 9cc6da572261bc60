"""What the ids that a log holds are called: people, devices, keys, webhooks, pickup points, shops, files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.transaction import Transaction
from codes.values.folding import fold

NAMED = (
    tables.staff,
    tables.devices,
    tables.api_keys,
    tables.webhooks,
    tables.pickup_points,
    tables.shops,
    tables.imports,
)
"""Tables of which a house has few enough rows to look at each."""
MOST_FOUND = 1000
"""A query takes no more ids than this; whoever finds so many goes on typing."""


def names_of(t: Transaction, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return what these ids are called; what is gone is missing. A report is called as its parcel."""
    reports, parcels = tables.reports, tables.parcels
    queries = [sa.select(table.c.id, table.c.name).where(table.c.id.in_(ids)) for table in NAMED]
    of_parcel = sa.select(reports.c.id, parcels.c.reference).join(parcels, parcels.c.id == reports.c.parcel_id)
    queries.append(of_parcel.where(reports.c.id.in_(ids)))
    return {row[0]: row[1] for query in queries for row in t.connection.execute(query)} if ids else {}


def ids_named(t: Transaction, part: str) -> list[UUID]:
    """Return the ids of all in whose name this stands, without case and accents."""
    return _named(t, NAMED, part)


def ids_of_devices(t: Transaction, part: str) -> list[UUID]:
    """Return the devices in whose name this stands, without case and accents."""
    return _named(t, (tables.devices,), part)


def ids_of_imports(t: Transaction, part: str) -> list[UUID]:
    """Return the files in whose name this stands, without case and accents."""
    return _named(t, (tables.imports,), part)


def _named(t: Transaction, named: Collection[sa.Table], part: str) -> list[UUID]:
    wanted = fold(part)
    rows = [row for table in named for row in t.connection.execute(sa.select(table.c.id, table.c.name))]
    return [row.id for row in rows if wanted in fold(row.name)][-MOST_FOUND:]
