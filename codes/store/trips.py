"""Trips to the database, as steps ask for them. Steps know no connection; ``codes/store/runner.py`` makes the trips."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from codes.store.prepared import PreparedRead, PreparedWrite

Result = TypeVar("Result")
Rows = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Reads:
    """Reads in their order, each after the one before; answered with the rows of each.

    ``meanwhile`` is work for the time in which the database reads: it may be called then, and does nothing twice.
    """

    reads: Sequence[tuple[PreparedRead, Mapping[str, Iterable[Any]]]]
    meanwhile: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """Rows to be written in their order and committed in the same trip; where there are none, nothing is sent."""

    writes: Sequence[tuple[PreparedWrite, Sequence[Mapping[str, Any]]]]


Trip = Reads | Commit
Steps = Generator[Trip, Rows, Result]
"""What is done between trips: yields the next trip, is sent its rows, and returns what came of it all."""
