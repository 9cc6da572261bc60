"""What the hot path writes by itself is what SQLAlchemy would have written."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from codes import Database, tables
from codes.store.statements import among, fetch, write

MOMENT = datetime(2026, 11, 24, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
ROW: dict[str, Any] = {
    "id": UUID(int=7),
    "name": "Van ‹7›",
    "kind": "driver",
    "language": "en",
    "public_key": bytes(range(65)),
    "session_digest": bytes(range(32)),
    "salt": b"\0\xff",
    "enrolled_at": MOMENT,
    "revoked_at": None,
    "wrong_digits": 3,
}
CHANGED = {"id": ROW["id"], "wrong_digits": 4, "wrong_digits_on": date(2026, 11, 25)}


def kept(database: Database) -> Any:
    """Return the row as the database keeps it, and take it away."""
    with database.writing() as connection:
        row = connection.exec_driver_sql("SELECT * FROM devices").one()
        connection.execute(sa.delete(tables.devices))
    return tuple(row)


def test_rows_are_kept_as_sqlalchemy_keeps_them(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(tables.devices), [ROW])
        connection.execute(sa.update(tables.devices).where(tables.devices.c.id == ROW["id"]).values(CHANGED))
    by_sqlalchemy = kept(database)
    with database.writing() as connection:
        write(connection, {tables.devices: [ROW]}, {})
        write(connection, {}, {tables.devices: [CHANGED]})
    assert kept(database) == by_sqlalchemy


@pytest.mark.parametrize("name", ["id", "session_digest", "name"])
def test_a_list_finds_what_is_in_it_and_nothing_else(database: Database, name: str) -> None:
    other = {**ROW, "id": UUID(int=8), "session_digest": bytes(32), "public_key": bytes(65), "name": '"], ["'}
    with database.writing() as connection:
        write(connection, {tables.devices: [ROW, other]}, {})
        dialect, column = connection.dialect.name, tables.devices.c[name]
        query = sa.select(tables.devices.c.id).where(among(dialect, column, "wanted"))
        for wanted in ([ROW[name]], [other[name], ROW[name], ROW[name]], []):
            (rows,) = fetch(connection, (query, {"wanted": wanted}))
            assert {row.id for row in rows} == {each["id"] for each in (ROW, other) if each[name] in wanted}
