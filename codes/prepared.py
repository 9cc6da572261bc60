"""Statements of the hot path: built and compiled once, then handed to the driver as they are.

SQLAlchemy writes them for both databases and converts their values; only its work at each execution is saved,
which took several times as long as the database itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

Convert = Callable[[Any], Any]


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


class Prepared:
    """A statement whose execution costs little more than the driver's own."""

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update, columns: Sequence[str] | None = None) -> None:
        """``columns`` are those that an INSERT fills."""
        self._statement = statement
        self._columns = columns
        self._compiled: dict[tuple[Any, ...], _Compiled] = {}
        self._converters: dict[str, list[tuple[int, Convert]]] = {}
        names = [str(column.key) for column in statement.selected_columns] if isinstance(statement, sa.Select) else []
        self._row: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names are known here and nowhere before

    def rows(self, connection: sa.Connection, **lists: Iterable[Any]) -> list[Any]:
        """Run a SELECT whose parameters are lists for IN, and return rows with the columns' names."""
        padded = {name: _in_list(values) for name, values in lists.items()}
        compiled = self._for(connection.dialect, padded)
        values = {f"{name}_{place}": each for name, some in padded.items() for place, each in enumerate(some, 1)}
        with _cursor(connection, compiled.text) as cursor:
            cursor.execute(compiled.text, compiled.parameters(values))
            found = cursor.fetchall()
        converters, row = self._from_driver(connection.dialect), self._row
        return [row._make(_converted(each, converters)) for each in found]

    def write(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT or UPDATE once for each of the rows."""
        if rows:
            compiled = self._for(connection.dialect, {})
            with _cursor(connection, compiled.text) as cursor:
                cursor.executemany(compiled.text, [compiled.parameters(row) for row in rows])

    def _for(self, dialect: sa.Dialect, lists: Mapping[str, Sequence[Any]]) -> _Compiled:
        key = (dialect.name, *map(len, lists.values()))
        if key not in self._compiled:
            self._compiled[key] = self._compile(dialect, lists)
        return self._compiled[key]

    def _compile(self, dialect: sa.Dialect, lists: Mapping[str, Sequence[Any]]) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        state = compiled.construct_expanded_state({**dict.fromkeys(compiled.binds), **lists})
        types = {name: bind.type for name, bind in compiled.binds.items()}
        for name, expanded in state.parameter_expansion.items():
            types.update(dict.fromkeys(expanded, types[name]))
        names = state.positiontup or [name for name in state.parameters if f"%({name})s" in state.statement]
        binds = tuple((name, types[name].dialect_impl(dialect).bind_processor(dialect)) for name in names)
        return _Compiled(state.statement, binds, bool(compiled.positional))

    def _from_driver(self, dialect: sa.Dialect) -> list[tuple[int, Convert]]:
        """Return the places of columns whose values the driver gives in another form, and how they are converted."""
        if dialect.name not in self._converters:
            assert isinstance(self._statement, sa.Select)
            converts = [
                column.type.dialect_impl(dialect).result_processor(dialect, None)
                for column in self._statement.selected_columns
            ]
            self._converters[dialect.name] = [(place, each) for place, each in enumerate(converts) if each]
        return self._converters[dialect.name]


@contextmanager
def _cursor(connection: sa.Connection, text: str) -> Iterator[Any]:
    """Give the driver's cursor, inside the connection's transaction; its errors are SQLAlchemy's, without values."""
    driver: Any = connection.dialect.loaded_dbapi
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except driver.Error as error:
        raise sa.exc.DBAPIError.instance(
            text, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


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
