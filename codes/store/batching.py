"""Group commit: what has gathered while the last transaction ran is done in the next one, together (docs/adr/0014)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

import sqlalchemy as sa

from codes.store.database import Database, DedicatedConnection

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[sa.Connection, Sequence[Job]], Sequence[Result | Exception]]
Wake = Callable[[], object]
OnDone = Callable[[Result | Exception], Wake | None]
"""It may return what wakes whoever waits; that is called once for a batch, after all of it was told."""
Submitted = tuple[Job, OnDone[Result]]

PATIENCE_SECONDS = 0.002
"""So long a batch waits for as many as the one before had: a transaction costs more than what it is for."""


class PipelineClosed(Exception):
    """The service is stopping; ask again under the same id."""


class BatchPipeline(Generic[Job, Result]):
    """Hands jobs in batches to ``work``, which does a batch in one transaction, in a thread of its own.

    It gives one result, or the exception to raise, for each job. If it raises, nothing of the batch was done, and
    each job is done again by itself, so that one bad job costs only its own answer. It is a class because it holds
    the thread, and the connection that only this thread uses.
    """

    def __init__(self, database: Database, work: Work[Job, Result], largest: int = 64) -> None:
        self._database = database
        self._work = work
        self._largest = largest
        self._jobs: deque[Submitted[Job, Result]] = deque()
        self._turn = threading.Condition()
        self._wanted = 1
        self._is_closed = False
        self._connection = DedicatedConnection(database)
        self._thread = threading.Thread(target=self._run, daemon=True, name="batch-pipeline")
        self._thread.start()

    def submit(self, job: Job, on_done: OnDone[Result]) -> None:
        """Do the job in one of the next transactions; ``on_done`` is then given what became of it, in another thread.

        Raises PipelineClosed.
        """
        with self._turn:
            if self._is_closed:
                raise PipelineClosed("the service is stopping")
            self._jobs.append((job, on_done))
            if len(self._jobs) >= self._wanted:
                self._turn.notify()

    def result_of(self, job: Job) -> Result:
        """Wait for the job's transaction and return its result, or raise what became of it."""
        done: Future[Result] = Future()

        def on_done(outcome: Result | Exception) -> None:
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        self.submit(job, on_done)
        return done.result()

    @property
    def waiting(self) -> int:
        """Say how many jobs have gathered for the next batches."""
        return len(self._jobs)

    def close(self) -> None:
        """Finish what has gathered and stop."""
        with self._turn:
            self._is_closed = True
            self._turn.notify()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        expected = 1
        while batch := self._gather(expected):
            expected = len(batch)
            self._commit(batch)

    def _gather(self, expected: int) -> list[Submitted[Job, Result]]:
        """Return what has gathered; a moment is given to those who were answered together to come again together."""
        with self._turn:
            self._wait_for(1)
            self._wait_for(expected, PATIENCE_SECONDS)
            return [self._jobs.popleft() for _ in range(min(len(self._jobs), self._largest))]

    def _wait_for(self, count: int, patience: float | None = None) -> None:
        """Wait until so many jobs are here, and be woken for none before: the others need the interpreter meanwhile."""
        self._wanted = count
        self._turn.wait_for(lambda: len(self._jobs) >= count or self._is_closed, patience)

    def _commit(self, batch: Sequence[Submitted[Job, Result]]) -> None:
        jobs = [job for job, _ in batch]
        try:
            results = self._database.transact(lambda connection: self._work(connection, jobs), self._connection)
        except Exception as error:  # noqa: BLE001  it is raised where the job was submitted
            if len(batch) > 1:
                for single in batch:
                    self._commit([single])
                return
            results = [error]
        # Whoever is woken takes the interpreter, so everybody is told before: they come again together.
        wakes = {on_done(result) for (_, on_done), result in zip(batch, results, strict=True)}
        for wake in wakes:
            if wake is not None:
                wake()
