"""Presentations that were noted while the service was away, on the disk until they are answered, in their order.

One file, one JSON object a line, each line on the disk before anybody is told of it. A line that a power cut tore is
passed over. What was answered stays as a short record without the code.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

log = logging.getLogger("doorcode.kiosk")

FILE = "waiting.jsonl"
_SETTLED_KEPT = 1000

Presented = dict[str, Any]
Settled = dict[str, Any]


class OfflineQueue:
    """The queue. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._waiting: dict[str, Presented] = {}
        self._settled: list[Settled] = []
        self._read()
        self._write_anew()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, presented: Presented) -> None:
        """Keep a presentation; it is on the disk when this returns. Raises OSError if it is not."""
        with self._lock:
            self._append({"waiting": presented})
            self._waiting[presented["presentation_id"]] = presented

    def first(self) -> Presented | None:
        """Return the oldest that waits."""
        with self._lock:
            return next(iter(self._waiting.values()), None)

    def of_text(self, text: str) -> Presented | None:
        """Return the presentation of this text that waits."""
        with self._lock:
            return next((each for each in self._waiting.values() if each["payload"] == text), None)

    def replace(self, presentation_id: str, presented: Presented) -> None:
        """Put a presentation into another one's place. Raises OSError if it is not on the disk; then the old one is."""
        with self._lock:
            before = self._waiting
            self._waiting = {
                each["presentation_id"]: each
                for each in (presented if known == presentation_id else kept for known, kept in before.items())
            }
            try:
                self._write_anew()
            except OSError:
                self._waiting = before
                raise

    def settle(self, presentation_id: str, outcome: str) -> None:
        """Record what the service said of one; it is never sent again."""
        now = datetime.now(UTC).isoformat()
        with self._lock:
            presented = self._waiting[presentation_id]
            settled = {
                "presentation_id": presentation_id,
                "presented_at": presented["presented_at"],
                "answered_at": now,
                "outcome": outcome,
            }
            self._append({"settled": settled})
            self._settled.append(settled)
            del self._waiting[presentation_id]
            if not self._waiting:
                self._write_anew()  # no code stays on the disk for longer than it has to

    def settled(self) -> list[Settled]:
        """Return what was answered late, oldest first."""
        with self._lock:
            return list(self._settled)

    def knows(self, presentation_id: str) -> bool:
        """Tell whether this presentation waits, or waited once."""
        with self._lock:
            return presentation_id in self._waiting or any(
                each["presentation_id"] == presentation_id for each in self._settled
            )

    def _read(self) -> None:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for number, line in enumerate(lines, 1):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                log.warning("kiosk: line %d of %s is damaged and passed over", number, self._path)

    def _take(self, entry: dict[str, Any]) -> None:
        if "settled" in entry:
            settled = entry["settled"]
            self._waiting.pop(settled["presentation_id"], None)
            self._settled.append(settled)
        else:
            presented = entry["waiting"]
            if isinstance(presented["payload"], str):
                self._waiting[presented["presentation_id"]] = presented

    def _append(self, entry: dict[str, Any]) -> None:
        _write(self._path, [entry], os.O_APPEND)

    def _write_anew(self) -> None:
        """Leave out what is over, and what was torn."""
        self._settled = self._settled[-_SETTLED_KEPT:]
        entries = [{"settled": each} for each in self._settled] + [{"waiting": each} for each in self._waiting.values()]
        draft = self._path.with_suffix(".new")
        _write(draft, entries, os.O_TRUNC)
        draft.replace(self._path)
        sync_folder(self._path.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk, so that a new name survives a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write(path: Path, entries: Iterable[dict[str, Any]], how: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb") as file:
        file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        file.flush()
        os.fsync(file.fileno())
