"""Measurements in rounds: a bench that was stopped goes on with the rounds that are missing.

What a finished round gave lies in `var/bench/` until the bench is complete. It counts for the same sources and
arguments only, so that figures of two versions are never mixed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from web.commands.opening import STOPPED
from web.commands.progress import Progress, progress

HOME = Path(__file__).parents[2]
KEPT = HOME / "var" / "bench"
_SOURCES = (
    "bench/**/*.py",
    "codes/**/*.py",
    "scanner/**/*.py",
    "tests/parts/**/*.py",
    "web/**/*.py",
    "web/static/**/*.js",
    "config.yaml",
)


class Rounds:
    """The rounds of one bench; those that are done are on the disk. ``folder`` may hold more that they share."""

    def __init__(self, folder: Path, working: Progress, total: int | None) -> None:
        self.folder = folder
        self._working = working
        self._total = total
        self._file = folder / "rounds.jsonl"
        whole, _, _torn = (self._file.read_text(encoding="utf-8") if self._file.exists() else "").rpartition("\n")
        self._file.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
        self._taken: dict[str, Any] = dict(map(json.loads, whole.splitlines()))
        self._done = 0

    def take(self, name: str, measure: Callable[[], Any]) -> Any:
        """Return what a round gives, as JSON has it: measured now, or before the bench was stopped."""
        if name not in self._taken:
            if self._working.stopped:
                raise SystemExit(STOPPED)
            given = json.dumps(measure())
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"[{json.dumps(name)}, {given}]\n")
            self._taken[name] = json.loads(given)
        self._done += 1
        self._working.tell(self._done, self._total)
        return self._taken[name]


@contextmanager
def rounds(bench: str, *arguments: object, total: int | None = None, kept: Path = KEPT) -> Iterator[Rounds]:
    """Give a bench its rounds; what it kept is thrown away when it is complete."""
    folder = kept / bench / _fingerprint(arguments)
    for other in folder.parent.glob("*"):
        if other != folder:
            shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    with progress(f"{bench}, rounds") as working:
        yield Rounds(folder, working, total)
    shutil.rmtree(folder)


def _fingerprint(arguments: tuple[object, ...]) -> str:
    told = hashlib.sha256(repr(arguments).encode())
    for path in sorted(chain.from_iterable(map(HOME.glob, _SOURCES))):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]
