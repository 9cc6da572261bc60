"""Group commit: everything is done once, and one bad job costs only itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from codes.store.committing import CommitterClosed, GroupCommitter


def test_what_gathers_while_one_group_is_committed_is_the_next_group() -> None:
    groups: list[Sequence[int]] = []
    first_runs, go_on = threading.Event(), threading.Event()

    def work(jobs: Sequence[int]) -> list[int | Exception]:
        groups.append(jobs)
        first_runs.set()
        assert go_on.wait(10)
        return [job * 2 for job in jobs]

    committer: GroupCommitter[int, int] = GroupCommitter(work, most=8)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(committer.submit, 0)
        assert first_runs.wait(10)
        others = [pool.submit(committer.submit, number) for number in range(1, 13)]
        while committer.waiting < 12:
            threading.Event().wait(0.01)
        go_on.set()
        assert first.result() == 0
        assert [other.result() for other in others] == [number * 2 for number in range(1, 13)]
    assert [len(group) for group in groups] == [1, 8, 4]
    committer.close()


def test_a_job_that_breaks_its_group_fails_alone() -> None:
    attempts: list[Sequence[str]] = []

    def work(jobs: Sequence[str]) -> list[str | Exception]:
        attempts.append(jobs)
        if "bad" in jobs:
            raise RuntimeError("cannot be done")
        return [job.upper() for job in jobs]

    committer: GroupCommitter[str, str] = GroupCommitter(work)

    def outcome(job: str) -> str:
        try:
            return committer.submit(job)
        except RuntimeError as error:
            return str(error)

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(outcome, ["a", "b", "bad", "c", "d"] * 4))
    assert outcomes == ["A", "B", "cannot be done", "C", "D"] * 4
    committer.close()


def test_a_result_that_is_an_exception_is_raised() -> None:
    committer: GroupCommitter[int, int] = GroupCommitter(lambda jobs: [ValueError(f"no {job}") for job in jobs])
    with pytest.raises(ValueError, match="no 7"):
        committer.submit(7)
    committer.close()


def test_after_closing_nothing_is_taken_and_nobody_waits() -> None:
    committer: GroupCommitter[int, int] = GroupCommitter(list)
    assert committer.submit(1) == 1
    committer.close()
    with pytest.raises(CommitterClosed):
        committer.submit(2)
