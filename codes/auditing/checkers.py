"""Several processes that check stretches, while one process reads them all from one state of the store."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from codes.auditing.comparison import Comparison
from codes.auditing.findings import Finding
from codes.auditing.parcel_audit import audit_parcels
from codes.auditing.stretches import Stretch, stretch_of

ALONE_UP_TO = 50_000
"""So many events are checked before other processes have even started."""
Note = TypeVar("Note")


def check_all(
    stretches: Iterable[tuple[Note, Stretch]], comparison: Comparison, events: int
) -> Iterator[tuple[Note, list[Finding]]]:
    """Check stretches on all processors if that is worth it; what was found comes in any order, with its note."""
    if events <= ALONE_UP_TO or (processes := len(os.sched_getaffinity(0))) < 2:
        for note, stretch in stretches:
            yield note, list(audit_parcels(stretch, comparison))
        return
    with ExitStack() as stack:
        idle = [_started(comparison, stack) for _ in range(processes)]
        busy: dict[Connection, Note] = {}
        for note, stretch in stretches:
            written = stretch.written
            while not idle:
                yield from _done(busy, idle)
            checker = idle.pop()
            checker.send_bytes(written)
            busy[checker] = note
        while busy:
            yield from _done(busy, idle)


def _started(comparison: Comparison, stack: ExitStack) -> Connection:
    # A fresh process: what this one holds open, the store's connection among it, must not be shared.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_check, args=(theirs, comparison), daemon=True)
    process.start()
    theirs.close()
    stack.callback(process.join)
    return stack.enter_context(ours)


def _done(busy: dict[Connection, Note], idle: list[Connection]) -> Iterator[tuple[Note, list[Finding]]]:
    for checker in wait(list(busy)):
        assert isinstance(checker, Connection)
        found: list[Finding] = checker.recv()
        idle.append(checker)
        yield busy.pop(checker), found


def _check(reader: Connection, comparison: Comparison) -> None:
    """Check what is sent until the reader is gone, however that ended. Ctrl+C is for the reader to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            stretch = stretch_of(reader.recv_bytes())
            reader.send(list(audit_parcels(stretch, comparison)))
