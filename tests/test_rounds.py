"""A bench that was stopped goes on with the rounds that are missing."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.parts.rounds import rounds
from web.commands.opening import STOPPED


class Bench:
    """Three rounds, each giving its number; remembers which were measured."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.measured: list[int] = []

    def run(self, *arguments: object, stopped_in: int | None = None) -> list[int]:
        """Measure, and ask to stop in the middle of one round."""
        with rounds("sample", *arguments, total=3, kept=self.kept) as these:
            return [these.take(f"round {number}", self._round(number, stopped_in)) for number in range(3)]

    def _round(self, number: int, stopped_in: int | None) -> Callable[[], int]:
        def measure() -> int:
            self.measured.append(number)
            if number == stopped_in:
                signal.raise_signal(signal.SIGINT)
            return number * 10

        return measure


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A bench that keeps its rounds in a folder of the test's."""
    return Bench(tmp_path)


def test_what_was_measured_before_the_stop_is_not_measured_again(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        bench.run(stopped_in=1)
    assert stopped.value.code == STOPPED
    assert bench.measured == [0, 1]
    assert bench.run() == [0, 10, 20]
    assert bench.measured == [0, 1, 2]
    assert "sample, rounds: 3 of 3" in capsys.readouterr().err
    bench.run()
    assert bench.measured == [0, 1, 2, 0, 1, 2]


def test_rounds_of_other_arguments_and_a_torn_one_do_not_count(bench: Bench) -> None:
    with pytest.raises(SystemExit):
        bench.run("large", stopped_in=1)
    (kept,) = bench.kept.rglob("rounds.jsonl")
    kept.write_text(kept.read_text()[:-3])
    with pytest.raises(SystemExit):
        bench.run("large", stopped_in=1)
    assert bench.run("large") == [0, 10, 20]
    assert bench.measured == [0, 1, 1, 2]
    with pytest.raises(SystemExit):
        bench.run("large", stopped_in=0)
    bench.run("small")
    assert bench.measured[-4:] == [0, 0, 1, 2]
