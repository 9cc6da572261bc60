"""Days of a zone begin and end where its clocks say so, whatever the machine's zone is."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from codes.values.local_days import LocalDays, machine_zone, zone_named

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", SPRING, 23),
        ("Europe/Berlin", AUTUMN, 25),
        ("Europe/Berlin", date(2026, 6, 1), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # begins at one o'clock: there is no midnight
        ("America/Havana", date(2026, 11, 1), 25),  # midnight comes twice
        ("Asia/Kathmandu", SPRING, 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: date, hours: float) -> None:
    days = LocalDays(zone_named(zone))
    begin, end = days.borders(day)
    assert end - begin == timedelta(hours=hours)
    assert (days.day_of(begin), days.day_of(begin - timedelta(microseconds=1))) == (day, day - timedelta(days=1))
    assert (days.day_of(end), days.day_of(days.last_second_of(day))) == (day + timedelta(days=1), day)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Cairo", "America/Havana", "Pacific/Kiritimati"])
def test_the_days_of_a_year_leave_no_gap_and_begin_at_a_quarter_of_an_hour(zone: str) -> None:
    days = LocalDays(zone_named(zone))
    year = [days.borders(date(2026, 1, 1) + timedelta(days=each)) for each in range(366)]
    assert all(first[1] == second[0] for first, second in pairwise(year))
    assert all(begin.timestamp() % 900 == 0 for begin, _ in year)
    assert days.borders(date(2026, 1, 1), date(2027, 1, 1)) == (year[0][0], year[-1][1])


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_the_ends_of_the_calendar_are_days_too(zone: str) -> None:
    days = LocalDays(zone_named(zone))
    for day in (date.min, date.max):
        begin, end = days.borders(day)
        assert datetime.min.replace(tzinfo=UTC) <= begin < end <= datetime.max.replace(tzinfo=UTC)


def test_the_machines_zone_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, days = datetime(2026, 11, 24, 23, 30, tzinfo=UTC), LocalDays(zone_named("Europe/Berlin"))
    found = set()
    for machine in ("UTC", "Pacific/Kiritimati", "America/New_York"):
        monkeypatch.setenv("TZ", machine)
        time.tzset()
        found.add((days.day_of(moment), *days.borders(date(2026, 11, 25))))
    monkeypatch.undo()
    time.tzset()
    ((day, begin, end),) = found
    assert (day, begin.hour, end.hour) == (date(2026, 11, 25), 23, 23)


def test_the_machines_zone_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted, found in (("Asia/Tokyo", "Asia/Tokyo"), (":Asia/Tokyo", "Asia/Tokyo")):
        monkeypatch.setenv("TZ", wanted)
        assert machine_zone() == found
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    assert zone_named(machine_zone()), "a rule without a name is no zone of ours"


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "/etc/passwd", "../../etc/passwd", "Europe", "europe/berlin"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone is called"):
        zone_named(name)
