"""Group commit: what has gathered while the last transaction ran is done in the next one, together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Sequence[Job]], Sequence[Result | Exception]]


class CommitterClosed(Exception):
    """The service is stopping; ask again under the same id."""


class GroupCommitter(Generic[Job, Result]):
    """Hands jobs in groups to ``work``, which does each group in one transaction.

    ``work`` gives one result, or the exception to raise, for each job. If it raises, nothing of the group was
    done, and each job is done again by itself, so that one bad job costs only its own answer.
    """

    def __init__(self, work: Work[Job, Result], *, most: int = 64, threads: int = 1) -> None:
        self._work = work
        self._most = most
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Result]] | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._run, daemon=True, name="group-commit") for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> Result:
        """Wait for the job's transaction and return its result, or raise what became of it."""
        if self._closed:
            raise CommitterClosed("the service is stopping")
        future: Future[Result] = Future()
        self._jobs.put((job, future))
        return future.result()

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
                late[1].set_exception(CommitterClosed("the service is stopping"))

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            while len(group) < self._most:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._jobs.put(None)
                    break
                group.append(following)
            self._commit(group)

    def _commit(self, group: Sequence[tuple[Job, Future[Result]]]) -> None:
        try:
            results = self._work([job for job, _ in group])
        except Exception as error:  # noqa: BLE001  it is raised where the job was submitted
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for single in group:
                self._commit([single])
            return
        for (_, future), result in zip(group, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
