"""A day begins and ends where the house is; twice a year it has 23 or 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.staff_log import ActionFilters, count_actions, log_action
from codes.office.mail_list import MailFilters, count_mails
from codes.office.parcel_list import Filters, count_parcels
from codes.office.searching import Wanted, count_found
from codes.settings import HouseSettings
from tests.parts.clock import TurnableClock


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        (date(2026, 10, 26), datetime(2026, 10, 25, 23, tzinfo=UTC), 24),
    ],
)
def test_every_list_cuts_days_where_they_end(
    codes: DeliveryCodes, clock: TurnableClock, day: date, begins: datetime, hours: int
) -> None:
    codes.house = HouseSettings(time_zone="Europe/Berlin")
    minute, end = timedelta(minutes=1), begins + timedelta(hours=hours)
    for number, moment in enumerate((begins - minute, begins + minute, end - minute, end + minute)):
        clock.now = moment
        codes.announce([Announcement(f"P-{number}", Person("Ada", f"a{number}@example.org"), sender_wish=True)])
        codes.write(log_action, None, "admin", "office.block", f"P-{number}", 200)
    counted = {
        "parcels": codes.read(count_parcels, Filters(day=day)),
        "audit": codes.read(count_found, Wanted(day=day)),
        "mails": codes.read(count_mails, MailFilters(day=day)),
        "actions": codes.read(count_actions, ActionFilters(day=day)),
    }
    assert counted == dict.fromkeys(counted, 2)
