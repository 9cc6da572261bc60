"""Several statements in one trip to PostgreSQL, and what it and SQLite say in different words (docs/adr/0014).

Everything else executes statements by SQLAlchemy's connection. The hot path has SQLAlchemy write them, once, and on
PostgreSQL gives them to psycopg's pipeline: a trip for each would take most of a verification's time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from codes.tables.base import Instant

Query = tuple[sa.Select[Any], Mapping[str, Any]]
Rows = Sequence[Mapping[str, Any]]


def among(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Say that a value is among a list that is given under this name.

    The list is one value, PostgreSQL's an array and SQLite's a JSON text: there is one statement for all lengths.
    """
    if dialect == "sqlite":
        value = sa.func.json_each(sa.bindparam(name, type_=_JsonList())).table_valued("value").c.value
        return column.in_(sa.select(sa.func.unhex(value) if isinstance(column.type, sa.LargeBinary) else value))
    kind = sa.String() if isinstance(column.type, sa.String) else column.type
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(kind)))


def found_by(dialect: str, column: sa.ColumnElement[Any], query: sa.CompoundSelect[Any]) -> sa.ColumnElement[bool]:
    """Say that a value is among those that a query finds.

    PostgreSQL gathers them first, as an array. Were they joined, a row that FOR UPDATE had to wait for would be looked
    for in the join once more (PostgreSQL 13.2.1); a union's rows are not all there any more, and it is lost.
    """
    if dialect == "sqlite":
        return column.in_(query)
    return column == sa.any_(sa.func.array(query.scalar_subquery(), type_=ARRAY(column.type)))


def fetch(connection: sa.Connection, *queries: Query) -> list[Sequence[Any]]:
    """Return the rows of several queries, each of which sees what was committed before it; in one trip."""
    if connection.dialect.name == "sqlite":
        return [connection.execute(statement, values).all() for statement, values in queries]
    with _pipeline(connection) as driver:
        cursors = [_execute(driver, connection.dialect, statement, values) for statement, values in queries]
    return [cursor.fetchall() for cursor in cursors]


def write(connection: sa.Connection, inserts: Mapping[sa.Table, Rows], updates: Mapping[sa.Table, Rows]) -> None:
    """Insert rows, and update those that name their ``id``; all rows of a table have the same columns.

    PostgreSQL gets all of it as one statement, each table's rows as one JSON array: reading it takes the server less
    time than any list of values takes the driver to write. SQLite gets a statement a table, and its values as it keeps
    them: SQLAlchemy takes as long to turn a row's values as SQLite to write it.
    """
    new = [(table, tuple(rows[0]), rows) for table, rows in inserts.items() if rows]
    changed = [(table, tuple(rows[0]), rows) for table, rows in updates.items() if rows]
    if connection.dialect.name == "sqlite":
        texts = [(_insert_each(table, names), rows) for table, names, rows in new]
        texts += [(_update_each(table, names), rows) for table, names, rows in changed]
        for text, rows in texts:
            given = [{f"new_{name}": _as_sqlite_keeps(value) for name, value in row.items()} for row in rows]
            connection.exec_driver_sql(text, given)
        return
    statement = _all_together(
        tuple((table, names) for table, names, _ in new), tuple((table, names) for table, names, _ in changed)
    )
    written = {table.name: _json(rows) for table, _, rows in (*new, *changed)}
    if written:
        with _pipeline(connection) as driver:
            _execute(driver, connection.dialect, statement, written)


@contextmanager
def _pipeline(connection: sa.Connection) -> Iterator[Any]:
    """Give psycopg's connection in pipeline mode; its errors become SQLAlchemy's, without values."""
    driver: Any = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    try:
        with raw.pipeline():
            yield raw
    except driver.Error as error:
        raise sa.exc.DBAPIError.instance(
            None,
            None,
            error,
            driver.Error,
            hide_parameters=True,
            dialect=connection.dialect,
            connection_invalidated=raw.closed,
        ) from error


def _execute(driver: Any, dialect: sa.Dialect, statement: sa.ClauseElement, values: Mapping[str, Any]) -> Any:
    from psycopg.rows import namedtuple_row

    text, constants = _compiled(statement, dialect)
    return driver.cursor(row_factory=namedtuple_row).execute(text, {**constants, **values})


@cache
def _compiled(statement: sa.ClauseElement, dialect: sa.Dialect) -> tuple[str, Mapping[str, Any]]:
    compiled = statement.compile(dialect=dialect)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


@cache
def _insert_each(table: sa.Table, names: tuple[str, ...]) -> str:
    values: Any = {name: sa.bindparam(f"new_{name}") for name in names}
    return str(sa.insert(table).values(values).compile(dialect=_SQLITE))


@cache
def _update_each(table: sa.Table, names: tuple[str, ...]) -> str:
    values: Any = {name: sa.bindparam(f"new_{name}") for name in names if name != "id"}
    of_row = table.c.id == sa.bindparam("new_id")
    return str(sa.update(table).where(of_row).values(values).compile(dialect=_SQLITE))


def _as_sqlite_keeps(value: Any) -> Any:
    """Return a value as SQLAlchemy has SQLite keep it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        moment = _INSTANT.process_bind_param(value, _SQLITE)
        return moment and moment.isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value


class _JsonList(sa.types.TypeDecorator[Sequence[Any]]):
    """A list as a JSON text, in which SQLite finds UUIDs as it keeps them and bytes in hexadecimal."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: sa.Dialect) -> str:
        """Write the list."""
        return json.dumps([each.hex() if isinstance(each, bytes) else _as_sqlite_keeps(each) for each in value or ()])


Columns = tuple[tuple[sa.Table, tuple[str, ...]], ...]


@cache
def _all_together(inserts: Columns, updates: Columns) -> sa.Select[Any]:
    """Write a statement of statements (PostgreSQL 7.8.4)."""
    parts: list[sa.CTE] = []
    for table, names in inserts:
        parts.append(sa.insert(table).from_select(names, sa.select(_given(table, names))).cte(f"put_{table.name}"))
    for table, names in updates:
        given = _given(table, names)
        values: Any = {name: given.c[name] for name in names if name != "id"}
        parts.append(sa.update(table).where(table.c.id == given.c.id).values(values).cte(f"set_{table.name}"))
    return sa.select(sa.literal_column("1")).add_cte(*parts)


def _given(table: sa.Table, names: Sequence[str]) -> sa.TableValuedAlias:
    columns = [sa.column(name, table.c[name].type) for name in names]
    rows = sa.func.json_to_recordset(sa.bindparam(table.name, type_=JSON))
    return rows.table_valued(*columns, name=f"new_{table.name}").render_derived(with_types=True)


def _json(rows: Rows) -> str:
    """Write rows as PostgreSQL reads them; JSON itself knows no bytes."""
    return orjson.dumps(rows, default=_bytea).decode()


def _bytea(value: bytes) -> str:
    return f"\\x{value.hex()}"


_INSTANT = Instant()
_SQLITE = sqlite.dialect(paramstyle="named")
