"""Group commit: what has gathered while the last transaction ran is done in the next one, together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Sequence[Job]], Sequence[Result | Exception]]
Settle = Callable[[Result | Exception], object]
HandIn = Callable[[Job, Settle[Result]], None]
HandedIn = tuple[Job, Settle[Result]]


class CommitterClosed(Exception):
    """The service is stopping; ask again under the same id."""


class _Waiter(Generic[Result]):
    """What one thread waits for. A bare lock: a Future costs several times as much."""

    __slots__ = ("_done", "_outcome")

    _outcome: Result | Exception

    def __init__(self) -> None:
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
    """Hands jobs in groups to ``work``, which does a group in one transaction, in a thread of its own.

    It gives one result, or the exception to raise, for each job. If it raises, nothing of the group was
    done, and each job is done again by itself, so that one bad job costs only its own answer.
    """

    def __init__(self, work: Work[Job, Result], most: int = 64) -> None:
        self._work = work
        self._most = most
        self._jobs: queue.SimpleQueue[HandedIn[Job, Result] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="group-commit")
        self._thread.start()

    def submit(self, job: Job) -> Result:
        """Wait for the job's transaction and return its result, or raise what became of it."""
        waiter: _Waiter[Result] = _Waiter()
        self.hand_in(job, waiter.settle)
        return waiter.result()

    def hand_in(self, job: Job, settle: Settle[Result]) -> None:
        """Do the job in one of the next transactions; ``settle`` is then given what became of it, in another thread."""
        if self._closed:
            raise CommitterClosed("the service is stopping")
        self._jobs.put((job, settle))

    @property
    def waiting(self) -> int:
        """Say how many jobs have gathered for the next groups."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what has gathered and stop; what came too late is told so."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        while not self._jobs.empty():
            if (late := self._jobs.get()) is not None:
                late[1](CommitterClosed("the service is stopping"))

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            while len(group) < self._most and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    self._jobs.put(None)
                    break
                group.append(following)
            self._commit(group)

    def _commit(self, group: Sequence[HandedIn[Job, Result]]) -> None:
        try:
            results = self._work([job for job, _ in group])
        except Exception as error:  # noqa: BLE001  it is raised where the job was submitted
            if len(group) == 1:
                group[0][1](error)
                return
            for single in group:
                self._commit([single])
            return
        for (_, settle), result in zip(group, results, strict=True):
            settle(result)
