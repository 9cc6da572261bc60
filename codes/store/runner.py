"""Makes the trips of steps over a connection, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

from codes.store.trips import Reads, Rows, Steps, Trip

Result = TypeVar("Result")


def run(connection: sa.Connection, steps: Steps[Result]) -> Result:
    """Make all trips of some steps over one connection, and return their result."""
    rows: Rows | None = None
    while True:
        try:
            trip = next(steps) if rows is None else steps.send(rows)
        except StopIteration as end:
            result: Result = end.value
            return result
        rows = make(connection, trip)


def make(connection: sa.Connection, trip: Trip) -> Rows:
    """Make one trip. Raises what the driver raises, as SQLAlchemy does."""
    with _errors_as_sqlalchemys(connection) as driver:
        if connection.dialect.name == "sqlite":
            return _made_by_sqlite(driver, connection.dialect, trip)
        from codes.store.packets import packets_of

        return packets_of(connection).make(trip)


def _made_by_sqlite(driver: Any, dialect: sa.Dialect, trip: Trip) -> Rows:
    if isinstance(trip, Reads):
        sent = [(read.as_sent(dialect, **lists), read.row_maker(dialect)) for read, lists in trip.reads]
        return [[*map(maker, driver.execute(*each).fetchall())] for each, maker in sent]
    for text, times in [write.as_sent(dialect, rows) for write, rows in trip.writes if rows]:
        driver.executemany(text, times)
    driver.commit()
    return []


@contextmanager
def _errors_as_sqlalchemys(connection: sa.Connection) -> Iterator[Any]:
    """Give the driver's connection; its errors become SQLAlchemy's, without values."""
    driver: Any = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    try:
        yield raw
    except driver.Error as error:
        raise sa.exc.DBAPIError.instance(
            *(None, None, error, driver.Error),
            hide_parameters=True,
            dialect=connection.dialect,
            connection_invalidated=getattr(raw, "closed", False),
        ) from error
