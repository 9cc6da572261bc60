"""Statements of the hot path: built and compiled once, then handed to the driver as they are.

SQLAlchemy writes them for both databases and converts their values; only its work at each execution is saved,
which took several times as long as the database itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

Convert = Callable[[Any], Any]
Parameters = dict[str, sa.BindParameter[Any]]


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
    """A statement that writes any number of rows at once; ``build`` puts it together for rows of parameters."""

    def __init__(self, types: Mapping[str, Any], build: Callable[[list[Parameters]], sa.Insert | sa.Update]) -> None:
        self._types = types
        self._build = build
        self._compiled: dict[tuple[str, int], _Compiled] = {}

    def as_sent(self, dialect: sa.Dialect, rows: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
        """Return the text and the values that the driver is given."""
        key = (dialect.name, len(rows))
        if key not in self._compiled:
            statement = self._build([self._parameters(place) for place in range(len(rows))])
            self._compiled[key] = _compile(statement, dialect, {})
        values = {f"{name}_{place}": row.get(name) for place, row in enumerate(rows) for name in self._types}
        return self._compiled[key].text, self._compiled[key].parameters(values)

    def _parameters(self, place: int) -> Parameters:
        return {name: sa.bindparam(f"{name}_{place}", type_=each) for name, each in self._types.items()}


def read_all(connection: sa.Connection, *reads: tuple[PreparedRead, Mapping[str, Iterable[Any]]]) -> list[list[Any]]:
    """Run reads in their order, each after the one before, and return the rows of each."""
    dialect = connection.dialect
    with _one_trip(connection) as cursor:
        sent = [(read, cursor(), read.as_sent(dialect, **lists)) for read, lists in reads]
        for _, each, what in sent:
            each.execute(*what)
        return [read.rows_from(each, dialect) for read, each, _ in sent]


def write_all(connection: sa.Connection, *writes: tuple[PreparedWrite, Sequence[Mapping[str, Any]]]) -> None:
    """Write rows in their order; where there are none, nothing is sent."""
    with _one_trip(connection) as cursor:
        for write, rows in writes:
            if rows:
                cursor().execute(*write.as_sent(connection.dialect, rows))


def insert_into(table: sa.Table) -> PreparedWrite:
    """Prepare an INSERT; a column that a row leaves out is NULL."""
    types = {column.name: column.type for column in table.columns}
    return PreparedWrite(types, lambda rows: sa.insert(table).values(rows))


def update_of(table: sa.Table, *names: str) -> PreparedWrite:
    """Prepare an UPDATE of these columns; each row names its ``id``."""
    types = {name: table.columns[name].type for name in ("id", *names)}

    def build(rows: list[Parameters]) -> sa.Update:
        columns = [sa.column(name, each) for name, each in types.items()]
        given = sa.values(*columns, name="given").data([tuple(row.values()) for row in rows]).cte("changed")
        changes = {name: given.columns[name] for name in names}
        return sa.update(table).where(table.columns.id == given.columns.id).values(changes)

    return PreparedWrite(types, build)


def _compile(statement: sa.ClauseElement, dialect: sa.Dialect, lists: Mapping[str, Sequence[Any]]) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state({**dict.fromkeys(compiled.binds), **lists})
    types = {name: bind.type for name, bind in compiled.binds.items()}
    for name, expanded in state.parameter_expansion.items():
        types.update(dict.fromkeys(expanded, types[name]))
    names = state.positiontup if compiled.positional else state.parameters
    binds = tuple((name, types[name].dialect_impl(dialect).bind_processor(dialect)) for name in names)
    return _Compiled(state.statement, binds, bool(compiled.positional))


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
            None, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
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
