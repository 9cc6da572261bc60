"""Everything that somebody with SQL can do to rows, as statements to be undone again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.proving.chain import next_link
from codes.proving.house import HOUSE

COUNTERS = {
    "consignments": {"wrong_digits", "join_key"},
    "devices": {"wrong_digits", "wrong_digits_on"},
}
"""Columns that count tries for guessing's sake, or say what a parcel yet to come may join: no proof rests on them."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One change of the past. ``where`` are ids of which a finding has to name one, unless it names the table."""

    table: sa.Table
    what: str
    statements: tuple[Any, ...]
    where: frozenset[str]


def deeds_on(table: sa.Table, rows: Sequence[Any]) -> Iterator[Deed]:
    """Think of everything that can be done to a table with these rows."""
    yield from _changes(table, rows)
    for row in rows:
        yield Deed(table, f"delete {_named(table, row)}", (sa.delete(table).where(_is(table, row)),), _where(row))
    yield _insertion(table, rows)
    for first, second in _neighbours(table, rows):
        yield from _exchanges(table, first, second)


def _changes(table: sa.Table, rows: Sequence[Any]) -> Iterator[Deed]:
    """Change each column: of a row that has a value, to another and to none; of a row that has none, to one."""
    for column in _evidence(table):
        full = next((row for row in rows if row._mapping[column.name] is not None), None)
        empty = next((row for row in rows if row._mapping[column.name] is None), None)
        for row, value in ((full, ...), (full, None), (empty, ...)):
            if row is None or (value is None and not column.nullable):
                continue
            new = other_value(column, row._mapping[column.name]) if value is ... else None
            change = sa.update(table).where(_is(table, row)).values({column.name: new})
            yield Deed(table, f"{column.name} of {_named(table, row)} := {new!r}", (change,), _where(row))


def _insertion(table: sa.Table, rows: Sequence[Any]) -> Deed:
    """Put a row in that looks like the last one; where a link can be computed, it is right."""
    row = dict(rows[-1]._mapping)
    if "link" in row and table is not tables.log_leaves:
        previous, row["position"] = row["link"], row["position"] + 1
        parcel_id, facts = row.get("parcel_id", HOUSE), row["facts"]
        assert json.loads(facts)
        row["link"] = next_link(parcel_id, row["position"], row["kind"], row["at"], facts, previous)
    else:
        for column in table.columns:
            if column.name in _unique(table) or (column.primary_key and column.name != "level"):
                row[column.name] = other_value(column, row[column.name])
    return Deed(table, "insert", (sa.insert(table).values(**row),), _where(rows[-1]))


def _exchanges(table: sa.Table, first: Any, second: Any) -> Iterator[Deed]:
    """Let two rows change their places, then all their contents, then each column of their contents.

    Rows that are nothing but keys are the same rows in another place.
    """
    where = _where(first) | _where(second)
    key = [column.name for column in table.primary_key.columns]
    contents = [column.name for column in _evidence(table) if not column.primary_key]
    if contents:
        yield Deed(table, "reorder", tuple(_exchange(table, first, second, key)), where)
        yield Deed(table, "swap", tuple(_exchange(table, first, second, contents)), where)
    for name in contents:
        if first._mapping[name] != second._mapping[name]:
            yield Deed(table, f"swap {name}", tuple(_exchange(table, first, second, [name])), where)


def _exchange(table: sa.Table, first: Any, second: Any, names: Sequence[str]) -> Iterator[Any]:
    """Exchange values by way of a third place, as no two rows may have the same key meanwhile."""
    one, two = ({name: row._mapping[name] for name in names} for row in (first, second))
    columns = table.columns
    away = {name: other_value(columns[name], two[name]) for name in names if one[name] != two[name]}
    moved_key = {name: away[name] for name in away if columns[name].primary_key}
    put_away = {name: away[name] for name in away if name in _unique(table) or columns[name].primary_key}
    if put_away:
        yield sa.update(table).where(_is(table, second)).values(put_away)
    yield sa.update(table).where(_is(table, first)).values(two if not moved_key else {n: two[n] for n in moved_key})
    yield (
        sa.update(table)
        .where(_is(table, second, moved_key))
        .values(one if not moved_key else {n: one[n] for n in moved_key})
    )


def _neighbours(table: sa.Table, rows: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Give the first two rows, and the last two that lie beside each other in one chain or level."""
    if len(rows) < 2:
        return
    yield rows[0], rows[1]
    group = next((name for name in ("parcel_id", "level") if table.columns.get(name) is not None), None)
    beside = [pair for pair in pairwise(rows) if group and pair[0]._mapping[group] == pair[1]._mapping[group]]
    yield from beside[-1:]


def other_value(column: sa.Column[Any], value: Any) -> Any:
    """Return another value of the column's kind, as somebody would put who wants to change the past."""
    if isinstance(column.type, sa.Boolean):
        return not value
    if isinstance(column.type, sa.Integer):
        return (value or 0) + 1000
    if isinstance(column.type, sa.LargeBinary):
        return bytes([value[0] ^ 1]) + value[1:] if value else bytes(range(16))
    if isinstance(column.type, sa.Uuid):
        return UUID(int=value.int ^ 1) if value else UUID(int=7)
    if isinstance(column.type, tables.Instant):
        return (value or datetime(2026, 11, 24, tzinfo=UTC)) + timedelta(hours=1)
    if isinstance(column.type, sa.Date):
        return date(2026, 1, 1)
    return ("x" if not value or value[0] != "x" else "y") + (value or "")[1:]


def _evidence(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if column.name not in COUNTERS.get(table.name, set())]


def _unique(table: sa.Table) -> set[str]:
    constraints = [each.columns for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    indexes = [each.columns for each in table.indexes if each.unique]
    return {column.name for columns in (*constraints, *indexes) for column in columns}


def _is(table: sa.Table, row: Any, moved: dict[str, Any] | None = None) -> Any:
    key = {column.name: row._mapping[column.name] for column in table.primary_key.columns} | (moved or {})
    return sa.and_(*(table.columns[name] == value for name, value in key.items()))


def _named(table: sa.Table, row: Any) -> str:
    return "/".join(str(row._mapping[column.name]) for column in table.primary_key.columns)


def _where(row: Any) -> frozenset[str]:
    mapping = row._mapping
    ids = {str(mapping[name]) for name in ("parcel_id", "presentation_id") if mapping.get(name)}
    return frozenset(ids | ({str(mapping["id"])} if "id" in mapping else set()))
