"""A commit of which nobody knows whether the standby has it: no answer is given before that is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, Outcome
from codes.life.parcel_records import events_of_parcel
from codes.model import EventKind
from codes.recipients.tickets import ShownCode
from codes.store.database import CommitInDoubt
from codes.verification.answering import StoredAnswer
from codes.verification.presentation import BadSignature, Presentation
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.stores import migrated
from tests.parts.web.own_loop import run

Announce = Callable[[str], ShownCode]
PATIENCE_SECONDS = 20


@pytest.fixture
def database(server: PostgresServer) -> Iterator[Database]:
    """A migrated store on it."""
    with migrated(server.fresh_database()) as store:
        yield store


def set_standby(database: Database, name: str) -> None:
    """Let commits wait for a standby of this name, or for none."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        while connection.exec_driver_sql("SHOW synchronous_standby_names").scalar_one() != name:
            time.sleep(0.01)


@contextmanager
def standby_away(database: Database) -> Iterator[None]:
    """Let every commit wait for a standby that never comes."""
    set_standby(database, "nobody")
    try:
        yield
    finally:
        set_standby(database, "")


def waiting_commit(database: Database, *, but: int = 0) -> int:
    """Wait until a commit waits for the standby, and return its server process."""
    query = sa.text("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid <> :but")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with database.reading() as connection:
            pid = connection.execute(query, {"but": but}).scalar()
        if pid is not None:
            return int(pid)
        time.sleep(0.01)
    raise AssertionError("no commit waits for the standby")


def cancel(database: Database, pid: int) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT pg_cancel_backend(%s)", (pid,)).scalar_one()


def handovers(codes: DeliveryCodes, reference: str) -> int:
    kinds = [event.kind for event in codes.read(events_of_parcel, recorded(codes, reference).parcel_id)]
    return kinds.count(EventKind.HANDED_OVER)


def test_a_commit_in_doubt_is_no_answer_and_asking_again_waits_for_the_standby(
    codes: DeliveryCodes, database: Database, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    presentation = driver.presentation(announce("P-1").payload, "P-1", now=clock())
    with ThreadPoolExecutor(1) as thread:
        with standby_away(database):
            first = thread.submit(codes.present, presentation)
            cancel(database, waiting_commit(database))
            with pytest.raises(CommitInDoubt):
                first.result(PATIENCE_SECONDS)
            again = thread.submit(codes.present, presentation)
            waiting_commit(database)
            assert not again.done()
        assert again.result(PATIENCE_SECONDS).outcome is Outcome.ACCEPTED
    assert handovers(codes, "P-1") == 1


async def all_at_once(codes: DeliveryCodes, presentations: list[Presentation]) -> list[StoredAnswer | Exception]:
    """Submit presentations on an event loop, all at once; returns what became of each, or why it was not taken."""
    loop = asyncio.get_running_loop()
    waited: list[Future[StoredAnswer | Exception]] = [Future() for _ in presentations]
    for presentation, done in zip(presentations, waited, strict=True):
        try:
            codes.verification.submit(presentation, done.set_result)
        except BadSignature as error:
            done.set_result(error)
    return list(await asyncio.gather(*(asyncio.wrap_future(each, loop=loop) for each in waited)))


def test_of_a_batch_in_doubt_each_is_asked_again_and_nobody_is_told_before_the_standby_has_it(
    codes: DeliveryCodes, database: Database, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    first, *others = (driver.presentation(announce(each).payload, each, now=clock()) for each in ("P-1", "P-2", "P-3"))

    async def go() -> None:
        with standby_away(database):
            blocking = asyncio.ensure_future(all_at_once(codes, [first]))
            held_up = await asyncio.to_thread(waiting_commit, database)
            asked = asyncio.ensure_future(all_at_once(codes, others))
            await asyncio.sleep(0.2)
            cancel(database, held_up)
            (doubtful,) = await blocking
            assert isinstance(doubtful, CommitInDoubt)
            batch = await asyncio.to_thread(waiting_commit, database, but=held_up)
            cancel(database, batch)
            await asyncio.to_thread(waiting_commit, database, but=batch)
            assert not asked.done()
        answers = await asked
        assert [each.answer.outcome for each in answers if isinstance(each, StoredAnswer)] == [Outcome.ACCEPTED] * 2

    run(go())
    assert [handovers(codes, reference) for reference in ("P-1", "P-2", "P-3")] == [1, 1, 1]


def test_what_is_signed_wrongly_leaves_no_trace_and_spoils_nothing(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    payloads = {name: announce(name).payload for name in ("P-2", "P-3")}
    stranger = SigningDevice(device_id=driver.device_id)
    signed = driver.presentation(payloads["P-2"], "P-2", now=clock())
    forged = stranger.presentation(payloads["P-3"], "P-3", now=clock())
    guess = stranger.presentation("000000", "P-3", now=clock())
    answer, *refusals = run(all_at_once(codes, [signed, forged, guess]))
    assert isinstance(answer, StoredAnswer)
    assert answer.answer.outcome is Outcome.ACCEPTED
    assert [type(each) for each in refusals] == [BadSignature, BadSignature]
    kinds = [event.kind for event in codes.read(events_of_parcel, recorded(codes, "P-3").parcel_id)]
    assert EventKind.PRESENTED not in kinds
    assert codes.present(driver.presentation(payloads["P-3"], "P-3", now=clock())).outcome is Outcome.ACCEPTED
