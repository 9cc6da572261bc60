"""Reports by week and depot, in which no driver can be found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from codes import DeliveryCodes
from codes.accounts.devices import put_depot
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason
from codes.office.weekly import EVERYWHERE, by_week
from codes.recipients.tickets import ShownCode
from tests.parts.calls import other_digits
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled


def test_a_week_tells_first_attempts_missing_codes_and_the_time_at_the_door(
    codes: DeliveryCodes,
    clock: TurnableClock,
    announce: Callable[..., ShownCode],
) -> None:
    *north, alone = (enrolled(codes) for _ in range(4))
    for device in north:
        codes.write(put_depot, device.device_id, " North ")
    codes.write(put_depot, alone.device_id, "South")
    quick, late, _never = (announce(reference).digits for reference in ("WEEK-1", "WEEK-2", "WEEK-3"))
    codes.write(
        end_without_handover,
        Visit(uuid4(), north[0].device_id, "WEEK-2", AttemptReason.NO_CODE, clock()),
    )
    codes.write(
        end_without_handover,
        Visit(uuid4(), alone.device_id, "WEEK-3", AttemptReason.NOBODY_HOME, clock()),
    )
    clock.turn(timedelta(minutes=1))
    codes.present(north[1].presentation(other_digits(quick), "WEEK-1", now=clock()))
    clock.turn(timedelta(seconds=40))
    for code, reference in ((quick, "WEEK-1"), (late, "WEEK-2")):
        assert codes.present(north[1].presentation(code, reference, now=clock())).accepted
    today = clock().date()
    weeks = codes.read(by_week, today, today)
    assert {week.depot for week in weeks} == {EVERYWHERE, "North"}
    everywhere, north_week = (next(week for week in weeks if week.depot == depot) for depot in (EVERYWHERE, "North"))
    assert (everywhere.handed_over, everywhere.first_attempts, everywhere.first_handed_over) == (2, 3, 1)
    assert everywhere.ended == {AttemptReason.NO_CODE: 1, AttemptReason.NOBODY_HOME: 1}
    assert everywhere.no_code_share == 0.25
    assert everywhere.why_no_code == {"unopened": 1}
    assert sorted(everywhere.seconds) == [0, 40]
    assert (north_week.first_attempt_share, north_week.median_seconds) == (0.5, 20)
    assert AttemptReason.NOBODY_HOME not in north_week.ended
