"""What is counted and listed by day goes by the house's days, also on those with 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from codes import DeliveryCodes
from codes.office.parcel_list import Filters, count_parcels
from codes.office.searching import Wanted, find_parcels
from codes.office.statistics import by_day
from codes.office.weekly import EVERYWHERE, by_week
from codes.recipients.tickets import ShownCode
from codes.settings import HouseSettings
from tests.parts.clock import TurnableClock

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def begun(day: date, zone: str) -> datetime:
    """Return the first moment of a day, reckoned without our own code."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2027, 6, 1)])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu"])
def test_the_first_and_the_last_minute_of_a_day_belong_to_it(
    codes: DeliveryCodes, announce: Callable[..., ShownCode], clock: TurnableClock, zone: str, day: date
) -> None:
    codes.house = HouseSettings(time_zone=zone)
    begin, end = begun(day, zone), begun(day + timedelta(days=1), zone)
    minute = timedelta(minutes=1)
    for moment in (begin - minute, begin, begin + minute, end - minute, end):
        clock.turn(moment - clock())
        announce(f"P-{moment:%m%d%H%M}")
    counted = codes.read(by_day, day - timedelta(days=1), day + timedelta(days=1))
    assert [(each.day, each.announced) for each in counted] == [
        (day - timedelta(days=1), 1),
        (day, 3),
        (day + timedelta(days=1), 1),
    ]
    assert codes.read(count_parcels, Filters(day=day)) == 3
    assert len(codes.read(find_parcels, Wanted(day=day))) == 3
    assert codes.today() == day + timedelta(days=1)


def test_a_week_begins_on_the_houses_monday(codes: DeliveryCodes) -> None:
    codes.house = HouseSettings(time_zone="Pacific/Auckland")
    weeks = codes.read(by_week, date(2026, 11, 24), date(2026, 11, 30))
    assert [(each.monday, each.depot) for each in weeks] == [
        (date(2026, 11, 30), EVERYWHERE),
        (date(2026, 11, 23), EVERYWHERE),
    ]
