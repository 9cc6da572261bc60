"""Rows as an audit reads them: ids, moments and days as the text in which events tell of them.

Making objects of a million rows' ids and moments, only to write them as text again, took a third of an audit.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from codes.proving.chain import write_moment
from codes.tables import Instant

Read = Callable[[Any], str | None]


class _Plain(sa.types.TypeEngine[str]):
    """A column that is read as text, from what SQLite's driver gives or from what PostgreSQL's gives."""

    cache_ok = True

    def __init__(self, of_sqlite: Read, of_postgresql: Read) -> None:
        self.of_sqlite, self.of_postgresql = of_sqlite, of_postgresql

    def result_processor(self, dialect: sa.Dialect, _coltype: object) -> Read:
        return self.of_sqlite if dialect.name == "sqlite" else self.of_postgresql


def _dashed(stands: object) -> str | None:
    if stands is None:
        return None
    digits = str(stands)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _zoned(stands: object) -> str | None:
    return None if stands is None else str(stands).replace(" ", "T") + "Z"


def _moment(stands: datetime | None) -> str | None:
    return None if stands is None else write_moment(stands)


def _text(stands: object) -> str | None:
    return None if stands is None else str(stands)


_PLAIN: dict[type, _Plain] = {
    sa.Uuid: _Plain(_dashed, _text),
    Instant: _Plain(_zoned, _moment),
    sa.Date: _Plain(_text, _text),
}


@cache
def plain(table: sa.Table, *names: str) -> sa.Select[Any]:
    """Ask for a table's columns, or some of them, as plain values."""
    columns = (table.columns[name] for name in names) if names else table.columns
    return sa.select(*(_plain(column) for column in columns))


@cache
def row_of(table: sa.Table) -> Any:
    """Return the type of a table's rows outside a database: a tuple with the columns' names."""
    return namedtuple(table.name, [column.name for column in table.columns])


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    kind = _PLAIN.get(type(column.type))
    return column if kind is None else sa.type_coerce(column, kind).label(column.name)
