"""The short form of `make attack`: every boundary that it tries holds, and a round that tried nothing is no success."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.parts.running_service import HOME

pytestmark = pytest.mark.slow


def attacked(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the command, as `make attack` does."""
    command = [sys.executable, "-m", "bench.attack", *options]
    return subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)


def test_every_boundary_holds_in_the_short_round() -> None:
    round_ = attacked("--short")
    assert "BROKEN" not in round_.stdout
    assert round_.returncode == 0, round_.stdout + round_.stderr


def test_a_round_that_tried_nothing_is_no_success() -> None:
    assert attacked("--only", "no such boundary").returncode == 1
