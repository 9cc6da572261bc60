"""A trip to PostgreSQL in one packet: what fails in it leaves nothing, and the connection goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg.errors import UndefinedTable, UniqueViolation

from codes import Database
from codes.ledger import EARLIER
from codes.packets import Packets, packets_of
from codes.trips import Reads, make

INSERT = "INSERT INTO notes SELECT unnest($1::INTEGER[])"
READ = "SELECT number FROM notes WHERE number = ANY ($1::INTEGER[]) ORDER BY number"


@pytest.fixture
def connection(postgres_url: str) -> Iterator[sa.Connection]:
    """A connection to a store with one table of numbers."""
    store = Database(postgres_url)
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (number integer PRIMARY KEY)")
    with store.engine.connect() as connection:
        yield connection
    store.close()


@pytest.fixture
def packets(connection: sa.Connection) -> Packets:
    """What speaks over the connection."""
    return packets_of(connection)


def numbers(packets: Packets) -> list[int]:
    [rows] = packets.read([((READ, ["{1,2,3}"]), tuple)])
    return [number for (number,) in rows]


def test_what_is_written_is_committed_in_the_same_trip(connection: sa.Connection, packets: Packets) -> None:
    packets.write_and_commit([(INSERT, ["{1,2}"]), (INSERT, ["{3}"])])
    connection.rollback()
    assert numbers(packets) == [1, 2, 3]
    assert packets_of(connection) is packets


@pytest.mark.parametrize("known", [False, True], ids=["first time", "prepared"])
def test_after_a_statement_that_fails_nothing_is_written_and_the_connection_goes_on(
    connection: sa.Connection, packets: Packets, known: bool
) -> None:
    packets.write_and_commit([(INSERT, ["{1}"])] if known else [])
    with pytest.raises(UniqueViolation):
        packets.write_and_commit([(INSERT, ["{2}"]), (INSERT, ["{2}"]), (INSERT, ["{3}"])])
    connection.connection.rollback()
    assert numbers(packets) == ([1] if known else [])
    connection.connection.rollback()
    packets.write_and_commit([(INSERT, ["{2}"])])
    assert numbers(packets) == ([1, 2] if known else [2])


def test_a_statement_that_cannot_be_prepared_is_named_and_may_be_sent_again(
    connection: sa.Connection, packets: Packets
) -> None:
    for _ in range(2):
        with pytest.raises(UndefinedTable):
            packets.read([(("SELECT 1 FROM nowhere", []), tuple)])
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
