"""Statements of the hot path: built and compiled once, then handed to the driver as they are.

SQLAlchemy writes them for both databases and converts their values; only its work at each execution is saved,
which took several times as long as the database itself. ``codes/store/runner.py`` executes them.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
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


class Among:
    """Writes that a column's value is among others, in a database's own way."""

    def __init__(self, *, arrays: bool) -> None:
        self._arrays = arrays

    def __call__(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        """Among those of a named list."""
        if self._arrays:
            return column == sa.any_(sa.bindparam(name, type_=ARRAY(_of_any_length(column.type))))
        return column.in_(sa.bindparam(name, expanding=True))

    def found(self, column: sa.ColumnElement[Any], by: sa.Select[Any]) -> sa.ColumnElement[bool]:
        """Among those that a query finds.

        PostgreSQL gathers them first, as an array. Were they joined, a row that FOR UPDATE had to wait for would be
        looked for in the join once more (PostgreSQL 13.2.1); a union's rows are not all there any more: it is lost.
        """
        if self._arrays:
            return column == sa.any_(sa.func.array(by.scalar_subquery(), type_=ARRAY(column.type)))
        return column.in_(by)


class PreparedRead:
    """A SELECT whose parameters are lists.

    PostgreSQL gets each list as an array, and has one text for all lengths. SQLite gets IN with a place for each value.
    """

    def __init__(self, written: Callable[[Among], sa.Select[Any]]) -> None:
        self._statements = {"sqlite": written(Among(arrays=False)), "postgresql": written(Among(arrays=True))}
        self._compiled: dict[tuple[Any, ...], _Compiled] = {}
        self._converters: dict[str, list[tuple[int, Convert]]] = {}
        names = [str(column.key) for column in self._statements["sqlite"].selected_columns]
        self._row: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names are known here and nowhere before

    def as_sent(self, dialect: sa.Dialect, **lists: Iterable[Any]) -> tuple[str, Sequence[Any]]:
        """Return the text and the values that the driver is given."""
        if dialect.name == "sqlite":
            return self._with_places(dialect, {name: _padded(values) for name, values in lists.items()})
        if (dialect.name,) not in self._compiled:
            self._compiled[(dialect.name,)] = _compile(self._statements[dialect.name], dialect)
        compiled = self._compiled[(dialect.name,)]
        return compiled.text, [_array(lists[name], element) for name, element in compiled.binds]

    def row_maker(self, dialect: sa.Dialect) -> Callable[[Sequence[Any]], Any]:
        """Return what gives a row from the driver its columns' names, and its values their types."""
        converters, make = self._from_driver(dialect), self._row._make
        return (lambda row: make(_converted(row, converters))) if converters else make

    def _with_places(self, dialect: sa.Dialect, lists: Mapping[str, Sequence[Any]]) -> tuple[str, Sequence[Any]]:
        key = (dialect.name, *map(len, lists.values()))
        if key not in self._compiled:
            self._compiled[key] = _compile(self._statements[dialect.name], dialect, lists)
        compiled = self._compiled[key]
        values = {f"{name}_{place}": each for name, some in lists.items() for place, each in enumerate(some, 1)}
        return compiled.text, [_passed(values[name], convert) for name, convert in compiled.binds]

    def _from_driver(self, dialect: sa.Dialect) -> list[tuple[int, Convert]]:
        """Return the places of columns whose values the driver gives in another form, and how they are converted."""
        if dialect.name not in self._converters:
            columns = self._statements[dialect.name].selected_columns
            converts = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
            self._converters[dialect.name] = [(place, each) for place, each in enumerate(converts) if each]
        return self._converters[dialect.name]


class PreparedWrite:
    """A statement that writes any number of rows: one text, however many there are.

    PostgreSQL gets all rows at once, as an array a column, and SQLite row after row.
    """

    def __init__(self, each: sa.ClauseElement, together: sa.ClauseElement) -> None:
        self._statements = {"sqlite": each, "postgresql": together}
        self._compiled: dict[str, _Compiled] = {}

    def as_sent(self, dialect: sa.Dialect, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[Sequence[Any]]]:
        """Return the text, and the values of each time that the driver executes it."""
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self._statements[dialect.name], dialect)
        compiled = self._compiled[dialect.name]
        if dialect.name == "sqlite":
            return compiled.text, [
                [_passed(row.get(name), convert) for name, convert in compiled.binds] for row in rows
            ]
        return compiled.text, [[_array([row.get(name) for row in rows], element) for name, element in compiled.binds]]


def insert_into(table: sa.Table, *names: str) -> PreparedWrite:
    """Prepare an INSERT of these columns, or of all; a column that a row leaves out is NULL."""
    types = {name: table.columns[name].type for name in names or table.columns.keys()}
    each = sa.insert(table).values({name: _new(name, kind) for name, kind in types.items()})
    return PreparedWrite(each, sa.insert(table).from_select(list(types), sa.select(_arrays(types))))


def update_of(table: sa.Table, *names: str) -> PreparedWrite:
    """Prepare an UPDATE of these columns; each row names its ``id``."""
    types = {name: table.columns[name].type for name in ("id", *names)}
    given = _arrays(types)
    of_row = sa.update(table).where(table.columns.id == _new("id", types["id"]))
    of_rows = sa.update(table).where(table.columns.id == given.columns.id)
    each = of_row.values({name: _new(name, types[name]) for name in names})
    return PreparedWrite(each, of_rows.values({name: given.columns[name] for name in names}))


def _new(name: str, kind: Any) -> sa.BindParameter[Any]:
    """Return a parameter under a name that no column has."""
    return sa.bindparam(_NEW + name, type_=kind)


def _arrays(types: Mapping[str, Any]) -> sa.TableValuedAlias:
    """Return rows that are given as an array a column."""
    arrays = [_new(name, ARRAY(_of_any_length(kind))) for name, kind in types.items()]
    columns = [sa.column(name, kind) for name, kind in types.items()]
    return sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _compile(
    statement: sa.ClauseElement, dialect: sa.Dialect, lists: Mapping[str, Sequence[Any]] | None = None
) -> _Compiled:
    """Compile for values in order; ``lists`` are those that are written out, with a place for each value."""
    in_order: Any = type(dialect)
    style = "qmark" if dialect.name == "sqlite" else "numeric_dollar"
    compiled: Any = statement.compile(dialect=in_order(paramstyle=style))
    state = compiled.construct_expanded_state({**dict.fromkeys(compiled.binds), **(lists or {})})
    types = {name: bind.type for name, bind in compiled.binds.items()}
    for name, places in state.parameter_expansion.items():
        types.update(dict.fromkeys(places, types[name]))
    converts = [_to_driver(types[name], dialect) for name in state.positiontup]
    names = [name.removeprefix(_NEW) for name in state.positiontup]
    return _Compiled(state.statement, tuple(zip(names, converts, strict=True)))


def _to_driver(kind: Any, dialect: sa.Dialect) -> Convert | None:
    """Return how values are converted, or how the elements of arrays are written."""
    if isinstance(kind, ARRAY):
        return _element_of(kind.item_type, dialect)
    if isinstance(kind, sa.LargeBinary):
        return None  # the driver takes bytes as they are
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(256)(convert) if convert and isinstance(kind, sa.types.TypeDecorator) else convert


def _element_of(kind: Any, dialect: sa.Dialect) -> Convert:
    """Return what writes an element of an array. The same few moments come again and again."""
    if not isinstance(kind, sa.types.TypeDecorator):
        return _ELEMENT[kind.python_type]
    element = _ELEMENT[kind.impl_instance.python_type]
    convert: Any = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(256)(lambda value: element(convert(value)))


def _of_any_length(kind: Any) -> Any:
    """Return the type without its limit: a cast would cut what is longer, where the column refuses it."""
    return sa.String() if isinstance(kind, sa.String) else kind


def _padded(values: Iterable[Any]) -> list[Any]:
    """Return values in order, the last repeated up to a power of two: of few lengths there are few texts to compile."""
    once = sorted(set(values))
    length = 1 << (len(once) - 1).bit_length() if once else 0
    return once + once[-1:] * (length - len(once))


def _array(values: Iterable[Any], element: Convert | None) -> str:
    """Write an array as PostgreSQL reads it; the driver takes ten times as long for a list."""
    assert element is not None
    return "{" + ",".join(["NULL" if each is None else element(each) for each in values]) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ELEMENT: dict[type, Callable[[Any], str]] = {
    bool: lambda each: "t" if each else "f",
    int: str,
    UUID: lambda each: f"{each.int:032x}",
    str: _quoted,
    bytes: lambda each: f'"\\\\x{each.hex()}"',
    date: date.isoformat,
    datetime: lambda each: f'"{each.isoformat()}"',
}
"""How values of each type stand in an array (PostgreSQL 8.15.6: in quotes, ``"`` and ``\\`` behind a backslash)."""


def _passed(value: Any, convert: Convert | None) -> Any:
    return value if convert is None else convert(value)


def _converted(row: Sequence[Any], converters: Sequence[tuple[int, Convert]]) -> list[Any]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return values
