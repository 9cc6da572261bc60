"""Statements of the hot path: built and compiled once, then handed to the driver as they are.

SQLAlchemy writes them for both databases and converts their values; only its work at each execution is saved,
which took several times as long as the database itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

Convert = Callable[[Any], Any]
_NEW = "new_"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One statement in one database's words. ``binds`` holds each parameter's name and how it is converted."""

    text: str
    binds: tuple[tuple[str, Convert | None], ...]
    positional: bool

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        if self.positional:
            return tuple([values[name] if convert is None else convert(values[name]) for name, convert in self.binds])
        return {name: values[name] if convert is None else convert(values[name]) for name, convert in self.binds}


class PreparedRead:
    """A SELECT whose parameters are lists for IN."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[tuple[Any, ...], _Compiled] = {}
        self._converters: dict[str, list[tuple[int, Convert]]] = {}
        names = [str(column.key) for column in statement.selected_columns]
        self._row: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names are known here and nowhere before

    def as_sent(self, dialect: sa.Dialect, **lists: Iterable[Any]) -> tuple[str, Any]:
        """Return the text and the values that the driver is given."""
        padded = {name: _in_list(values) for name, values in lists.items()}
        key = (dialect.name, *map(len, padded.values()))
        if key not in self._compiled:
            self._compiled[key] = _compile(self._statement, dialect, padded)
        values = {f"{name}_{place}": each for name, some in padded.items() for place, each in enumerate(some, 1)}
        return self._compiled[key].text, self._compiled[key].parameters(values)

    def rows_from(self, cursor: Any, dialect: sa.Dialect) -> list[Any]:
        """Return the rows that a cursor holds, with the columns' names."""
        converters, row = self._from_driver(dialect), self._row
        return [row._make(_converted(each, converters)) for each in cursor.fetchall()]

    def _from_driver(self, dialect: sa.Dialect) -> list[tuple[int, Convert]]:
        """Return the places of columns whose values the driver gives in another form, and how they are converted."""
        if dialect.name not in self._converters:
            types = [column.type.dialect_impl(dialect) for column in self._statement.selected_columns]
            converts = [each.result_processor(dialect, None) for each in types]
            self._converters[dialect.name] = [(place, each) for place, each in enumerate(converts) if each]
        return self._converters[dialect.name]


class PreparedWrite:
    """A statement that writes any number of rows: one text, however many there are.

    PostgreSQL gets all rows at once, as an array a column, and SQLite row after row.
    """

    def __init__(self, types: Mapping[str, Any], each: sa.ClauseElement, together: sa.ClauseElement) -> None:
        self._types = types
        self._statements = {"sqlite": each, "postgresql": together}
        self._compiled: dict[str, tuple[str, list[tuple[str, Convert | None]]]] = {}

    def as_sent(self, dialect: sa.Dialect, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[tuple[Any, ...]]]:
        """Return the text, and the values of each time that the driver executes it."""
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        text, columns = self._compiled[dialect.name]
        if dialect.name == "sqlite":
            return text, [tuple([_passed(row.get(name), convert) for name, convert in columns]) for row in rows]
        arrays = [[_passed(row.get(name), convert) for row in rows] for name, convert in columns]
        return text, [tuple([_array_literal(each) for each in arrays])]

    def _compile(self, dialect: sa.Dialect) -> tuple[str, list[tuple[str, Convert | None]]]:
        in_order: Any = type(dialect)
        style = "qmark" if dialect.name == "sqlite" else "format"
        compiled: Any = self._statements[dialect.name].compile(dialect=in_order(paramstyle=style))
        names = [name.removeprefix(_NEW) for name in compiled.positiontup]
        return str(compiled), [(name, _to_driver(self._types[name], dialect)) for name in names]


def read_all(connection: sa.Connection, *reads: tuple[PreparedRead, Mapping[str, Iterable[Any]]]) -> list[list[Any]]:
    """Run reads in their order, each after the one before, and return the rows of each."""
    dialect = connection.dialect
    with _one_trip(connection) as cursor:
        sent = [(read, cursor(), read.as_sent(dialect, **lists)) for read, lists in reads]
        for _, each, what in sent:
            each.execute(*what)
        return [read.rows_from(each, dialect) for read, each, _ in sent]


def write_all(connection: sa.Connection, *writes: tuple[PreparedWrite, Sequence[Mapping[str, Any]]]) -> None:
    """Write rows in their order, and commit in the same trip; where there are none, nothing is sent for them."""
    with _one_trip(connection) as cursor:
        for write, rows in writes:
            if rows:
                text, values = write.as_sent(connection.dialect, rows)
                if len(values) == 1:
                    cursor().execute(text, values[0])
                else:
                    cursor().executemany(text, values)
        driver: Any = connection.connection.driver_connection
        driver.commit()


def insert_into(table: sa.Table) -> PreparedWrite:
    """Prepare an INSERT; a column that a row leaves out is NULL."""
    types = {column.name: column.type for column in table.columns}
    each = sa.insert(table).values({name: _new(name, kind) for name, kind in types.items()})
    return PreparedWrite(types, each, sa.insert(table).from_select(list(types), sa.select(_arrays(types))))


def update_of(table: sa.Table, *names: str) -> PreparedWrite:
    """Prepare an UPDATE of these columns; each row names its ``id``."""
    types = {name: table.columns[name].type for name in ("id", *names)}
    given = _arrays(types)
    of_row = sa.update(table).where(table.columns.id == _new("id", types["id"]))
    of_rows = sa.update(table).where(table.columns.id == given.columns.id)
    each = of_row.values({name: _new(name, types[name]) for name in names})
    return PreparedWrite(types, each, of_rows.values({name: given.columns[name] for name in names}))


def _new(name: str, kind: Any) -> sa.BindParameter[Any]:
    """Return a parameter under a name that no column has."""
    return sa.bindparam(_NEW + name, type_=kind)


def _arrays(types: Mapping[str, Any]) -> sa.TableValuedAlias:
    """Return rows that are given as an array a column."""
    # A cast to a text of limited length would cut what is longer, where the column refuses it.
    kinds = {name: sa.String() if isinstance(kind, sa.String) else kind for name, kind in types.items()}
    arrays = [_new(name, ARRAY(kind)) for name, kind in kinds.items()]
    columns = [sa.column(name, kind) for name, kind in types.items()]
    return sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _compile(statement: sa.ClauseElement, dialect: sa.Dialect, lists: Mapping[str, Sequence[Any]]) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state({**dict.fromkeys(compiled.binds), **lists})
    types = {name: bind.type for name, bind in compiled.binds.items()}
    for name, expanded in state.parameter_expansion.items():
        types.update(dict.fromkeys(expanded, types[name]))
    names = state.positiontup if compiled.positional else state.parameters
    binds = tuple((name, _to_driver(types[name], dialect)) for name in names)
    return _Compiled(state.statement, binds, bool(compiled.positional))


def _to_driver(kind: Any, dialect: sa.Dialect) -> Convert | None:
    """Return how values are converted for the driver. The same few moments come again and again."""
    if isinstance(kind, sa.LargeBinary):
        return None  # both drivers take bytes as they are
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(256)(convert) if convert and isinstance(kind, sa.types.TypeDecorator) else convert


def _array_literal(values: Iterable[Any]) -> str:
    """Write an array as PostgreSQL reads it; the driver takes ten times as long for a list."""
    return "{" + ",".join([_ELEMENT[type(each)](each) for each in values]) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ELEMENT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "NULL",
    bool: lambda each: "t" if each else "f",
    int: str,
    UUID: str,
    str: _quoted,
    bytes: lambda each: _quoted("\\x" + each.hex()),
    date: date.isoformat,
    datetime: lambda each: f'"{each.isoformat()}"',
}
"""How values of each type stand in an array (PostgreSQL 8.15.6: in quotes, ``"`` and ``\\`` behind a backslash)."""


def _passed(value: Any, convert: Convert | None) -> Any:
    return value if convert is None else convert(value)


@contextmanager
def _one_trip(connection: sa.Connection) -> Iterator[Callable[[], Any]]:
    """Give cursors inside the connection's transaction; what they execute goes over the network together.

    The driver's errors become SQLAlchemy's, without values.
    """
    driver: Any = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    try:
        with raw.pipeline() if hasattr(raw, "pipeline") else nullcontext():
            yield raw.cursor
    except driver.Error as error:
        raise sa.exc.DBAPIError.instance(
            *(None, None, error, driver.Error),
            hide_parameters=True,
            dialect=connection.dialect,
            connection_invalidated=getattr(raw, "closed", False),
        ) from error


def _in_list(values: Iterable[Any]) -> list[Any]:
    """Return values in order, the last repeated up to a power of two: of few lengths there are few plans to make."""
    once = sorted(set(values))
    length = 1 << (len(once) - 1).bit_length() if once else 0
    return once + once[-1:] * (length - len(once))


def _converted(row: Any, converters: Sequence[tuple[int, Convert]]) -> Any:
    if not converters:
        return row
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return values
