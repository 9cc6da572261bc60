"""The office's list of imported files: filters that narrow each other, an order, pages, how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.life.imports import Import, imports_with_ids
from codes.office.names import ids_of_imports
from codes.store.clauses import Clause, paged, within
from codes.store.transaction import Transaction


class ImportState(StrEnum):
    """How far a file is."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class ImportOrder(StrEnum):
    """What the list is sorted by."""

    MADE = "made"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class ImportFilters:
    """What the listed files have in common; what is empty narrows nothing."""

    search: str = ""
    state: ImportState | None = None
    day: date | None = None


def page_of_imports(
    t: Transaction,
    filters: ImportFilters,
    *,
    order: ImportOrder = ImportOrder.MADE,
    descending: bool = True,
    limit: int,
    offset: int = 0,
) -> list[Import]:
    """Return some of the files that fit, in this order."""
    imports = tables.imports
    columns: list[sa.ColumnElement[Any]] = [imports.c.made_at, imports.c.id]
    if order is ImportOrder.NAME:
        columns = [imports.c.name, imports.c.id]
    query = paged(sa.select(imports.c.id).where(*_fitting(t, filters)), columns, descending, limit, offset)
    return imports_with_ids(t, list(t.connection.execute(query).scalars()))


def count_imports(t: Transaction, filters: ImportFilters) -> int:
    """Return how many files fit."""
    query = sa.select(sa.func.count()).select_from(tables.imports).where(*_fitting(t, filters))
    return int(t.connection.execute(query).scalar_one())


def _fitting(t: Transaction, filters: ImportFilters) -> list[Clause]:
    imports, clauses = tables.imports, list[Clause]()
    if filters.search:
        clauses.append(imports.c.id.in_(ids_of_imports(t, filters.search)))
    if filters.state is not None:
        clauses += _in_state(filters.state)
    if filters.day is not None:
        clauses.append(within(imports.c.made_at, t.house.days.borders(filters.day)))
    return clauses


def _in_state(state: ImportState) -> list[Clause]:
    started, stopped, finished = (tables.imports.c[f"{what}_at"] for what in ("started", "stopped", "finished"))
    if state is ImportState.DONE:
        return [finished.is_not(None)]
    if state is ImportState.NOT_STARTED:
        return [started.is_(None), finished.is_(None)]
    is_stopped = stopped.is_not(None) if state is ImportState.STOPPED else stopped.is_(None)
    return [started.is_not(None), finished.is_(None), is_stopped]
