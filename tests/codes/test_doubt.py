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
from codes.judging.answers import Recorded
from codes.judging.presentation import BadSignature, Presentation
from codes.model import EventKind
from codes.recipients.tickets import ShownCode
from codes.store.committing import GroupCommitter
from codes.store.database import CommitInDoubt
from tests.codes.conftest import recorded
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.own_loop import run
from tests.parts.postgresql import PostgresServer

Announce = Callable[[str], ShownCode]
PATIENCE_SECONDS = 20


@pytest.fixture
def database(server: PostgresServer) -> Iterator[Database]:
    """A migrated store on it."""
    store = Database(server.fresh_database())
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Presentation]:
    """What was left to the committing thread."""
    left: list[Presentation] = []
    hand_in = GroupCommitter.hand_in

    def watched(committer: GroupCommitter[Presentation, Recorded], job: Presentation, settle: object) -> None:
        left.append(job)
        hand_in(committer, job, settle)  # type: ignore[arg-type]

    monkeypatch.setattr(GroupCommitter, "hand_in", watched)
    return left


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
    kinds = [event.kind for event in codes.events(recorded(codes, reference).parcel_id)]
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


async def on_lanes(codes: DeliveryCodes, presentations: list[Presentation]) -> list[Recorded | Exception]:
    """Hand presentations in on the event loop, all at once."""
    loop = asyncio.get_running_loop()
    waited: list[Future[Recorded | Exception]] = [Future() for _ in presentations]
    for presentation, settled in zip(presentations, waited, strict=True):
        codes.hand_in(presentation, settled.set_result)
    return list(await asyncio.gather(*(asyncio.wrap_future(each, loop=loop) for each in waited)))


async def warmed_up(codes: DeliveryCodes, presentation: Presentation, left: list[Presentation]) -> None:
    """Ask until nothing is left to the thread any more."""
    while True:
        left.clear()
        await on_lanes(codes, [presentation])
        await asyncio.sleep(0.1)
        if not left:
            return


def test_on_the_event_loop_too_nobody_is_told_before_the_standby_has_it(
    codes: DeliveryCodes,
    database: Database,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    left: list[Presentation],
) -> None:
    early, doubtful = (driver.presentation(announce(each).payload, each, now=clock()) for each in ("P-1", "P-2"))

    async def go() -> None:
        await warmed_up(codes, early, left)
        set_standby(database, "nobody")
        try:
            asked = asyncio.ensure_future(on_lanes(codes, [doubtful]))
            first = await asyncio.to_thread(waiting_commit, database)
            assert left == []
            cancel(database, first)
            await asyncio.to_thread(waiting_commit, database, but=first)
            assert left == [doubtful]
            assert not asked.done()
        finally:
            set_standby(database, "")
        (answer,) = await asked
        assert isinstance(answer, Recorded)
        assert answer.answer.outcome is Outcome.ACCEPTED

    run(go())
    assert handovers(codes, "P-2") == 1


def test_on_the_event_loop_what_is_signed_wrongly_leaves_no_trace_and_spoils_nothing(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    left: list[Presentation],
) -> None:
    payloads = {name: announce(name).payload for name in ("P-1", "P-2", "P-3")}
    stranger = SigningDevice(device_id=driver.device_id)
    early = driver.presentation(payloads["P-1"], "P-1", now=clock())
    signed = driver.presentation(payloads["P-2"], "P-2", now=clock())
    forged = stranger.presentation(payloads["P-3"], "P-3", now=clock())
    guess = stranger.presentation("000000", "P-3", now=clock())

    async def go() -> None:
        await warmed_up(codes, early, left)
        answer, *refusals = await on_lanes(codes, [signed, forged, guess])
        assert left == []
        assert isinstance(answer, Recorded)
        assert answer.answer.outcome is Outcome.ACCEPTED
        assert [type(each) for each in refusals] == [BadSignature, BadSignature]

    run(go())
    kinds = [event.kind for event in codes.events(recorded(codes, "P-3").parcel_id)]
    assert EventKind.PRESENTED not in kinds
    assert codes.present(driver.presentation(payloads["P-3"], "P-3", now=clock())).outcome is Outcome.ACCEPTED
