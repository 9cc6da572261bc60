"""Announces, in the worker, the files that the office imports; in groups, so that each can be stopped and resumed."""

from __future__ import annotations

import logging
from collections.abc import Container, Sequence
from dataclasses import replace
from functools import partial
from threading import Event

from codes import Announcement, DeliveryCodes
from codes.life import imports
from codes.life.announcing import in_conflict
from codes.life.imports import Import
from codes.store.patience import PAGE_SECONDS, have_patience
from web.importing.csv_reading import Table, as_csv
from web.importing.faults import HEADING, STANDS_OTHERWISE, BadFile, Fault, stored
from web.importing.parcel_files import ReadRow, left_over, read_file
from web.processes.repeating import repeat
from web.processes.troubles import log_trouble

log = logging.getLogger("doorcode.imports")

POLL_SECONDS = 1.0
TOGETHER = 200


class ImportWorker:
    """Works on one import after the other. Several may run at once, also on several machines."""

    def __init__(self, codes: DeliveryCodes) -> None:
        self._codes = codes

    def run(self, stop: Event) -> None:
        """Work on what was started, until told to stop. A broken world is waited out."""
        have_patience(PAGE_SECONDS)
        say = partial(log_trouble, log, "imports: could not be worked on, trying again")
        repeat(partial(self.work_once, stop), stop, poll_seconds=POLL_SECONDS, on_trouble=say)

    def work_once(self, stop: Event) -> bool:
        """Work on one import until it ends or is stopped; tells whether there was one."""
        due = self._codes.read(imports.is_any_import_due)
        claimed = self._codes.write(imports.claim_import) if due else None
        if claimed is None:
            return False
        self._work(claimed, stop)
        return True

    def _work(self, claimed: Import, stop: Event) -> None:
        import_id, write = claimed.import_id, self._codes.write
        try:
            content = self._codes.read(imports.content_of_import, import_id)
            table, rows = read_file(content, claimed.mapping, self._codes.house.country)
        except BadFile:
            write(imports.stop_import, import_id)
            return
        parcels = [row.parcel for row in rows if row.parcel is not None]
        conflicts = self._conflicts_before(claimed, parcels[: claimed.done])

        def left(of_group: Sequence[str]) -> bytes:
            return _left_of(table, rows, conflicts | set(of_group))

        for start in range(claimed.done, len(parcels), TOGETHER):
            group = parcels[start : start + TOGETHER]
            done = write(imports.announce_group, self._codes.rules, import_id, group, left)
            if not done.goes_on:
                return
            conflicts |= set(done.conflicts)
            if stop.is_set():
                write(imports.release_import, import_id)
                return
        # Nothing is left, though more was promised: this release reads the file otherwise than the one before.
        write(imports.stop_import, import_id)

    def _conflicts_before(self, claimed: Import, parcels: Sequence[Announcement]) -> set[str]:
        """Return which parcels stood with other facts before the work on a file was interrupted."""
        groups = range(0, len(parcels), TOGETHER) if claimed.conflicts else ()
        found = [self._codes.read(in_conflict, parcels[start : start + TOGETHER]) for start in groups]
        return {reference for group in found for reference in group}


def _left_of(table: Table, rows: Sequence[ReadRow], conflicts: Container[str]) -> bytes:
    """Return what is kept of a file: its rows with faults, and those whose parcels stand with other facts."""
    told = [
        replace(row, faults=(Fault(STANDS_OTHERWISE, "reference"),))
        if row.parcel is not None and row.parcel.reference in conflicts
        else row
        for row in rows
    ]
    return as_csv(*left_over(table, told, HEADING, stored), table.delimiter) if any(row.faults for row in told) else b""
