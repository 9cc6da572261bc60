"""A dedicated connection that breaks: the next presentation is answered, or its outcome unknown, and no more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, Outcome, Person, tables
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import EventKind
from codes.recipients.tickets import ShownCode
from codes.store.database import DedicatedConnection
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.stores import GROWING, migrated

Announce = Callable[[str], ShownCode]


@pytest.fixture
def store_url(server: PostgresServer) -> str:
    """The URL of an empty database on it."""
    return server.fresh_database()


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A migrated store on it."""
    with migrated(store_url) as store:
        yield store


def test_after_the_connection_was_cut_off_the_next_presentation_is_answered(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    server: PostgresServer,
    store_url: str,
) -> None:
    payloads = {reference: announce(reference).payload for reference in ("P-1", "P-2", "P-3")}
    for reference, payload in payloads.items():
        answer = codes.present(driver.presentation(payload, reference, now=clock()))
        assert answer.outcome is Outcome.ACCEPTED
        assert server.cut_off(store_url) > 0


def test_while_the_server_is_down_the_outcome_is_unknown_and_afterwards_all_is_well(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, server: PostgresServer
) -> None:
    payloads = {reference: announce(reference).payload for reference in ("P-1", "P-2", "P-3")}
    first, second, third = (driver.presentation(payload, name, now=clock()) for name, payload in payloads.items())
    given = codes.present(first)
    server.stop()
    with pytest.raises(sa.exc.OperationalError):
        codes.present(second)
    server.start()
    assert codes.present(second).outcome is Outcome.ACCEPTED
    assert codes.present(first) == given
    assert codes.present(third).outcome is Outcome.ACCEPTED
    parcel = codes.read(find_parcel, "P-2")
    assert parcel is not None
    kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
    assert kinds.count(EventKind.HANDED_OVER) == 1


def test_a_server_that_was_restarted_in_a_quiet_moment_is_not_noticed(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, server: PostgresServer
) -> None:
    payloads = {reference: announce(reference).payload for reference in ("P-1", "P-2")}
    for reference, payload in payloads.items():
        answer = codes.present(driver.presentation(payload, reference, now=clock()))
        assert answer.outcome is Outcome.ACCEPTED
        server.stop()
        server.start()


@pytest.mark.parametrize("kind", ["sqlite_url", "store_url"])
def test_work_that_fails_leaves_nothing_behind(kind: str, request: pytest.FixtureRequest) -> None:
    database = Database(request.getfixturevalue(kind))
    dedicated = DedicatedConnection(database)
    table = sa.Table("notes", sa.MetaData(), sa.Column("word", sa.String, primary_key=True))
    database.transact(lambda connection: table.create(connection), dedicated)

    def fail(connection: sa.Connection) -> None:
        connection.execute(sa.insert(table).values(word="lost"))
        raise ValueError("not this time")

    with pytest.raises(ValueError, match="not this time"):
        database.transact(fail, dedicated)
    database.transact(lambda connection: connection.execute(sa.insert(table).values(word="kept")), dedicated)
    with database.writing(dedicated) as connection:
        assert connection.execute(sa.select(table.c.word)).scalars().all() == ["kept"]
    dedicated.close()
    database.close()


def test_presentations_read_no_table_whole_not_even_a_small_one_that_nobody_analysed(
    make_codes: Callable[..., DeliveryCodes],
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    database: Database,
) -> None:
    payloads = {reference: announce(reference).payload for reference in (f"P-{number}" for number in range(12))}
    other = make_codes()
    other.close()
    before = _whole_reads(database)
    other = make_codes()
    for reference, payload in payloads.items():
        assert other.present(driver.presentation(payload, reference, now=clock())).outcome is Outcome.ACCEPTED
    other.close()
    assert _whole_reads(database) == before


def _whole_reads(database: Database) -> dict[str, int]:
    """Say how often each growing table was read whole; sessions tell what they did when they end."""
    database.engine.dispose()
    counted = sa.text("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(:names)")
    with database.reading() as connection:
        return {row.relname: row.seq_scan for row in connection.execute(counted, {"names": list(GROWING)})}


def test_a_parcel_that_had_to_be_waited_for_is_not_lost_from_the_presentation(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    person = Person("Sample Recipient", "sample@example.org")
    payload = announce("P-1", consignment="SET", recipient=person).payload
    announce("P-2", consignment="SET", recipient=person)
    presentation = driver.presentation(payload, "P-1", "P-2", now=clock())
    with ThreadPoolExecutor(1) as counter, codes.database.engine.connect() as other:
        other.execute(sa.update(tables.parcels).values(events=tables.parcels.c.events))
        answer = counter.submit(codes.present, presentation)
        _wait_until_somebody_waits(codes.database)
        other.commit()
        assert answer.result().handed_over == 2


def _wait_until_somebody_waits(database: Database) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with database.reading() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("the presentation waits for nobody")
