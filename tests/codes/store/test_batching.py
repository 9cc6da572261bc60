"""Group commit: everything is done once, and one bad job costs only itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from codes import Database
from codes.store.batching import BatchPipeline, PipelineClosed, Work

Open = Callable[..., BatchPipeline[int, int]]
notes = sa.Table("notes", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True))


@pytest.fixture
def open_pipeline(database: Database) -> Iterator[Open]:
    """Open pipelines over the test's store, and close them."""
    opened: list[BatchPipeline[int, int]] = []
    with database.writing() as connection:
        notes.create(connection)

    def do(work: Work[int, int], largest: int = 64) -> BatchPipeline[int, int]:
        opened.append(BatchPipeline(database, work, largest))
        return opened[-1]

    yield do
    for each in opened:
        each.close()


def noted(database: Database) -> list[int]:
    with database.reading() as connection:
        return sorted(connection.execute(sa.select(notes.c.number)).scalars())


def test_what_gathers_while_one_batch_is_committed_is_the_next_batch(open_pipeline: Open) -> None:
    batches: list[Sequence[int]] = []
    first_runs, go_on = threading.Event(), threading.Event()

    def work(_connection: sa.Connection, jobs: Sequence[int]) -> list[int | Exception]:
        batches.append(jobs)
        first_runs.set()
        assert go_on.wait(10)
        return [job * 2 for job in jobs]

    pipeline = open_pipeline(work, largest=8)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(pipeline.result_of, 0)
        assert first_runs.wait(10)
        others = [pool.submit(pipeline.result_of, number) for number in range(1, 13)]
        while pipeline.waiting < 12:
            threading.Event().wait(0.01)
        go_on.set()
        assert first.result() == 0
        assert [other.result() for other in others] == [number * 2 for number in range(1, 13)]
    assert [len(batch) for batch in batches] == [1, 8, 4]


def test_a_job_that_breaks_its_batch_fails_alone(open_pipeline: Open, database: Database) -> None:
    def work(connection: sa.Connection, jobs: Sequence[int]) -> list[int | Exception]:
        for job in jobs:
            connection.execute(sa.insert(notes).values(number=job))
        if 13 in jobs:
            raise RuntimeError("cannot be done")
        return list(jobs)

    pipeline = open_pipeline(work)

    def outcome(job: int) -> int | str:
        try:
            return pipeline.result_of(job)
        except RuntimeError as error:
            return str(error)

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(outcome, range(20)))
    assert outcomes == [*range(13), "cannot be done", *range(14, 20)]
    assert noted(database) == [*range(13), *range(14, 20)]


def test_what_came_second_is_done_again(open_pipeline: Open, database: Database) -> None:
    numbers = iter([1, 1, 2])

    def work(connection: sa.Connection, jobs: Sequence[int]) -> list[int | Exception]:
        number = next(numbers)
        connection.execute(sa.insert(notes).values(number=number))
        return [number] * len(jobs)

    pipeline = open_pipeline(work)
    assert [pipeline.result_of(0), pipeline.result_of(0)] == [1, 2]
    assert noted(database) == [1, 2]


def test_a_result_that_is_an_exception_is_raised(open_pipeline: Open) -> None:
    pipeline = open_pipeline(lambda _connection, jobs: [ValueError(f"no {job}") for job in jobs])
    with pytest.raises(ValueError, match="no 7"):
        pipeline.result_of(7)


def test_after_closing_nothing_is_taken_and_nobody_waits(open_pipeline: Open) -> None:
    pipeline = open_pipeline(lambda _connection, jobs: list(jobs))
    assert pipeline.result_of(1) == 1
    pipeline.close()
    with pytest.raises(PipelineClosed):
        pipeline.result_of(2)


def test_whoever_waits_is_woken_once_for_a_batch_when_all_of_it_was_told(open_pipeline: Open) -> None:
    first_runs, go_on, last_is_woken = threading.Event(), threading.Event(), threading.Event()
    told: list[int | Exception | str] = []

    def work(_connection: sa.Connection, jobs: Sequence[int]) -> list[int | Exception]:
        first_runs.set()
        assert go_on.wait(10)
        return list(jobs)

    def wake() -> None:
        told.append("woken")
        if 4 in told:
            last_is_woken.set()

    def on_done(outcome: int | Exception) -> Callable[[], None]:
        told.append(outcome)
        return wake

    pipeline = open_pipeline(work)
    pipeline.submit(1, on_done)
    assert first_runs.wait(10)
    for number in (2, 3, 4):
        pipeline.submit(number, on_done)
    go_on.set()
    assert last_is_woken.wait(10)
    assert told == [1, "woken", 2, 3, 4, "woken"]
