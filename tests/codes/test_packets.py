"""A trip to PostgreSQL in one packet: what fails in it leaves nothing, and the connection goes on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg.errors import UndefinedTable, UniqueViolation

from codes import Database
from codes.judging.ledger import EARLIER
from codes.store.packets import Packets, packets_of
from codes.store.prepared import Among, PreparedRead, insert_into
from codes.store.runner import make
from codes.store.trips import Commit, Reads

notes = sa.Table("notes", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True))
nowhere = sa.Table("nowhere", sa.MetaData(), sa.Column("number", sa.Integer))
INSERT = insert_into(notes)


def _numbers(table: sa.Table, among: Among) -> sa.Select[Any]:
    return sa.select(table.c.number).where(among(table.c.number, "numbers")).order_by(table.c.number)


READ, READ_NOWHERE = (PreparedRead(partial(_numbers, table)) for table in (notes, nowhere))
THREE = {"numbers": [1, 2, 3]}


@pytest.fixture
def connection(postgres_url: str) -> Iterator[sa.Connection]:
    """A connection to a store with one table of numbers."""
    store = Database(postgres_url)
    with store.writing() as connection:
        notes.create(connection)
    with store.engine.connect() as connection:
        yield connection
    store.close()


@pytest.fixture
def packets(connection: sa.Connection) -> Packets:
    """What speaks over the connection."""
    return packets_of(connection)


def numbers(packets: Packets) -> list[int]:
    [rows] = packets.make(Reads([(READ, THREE)]))
    return [row.number for row in rows]


def write(packets: Packets, *groups: list[int]) -> None:
    """Write numbers by a statement a group, and commit."""
    packets.make(Commit([(INSERT, [{"number": each} for each in group]) for group in groups]))


def test_what_is_written_is_committed_in_the_same_trip(connection: sa.Connection, packets: Packets) -> None:
    write(packets, [1, 2], [3])
    connection.rollback()
    assert numbers(packets) == [1, 2, 3]
    assert packets_of(connection) is packets


@pytest.mark.parametrize("known", [False, True], ids=["first time", "prepared"])
def test_after_a_statement_that_fails_nothing_is_written_and_the_connection_goes_on(
    connection: sa.Connection, packets: Packets, known: bool
) -> None:
    write(packets, *([[1]] if known else []))
    with pytest.raises(UniqueViolation):
        write(packets, [2], [2], [3])
    connection.connection.rollback()
    assert numbers(packets) == ([1] if known else [])
    connection.connection.rollback()
    write(packets, [2])
    assert numbers(packets) == ([1, 2] if known else [2])


def test_a_statement_that_cannot_be_prepared_is_named_and_may_be_sent_again(
    connection: sa.Connection, packets: Packets
) -> None:
    for _ in range(2):
        with pytest.raises(UndefinedTable):
            packets.make(Reads([(READ_NOWHERE, THREE)]))
        connection.connection.rollback()
    assert numbers(packets) == []


def test_other_statements_of_the_connection_and_what_undoes_them_leave_the_prepared_ones_alone(
    connection: sa.Connection, packets: Packets
) -> None:
    assert numbers(packets) == []
    for _ in range(3):
        for _ in range(10):
            connection.exec_driver_sql("SELECT number FROM notes WHERE number = %s", (1,))
        connection.rollback()
        assert numbers(packets) == []
        connection.connection.rollback()


def test_what_the_server_forgot_is_prepared_anew_and_counts_as_undone(postgres_url: str) -> None:
    store = Database(postgres_url)
    tries = 0

    def work(connection: sa.Connection) -> list[Any]:
        nonlocal tries
        tries += 1
        return make(connection, Reads([(EARLIER, {"ids": []})]))

    store.migrate()
    for forget in ("DEALLOCATE ALL", "DISCARD ALL"):
        assert store.transact(work) == [[]]
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(forget)
        assert store.transact(work) == [[]]
    assert tries == 6
    store.close()
