"""Group commit: what has gathered while the last transaction ran is done in the next one, together (docs/adr/0014)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from codes.store.database import Database, DedicatedConnection, NoAnswer, is_cut_off

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[sa.Connection, Sequence[Job]], Sequence[Result | Exception]]
Wake = Callable[[], object]
OnDone = Callable[[Result | Exception], Wake | None]
"""It may return what wakes whoever waits; that is called once for a batch, after all of it was told."""

PATIENCE_SECONDS = 0.002
"""So long a batch waits for as many as the one before had: a transaction costs more than what it is for."""


class Check:
    """A job of no meaning, which has to be committed like the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Submitted(Generic[Job, Result]):
    """A job that nobody was told of yet, and since when."""

    job: Job | Check
    on_done: OnDone[Result]
    at: float = field(default_factory=time.monotonic)


class PipelineClosed(Exception):
    """The service is stopping; ask again under the same id."""


class BatchPipeline(Generic[Job, Result]):
    """Hands jobs in batches to ``work``, which does a batch in one transaction, in a thread of its own.

    It gives one result, or the exception to raise, for each job. If it raises, nothing of the batch was done, and
    each job is done again by itself, so that one bad job costs only its own answer. Whoever waits for a job waits no
    longer than `answer_seconds`, whatever the database does; later, nobody wants it done any more. It is a class
    because it holds the thread, and the connection that only this thread uses.
    """

    def __init__(self, database: Database, work: Work[Job, Result], largest: int = 64) -> None:
        self._database = database
        self._work = work
        self._largest = largest
        self._jobs: deque[Submitted[Job, Result]] = deque()
        self._batch: Sequence[Submitted[Job, Result]] = ()
        self._turn = threading.Condition()
        self._wanted = 1
        self._is_closed = False
        self._connection = DedicatedConnection(database)
        self._thread = threading.Thread(target=self._run, daemon=True, name="batch-pipeline")
        self._thread.start()

    def submit(self, job: Job | Check, on_done: OnDone[Result]) -> None:
        """Do the job in one of the next transactions; ``on_done`` is then given what became of it, in another thread.

        Raises PipelineClosed.
        """
        with self._turn:
            if self._is_closed:
                raise PipelineClosed("the service is stopping")
            self._jobs.append(Submitted(job, on_done))
            if len(self._jobs) >= self._wanted:
                self._turn.notify()

    def result_of(self, job: Job | Check, seconds: float | None = None) -> Result:
        """Wait for the job's transaction and return its result, or raise what became of it; NoAnswer if it is late."""
        done: Future[Result] = Future()

        def on_done(outcome: Result | Exception) -> None:
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        self.submit(job, on_done)
        seconds = self._database.patience.answer_seconds if seconds is None else seconds
        try:
            return done.result(seconds)
        except TimeoutError as error:
            raise NoAnswer(f"no answer of the database within {seconds:g} s") from error

    def check(self) -> None:
        """Commit something that means nothing. Raises what keeps it from being committed."""
        self.result_of(Check(), self._database.patience.probe_seconds)

    @property
    def waiting(self) -> int:
        """Say how many jobs have gathered for the next batches."""
        return len(self._jobs)

    @property
    def oldest_seconds(self) -> float:
        """Say for how long the oldest job waits for its answer."""
        with self._turn:
            since = min((each.at for each in (*self._batch, *self._jobs)), default=None)
        return 0.0 if since is None else time.monotonic() - since

    def close(self) -> None:
        """Finish what has gathered and stop; what the database holds up is left as nobody knows it."""
        with self._turn:
            self._is_closed = True
            self._turn.notify()
        self._thread.join(self._database.patience.answer_seconds)
        if not self._thread.is_alive():
            self._connection.close()

    def _run(self) -> None:
        expected = 1
        while batch := self._gather(expected):
            expected = len(batch)
            self._commit(batch)

    def _gather(self, expected: int) -> list[Submitted[Job, Result]]:
        """Return what has gathered; a moment is given to those who were answered together to come again together."""
        with self._turn:
            self._batch = ()
            self._wait_for(1)
            self._wait_for(expected, PATIENCE_SECONDS)
            batch = [self._jobs.popleft() for _ in range(min(len(self._jobs), self._largest))]
            self._batch = batch
            return batch

    def _wait_for(self, count: int, patience: float | None = None) -> None:
        """Wait until so many jobs are here, and be woken for none before: the others need the interpreter meanwhile."""
        self._wanted = count
        self._turn.wait_for(lambda: len(self._jobs) >= count or self._is_closed, patience)

    def _commit(self, batch: Sequence[Submitted[Job, Result]]) -> None:
        overdue = time.monotonic() - self._database.patience.answer_seconds
        wanted = [each for each in batch if each.at > overdue]
        if len(wanted) < len(batch):
            _tell([(each, NoAnswer("it waited for too long")) for each in batch if each.at <= overdue])
        if not wanted:
            return
        try:
            results = self._database.transact(lambda connection: self._do(connection, wanted), self._connection)
        except Exception as error:  # noqa: BLE001  it is raised where the job was submitted
            # Where the database is away, each job by itself would only wait for it once more.
            if len(wanted) > 1 and not (isinstance(error, sa.exc.DBAPIError) and is_cut_off(error)):
                for single in wanted:
                    self._commit([single])
                return
            results = [error] * len(wanted)
        _tell(list(zip(wanted, results, strict=True)))

    def _do(self, connection: sa.Connection, batch: Sequence[Submitted[Job, Result]]) -> Sequence[Any]:
        jobs = [each.job for each in batch if not isinstance(each.job, Check)]
        if len(jobs) < len(batch):
            self._database.prove_committable(connection)
        results = iter(self._work(connection, jobs) if jobs else ())
        return [None if isinstance(each.job, Check) else next(results) for each in batch]


def _tell(told: Sequence[tuple[Submitted[Job, Result], Result | Exception]]) -> None:
    """Whoever is woken takes the interpreter, so everybody is told before: they come again together."""
    wakes = {each.on_done(result) for each, result in told}
    for wake in wakes:
        if wake is not None:
            wake()
