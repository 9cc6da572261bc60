"""What is written many rows at once comes back as it was, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from codes import Database
from codes.store.prepared import insert_into, update_of
from codes.store.runner import make
from codes.store.trips import Commit
from codes.tables import Instant

AWKWARD = ["", "NULL", '"', "\\", '\\"', "a,b", "{x}", " ", "\n", "'", "%s", "\\x41", "ß 𝄞", '{"answer": "\\u0000"}']

metadata = sa.MetaData()
notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("text", sa.String(40)),
    sa.Column("number", sa.Integer),
    sa.Column("yes", sa.Boolean),
    sa.Column("mac", sa.LargeBinary),
    sa.Column("at", Instant),
    sa.Column("day", sa.Date),
)
INSERT, CHANGE = insert_into(notes), update_of(notes, "text", "number")


@pytest.fixture
def store(store_url: str) -> Database:
    """A store with a table that has a column of each type."""
    store = Database(store_url)
    with store.writing() as connection:
        metadata.create_all(connection)
    return store


def written(store: Database) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(notes).order_by(notes.c.id))]


@pytest.mark.parametrize("together", [1, 3, len(AWKWARD)])
def test_every_value_comes_back_as_it_was(store: Database, together: int) -> None:
    at = datetime(2026, 11, 24, 10, 11, 12, 345678, tzinfo=UTC)
    rows = [
        {"id": UUID(int=number), "text": text, "number": -number, "yes": number % 2 == 0}
        | {"mac": bytes([number, 0, 34, 92, 255]), "at": at, "day": date(2026, 2, 28)}
        for number, text in enumerate(AWKWARD)
    ]
    for start in range(0, len(rows), together):
        with store.writing() as connection:
            make(connection, Commit([(INSERT, rows[start : start + together])]))
    assert written(store) == [tuple(row.values()) for row in rows]
    store.close()


def test_what_a_row_leaves_out_is_null_and_a_change_meets_its_own_row(store: Database) -> None:
    first, second = UUID(int=1), UUID(int=2)
    with store.writing() as connection:
        make(connection, Commit([(INSERT, [{"id": first}, {"id": second, "text": "two"}])]))
    with store.writing() as connection:
        changes = [{"id": second, "text": '"', "number": 2}, {"id": first, "text": None, "number": 1}]
        make(connection, Commit([(CHANGE, changes)]))
    nothing = (None,) * 4
    assert written(store) == [(first, None, 1, *nothing), (second, '"', 2, *nothing)]
    store.close()


def test_a_text_too_long_for_its_column_is_refused_and_not_cut(postgres_url: str) -> None:
    store = Database(postgres_url)
    with store.writing() as connection:
        metadata.create_all(connection)
    with pytest.raises(sa.exc.DBAPIError), store.writing() as connection:
        make(connection, Commit([(INSERT, [{"id": UUID(int=1), "text": "x" * 41}])]))
    assert written(store) == []
    store.close()
