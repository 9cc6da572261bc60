"""What has to be done from time to time: seal, publish, read returned mails, look whether somebody guesses, purge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event

import sqlalchemy as sa

from codes import DeliveryCodes
from codes.office.counts import watch_wrong_digits
from codes.pickup.intake import remind_to_collect
from codes.store.database import DatabaseError
from web.processes.publishing import Published, Target, check_published, publish
from web.processes.troubles import log_trouble

log = logging.getLogger("doorcode.housekeeping")

BETWEEN_PURGES = timedelta(days=1)


class Housekeeping:
    """Keeps house until told to stop. A broken world is waited out.

    ``read_returned`` read each place where returned mails lie, and may raise OSError; ``tell`` the office what it does
    not know yet.
    """

    def __init__(
        self,
        codes: DeliveryCodes,
        targets: list[Target],
        published: Published,
        every: timedelta,
        read_returned: Sequence[Callable[[], object]] = (),
        tell: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._codes = codes
        self._read_returned = read_returned
        self._tell = tell
        self._targets = targets
        self._published = published
        self._every = every
        self._purged_at: datetime | None = None

    def run(self, stop: Event) -> None:
        """Do everything that is due, again and again. Raises OtherCheckpoint, which no waiting mends."""
        while True:
            try:
                self.tidy()
            except (OSError, sa.exc.SQLAlchemyError, DatabaseError) as error:
                log_trouble(log, "housekeeping could not be done, trying again", error)
            if stop.wait(self._every.total_seconds()):
                return

    def tidy(self) -> None:
        """Do once what is due."""
        self._codes.write(remind_to_collect)
        check_published(self._codes, self._targets, self._published)
        self._codes.seal()
        publish(self._codes, self._targets, self._published)
        self._read_returned_mails()
        for tell in self._tell:
            tell()
        alarm = self._codes.read(watch_wrong_digits)
        if alarm.raised:
            log.error("ALARM: %d wrong digits in the last hour, %d are borne", alarm.wrong_digits, alarm.borne)
        now = self._codes.clock()
        if self._purged_at is None or now >= self._purged_at + BETWEEN_PURGES:
            erased = self._codes.purge()
            self._purged_at = now
            if erased.persons or erased.messages or erased.sessions:
                counts = (erased.persons, erased.messages, erased.sessions)
                log.warning("purged: %d persons, %d messages, %d sign-ins", *counts)

    def _read_returned_mails(self) -> None:
        """Read what came back; a place that cannot be used must not keep the rest from being done."""
        for read in self._read_returned:
            try:
                read()
            except OSError as error:
                log.error("returned mails cannot be read: %s", error)
