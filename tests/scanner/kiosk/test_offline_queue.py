"""What is noted survives a process that is killed at any moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.kiosk.offline_queue import OfflineQueue

WRITER = """
import sys
from pathlib import Path
from scanner.kiosk.offline_queue import OfflineQueue
waiting = OfflineQueue(Path(sys.argv[1]))
for number in range(100_000):
    entry = {"presentation_id": f"{number}", "payload": "1" * 34, "presented_at": f"{number}"}
    waiting.add(entry)
    print(number, flush=True)
    if number % 7 == 3:
        first = waiting.first()
        waiting.settle(first["presentation_id"], "accepted")
"""


@pytest.mark.parametrize("lines", [1, 12, 60])
def test_whatever_was_said_to_be_noted_is_there_after_a_kill(tmp_path: Path, lines: int) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        said += [int(line) for line in process.stdout]
    waiting = OfflineQueue(tmp_path)
    settled = [int(each["presentation_id"]) for each in waiting.settled()]
    left = []
    while (first := waiting.first()) is not None:
        left.append(int(first["presentation_id"]))
        waiting.settle(first["presentation_id"], "accepted")
    assert set(said) <= set(settled + left) <= {*said, len(said)}
    assert settled + left == sorted(settled + left)
    assert len(OfflineQueue(tmp_path)) == 0
