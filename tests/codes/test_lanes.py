"""Groups on an event loop: what goes smoothly is done there, and what does not is left to a thread, never lost."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
import uvloop

from codes import Database
from codes.store.committing import Settle
from codes.store.kept import to_be_kept
from codes.store.lanes import LANES, Lanes
from codes.store.prepared import Among, PreparedRead, insert_into
from codes.store.trips import Commit, Reads, Steps
from tests.parts.own_loop import run
from tests.parts.postgresql import PostgresServer

notes = sa.Table("notes", sa.MetaData(), sa.Column("word", sa.String, primary_key=True))


def _standing(among: Among) -> sa.Select[Any]:
    return sa.select(notes.c.word).where(among(notes.c.word, "words")).with_for_update()


STANDING, INSERT = PreparedRead(_standing), insert_into(notes)


def note(words: Sequence[str]) -> Steps[list[str | Exception]]:
    """Write words that are not there yet; "bad" is refused, "worse" fails, and "twice" breaks a rule of the table."""
    (found,) = yield Reads([(STANDING, {"words": words})])
    standing = {row.word for row in found}
    if "worse" in words:
        raise ValueError("worse")
    new = [{"word": word} for word in dict.fromkeys(words) if word not in standing and word != "bad"]
    yield Commit([(INSERT, new * 2 if "twice" in words else new)])
    return [ValueError(word) if word == "bad" else word for word in words]


@pytest.fixture
def store(server: PostgresServer) -> Iterator[Database]:
    """A store with one table of words."""
    store = Database(server.fresh_database())
    with store.writing() as connection:
        notes.create(connection)
    yield store
    store.close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def on_loop(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a coroutine on each kind of loop, half a minute at most."""
    return lambda coroutine: run(asyncio.wait_for(coroutine, 30), request.param)


class Noted:
    """Lanes over the table of words, and what was left to the thread."""

    def __init__(self, store: Database) -> None:
        self.store = store
        self.left: list[str] = []
        self.opened: list[sa.Connection] = []
        self.lanes: Lanes[str, str] = Lanes(self.opening, note, self.leave)

    def words(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.execute(sa.select(notes.c.word).order_by(notes.c.word)).scalars())

    def transactions(self) -> int:
        with self.store.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(DISTINCT xmin::text) FROM notes").scalar_one())

    def sockets(self) -> list[socket.socket]:
        raws: list[Any] = [each.connection.driver_connection for each in self.opened]
        return [socket.socket(fileno=socket.dup(raw.fileno())) for raw in raws]

    async def note(self, *words: str) -> list[str | Exception]:
        """Hand words in all at once, and wait for what becomes of them."""
        loop = asyncio.get_running_loop()
        waited = [loop.create_future() for _ in words]
        for word, settled in zip(words, waited, strict=True):
            self.lanes.hand_in(word, settled.set_result)
        return await asyncio.gather(*waited)

    async def open(self) -> None:
        """Wait until what is handed in is no longer left to the thread."""
        while True:
            self.left.clear()
            await self.note("bad")
            if not self.left and sum(not each.closed for each in self.opened) == LANES:
                return
            await asyncio.sleep(0.02)

    def cut_off(self) -> None:
        """Let the server end the lanes' connections, and no others."""
        raws: list[Any] = [each.connection.driver_connection for each in self.opened[-LANES:]]
        with self.store.reading() as connection:
            for raw in raws:
                connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (raw.info.backend_pid,))

    def cut_off_at_work(self) -> None:
        """Let the server end the connections that wait for a row."""
        with self.store.reading() as connection:
            waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            assert len(connection.exec_driver_sql(f"{waiting} AND datname = current_database()").all()) == 1

    def opening(self) -> sa.Connection:
        self.opened.append(to_be_kept(self.store))
        return self.opened[-1]

    def leave(self, word: str, settle: Settle[str]) -> None:
        self.left.append(word)
        asyncio.get_running_loop().call_later(0.01, settle, f"{word}, by the thread")


@contextmanager
def holding(store: Database) -> Iterator[None]:
    """Hold the row of the word "held", so that whoever wants it waits."""
    with store.writing() as connection:
        connection.execute(sa.select(notes).where(notes.c.word == "held").with_for_update())
        yield


Go = Callable[[Coroutine[Any, Any, None]], None]


def test_until_connections_are_open_the_thread_does_it_and_then_they_do_many_at_once(
    store: Database, on_loop: Go
) -> None:
    noted = Noted(store)

    async def go() -> None:
        assert await noted.note("a", "b") == ["a, by the thread", "b, by the thread"]
        await noted.open()
        words = [f"w{number:02}" for number in range(60)]
        assert await noted.note(*words) == words
        assert (noted.left, noted.words()) == ([], words)
        assert noted.transactions() == 1
        await asyncio.gather(*(noted.note(f"v{number}") for number in range(200)))
        assert (noted.left, len(noted.words())) == ([], 260)
        noted.lanes.close()

    on_loop(go())


def test_a_refused_job_costs_its_own_answer_and_no_more(store: Database, on_loop: Go) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        a, bad, b = await noted.note("a", "bad", "b")
        assert (a, str(bad), b) == ("a", "bad", "b")
        assert (noted.left, noted.words()) == ([], ["a", "b"])
        noted.lanes.close()

    on_loop(go())


@pytest.mark.parametrize("wrong", ["worse", "twice"], ids=["while judging", "in the database"])
def test_a_group_in_which_anything_fails_is_left_whole_and_nothing_of_it_was_done(
    store: Database, on_loop: Go, wrong: str
) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        for word in ("c", "d", "e", "f"):
            assert await noted.note("a", wrong, "b") == [f"{each}, by the thread" for each in ("a", wrong, "b")]
            assert noted.left == ["a", wrong, "b"]
            await noted.open()
            assert await noted.note(word) == [word]
        assert noted.words() == ["c", "d", "e", "f"]
        noted.lanes.close()

    on_loop(go())


def test_a_connection_that_is_cut_off_while_nothing_is_asked_costs_nobody_an_answer(
    store: Database, on_loop: Go
) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        noted.cut_off()
        await asyncio.sleep(0.1)
        assert await noted.note("a") == ["a, by the thread"]
        await noted.open()
        assert await noted.note("b") == ["b"]
        noted.lanes.close()

    on_loop(go())


def test_a_connection_that_is_cut_off_at_work_leaves_its_group_and_all_that_wait(store: Database, on_loop: Go) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        await noted.note("held")
        with holding(store):
            groups = []
            for number in range(LANES + 1):
                groups.append(asyncio.ensure_future(noted.note("held", f"a{number}")))
                await asyncio.sleep(0.1)
            assert not any(group.done() for group in groups)
            noted.cut_off()
            for number, group in enumerate(groups):
                assert await group == ["held, by the thread", f"a{number}, by the thread"]
        assert noted.words() == ["held"]
        noted.lanes.close()

    on_loop(go())


def test_few_wait_for_the_group_under_way_and_as_many_as_it_has_do_not(
    store: Database, on_loop: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codes.store.lanes.PATIENCE_SECONDS", 60)
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        await noted.note("held")
        with holding(store):
            stuck = asyncio.ensure_future(noted.note("held", "a", "b"))
            await asyncio.sleep(0.1)
            few = asyncio.ensure_future(noted.note("c", "d"))
            await asyncio.sleep(0.1)
            assert not few.done()
            assert await noted.note("e") == ["e"]
            assert await few == ["c", "d"]
            assert not stuck.done()
            few = asyncio.ensure_future(noted.note("f"))
            await asyncio.sleep(0.1)
            assert not few.done()
        assert await stuck == ["held", "a", "b"]
        assert await few == ["f"]
        assert noted.left == []
        noted.lanes.close()

    on_loop(go())


def test_nobody_waits_long_for_a_group_that_hangs_or_at_all_for_one_that_failed(
    store: Database, on_loop: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        await noted.note("held")
        with holding(store):
            stuck = asyncio.ensure_future(noted.note("held", "a", "b"))
            await asyncio.sleep(0.1)
            assert await noted.note("c") == ["c"]
            monkeypatch.setattr("codes.store.lanes.PATIENCE_SECONDS", 60)
            few = asyncio.ensure_future(noted.note("d"))
            await asyncio.sleep(0.1)
            assert not few.done()
            noted.cut_off_at_work()
            assert await few == ["d"]
            assert await stuck == [f"{each}, by the thread" for each in ("held", "a", "b")]
        noted.lanes.close()

    on_loop(go())


def test_a_database_that_lets_nobody_in_is_tried_again_later(
    store: Database, on_loop: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted, tries = Noted(store), []

    def refuse() -> sa.Connection:
        tries.append(time.monotonic())
        raise OSError("nobody is let in")

    monkeypatch.setattr("codes.store.lanes.AGAIN_SECONDS", 0.3)
    lanes: Lanes[str, str] = Lanes(refuse, note, noted.leave)

    async def go() -> None:
        for number in range(40):
            lanes.hand_in(f"w{number}", print)
            await asyncio.sleep(0.02)

    on_loop(go())
    assert 2 <= len(tries) <= 4
    assert len(noted.left) == 40


def test_a_group_larger_than_what_the_socket_takes_at_once_arrives_whole(store: Database, on_loop: Go) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        for each in noted.sockets():
            with each:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        words = [f"{number:02}{'x' * 2000}" for number in range(60)]
        assert await noted.note(*words) == words
        assert (noted.left, noted.words()) == ([], sorted(words))
        noted.lanes.close()

    on_loop(go())


def test_closed_lanes_leave_what_is_under_way_and_hold_no_connection(store: Database, on_loop: Go) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        under_way = asyncio.ensure_future(noted.note("a"))
        await asyncio.sleep(0)
        noted.lanes.close()
        assert await under_way == ["a, by the thread"]
        assert await noted.note("b") == ["b, by the thread"]
        assert all(each.closed for each in noted.opened)

    on_loop(go())


def test_another_loop_has_lanes_of_its_own(store: Database, on_loop: Go) -> None:
    noted = Noted(store)

    async def go() -> None:
        await noted.open()
        assert await noted.note("a") == ["a"]

    on_loop(go())
    on_loop(go())
    noted.lanes.close()
    assert len(noted.opened) == 2 * LANES
    assert all(each.closed for each in noted.opened)


def test_what_fails_while_the_database_reads_leaves_the_group_and_what_is_done_then_is_done_once(
    store: Database, on_loop: Go
) -> None:
    noted, called = Noted(store), []

    def steps(words: Sequence[str]) -> Steps[list[str | Exception]]:
        def meanwhile() -> None:
            called.append(words)
            if "worse" in words:
                raise ValueError("worse")

        yield Reads([(STANDING, {"words": words})], meanwhile)
        yield Commit([])
        return list(words)

    noted.lanes = Lanes(noted.opening, steps, noted.leave)

    async def go() -> None:
        await noted.open()
        called.clear()
        assert await noted.note("a", "b") == ["a", "b"]
        assert called == [["a", "b"]]
        assert await noted.note("a", "worse") == ["a, by the thread", "worse, by the thread"]
        await noted.open()
        assert await noted.note("c") == ["c"]
        noted.lanes.close()

    on_loop(go())
