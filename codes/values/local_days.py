"""Days as they begin and end where the house stands: twice a year one of them has 23 or 25 hours."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")


@dataclass(frozen=True, slots=True)
class LocalDays:
    """The days of one time zone; whatever asks for a day of people asks here."""

    zone: tzinfo

    def local(self, moment: datetime) -> datetime:
        """Return the moment as the zone's clocks show it."""
        return moment.astimezone(self.zone)

    def day_of(self, moment: datetime) -> date:
        """Return the day on which a moment lies."""
        return self.local(moment).date()

    def begin_of(self, day: date) -> datetime:
        """Return the first moment of a day, in UTC."""
        # In a zone that skips midnight (Cairo, Havana) this is the moment at which the clocks jump beyond it.
        try:
            return datetime.combine(day, time.min, self.zone).astimezone(UTC)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)  # the calendar's first day, which reaches beyond it in UTC

    def borders(self, first: date, last: date | None = None) -> tuple[datetime, datetime]:
        """Return when a day begins and when it is over, in UTC; or those days from first to last, both included."""
        try:
            end = self.begin_of((last or first) + timedelta(days=1))
        except OverflowError:
            end = datetime.max.replace(tzinfo=UTC)  # there is no day after the calendar's last one
        return self.begin_of(first), end

    def last_second_of(self, day: date) -> datetime:
        """Return the last second of a day, in UTC."""
        return self.borders(day)[1] - timedelta(seconds=1)


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of that name. Raises ValueError for one that is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"no time zone is called {name}") from error


def machine_zone() -> str:
    """Return the name of this machine's zone, by TZ or /etc/localtime; UTC where it has none."""
    return _machine_zone(os.environ.get("TZ", "").removeprefix(":"))


@cache
def _machine_zone(wanted: str) -> str:
    linked = str(LOCALTIME.resolve()).rpartition("/zoneinfo/")[2]
    return next((name for name in (wanted, linked) if name and _is_zone(name)), "UTC")


def _is_zone(name: str) -> bool:
    try:
        zone_named(name)
    except ValueError:
        return False
    return True
