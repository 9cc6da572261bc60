"""One trip to the database for statements that belong together: a group's reads, or its writes with their commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from codes.prepared import PreparedRead, PreparedWrite

Values = Sequence[Any]


def read_all(connection: sa.Connection, *reads: tuple[PreparedRead, Mapping[str, Iterable[Any]]]) -> list[list[Any]]:
    """Run reads in their order, each after the one before, and return the rows of each."""
    dialect = connection.dialect
    sent = [read.as_sent(dialect, **lists) for read, lists in reads]
    makers = [read.row_maker(dialect) for read, _ in reads]
    with _errors_as_sqlalchemys(connection) as driver:
        if dialect.name == "sqlite":
            return [[*map(make, driver.execute(*each).fetchall())] for each, make in zip(sent, makers, strict=True)]
        from codes.packets import packets_of

        return packets_of(connection).read(list(zip(sent, makers, strict=True)))


def write_all(connection: sa.Connection, *writes: tuple[PreparedWrite, Sequence[Mapping[str, Any]]]) -> None:
    """Write rows in their order, and commit in the same trip; where there are none, nothing is sent for them."""
    sent = [write.as_sent(connection.dialect, rows) for write, rows in writes if rows]
    with _errors_as_sqlalchemys(connection) as driver:
        if connection.dialect.name == "sqlite":
            for text, times in sent:
                driver.executemany(text, times)
            driver.commit()
            return
        from codes.packets import packets_of

        packets_of(connection).write_and_commit([(text, values) for text, times in sent for values in times])


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
