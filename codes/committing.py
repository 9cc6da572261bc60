"""Group commit: what has gathered while the last transaction ran is done in the next one, together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Sequence[Job]], Sequence[Result | Exception]]


class CommitterClosed(Exception):
    """The service is stopping; ask again under the same id."""


class _Awaited(Generic[Job, Result]):
    """A job whose result one thread waits for. A bare lock: a Future costs several times as much."""

    __slots__ = ("_done", "_outcome", "job")

    _outcome: Result | Exception

    def __init__(self, job: Job) -> None:
        self.job = job
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self, outcome: Result | Exception) -> None:
        self._outcome = outcome
        self._done.release()

    def result(self) -> Result:
        with self._done:
            if isinstance(self._outcome, Exception):
                raise self._outcome
            return self._outcome


class GroupCommitter(Generic[Job, Result]):
    """Hands jobs in groups to ``work``, which does each group in one transaction.

    ``work`` gives one result, or the exception to raise, for each job. If it raises, nothing of the group was
    done, and each job is done again by itself, so that one bad job costs only its own answer.
    """

    def __init__(self, work: Work[Job, Result], *, most: int = 64, threads: int = 1) -> None:
        self._work = work
        self._most = most
        self._jobs: queue.SimpleQueue[_Awaited[Job, Result] | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._run, daemon=True, name="group-commit") for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> Result:
        """Wait for the job's transaction and return its result, or raise what became of it."""
        if self._closed:
            raise CommitterClosed("the service is stopping")
        awaited: _Awaited[Job, Result] = _Awaited(job)
        self._jobs.put(awaited)
        return awaited.result()

    @property
    def waiting(self) -> int:
        """Say how many jobs have gathered for the next groups."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what has gathered and stop; what came too late is told so."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        while not self._jobs.empty():
            if (late := self._jobs.get()) is not None:
                late.settle(CommitterClosed("the service is stopping"))

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            while len(group) < self._most and not self._jobs.empty():
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._jobs.put(None)
                    break
                group.append(following)
            self._commit(group)

    def _commit(self, group: Sequence[_Awaited[Job, Result]]) -> None:
        try:
            results = self._work([awaited.job for awaited in group])
        except Exception as error:  # noqa: BLE001  it is raised where the job was submitted
            if len(group) == 1:
                group[0].settle(error)
                return
            for single in group:
                self._commit([single])
            return
        for awaited, result in zip(group, results, strict=True):
            awaited.settle(result)
