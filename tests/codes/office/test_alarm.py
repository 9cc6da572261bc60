"""A sudden rise of wrong digits over the whole house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from codes import DeliveryCodes
from codes.office.counts import watch_wrong_digits
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled


def test_guesses_spread_thinly_over_parcels_and_devices_raise_an_alarm(
    make_codes: Callable[..., DeliveryCodes],
    codes: DeliveryCodes,
    announce: Callable[..., ShownCode],
    clock: TurnableClock,
) -> None:
    watchful = make_codes(house_wrong_digits_per_hour=10)
    for number in range(11):
        digits = announce(f"P-{number}").digits
        driver = enrolled(watchful)
        assert not watchful.read(watch_wrong_digits).raised
        wrong = f"{(int(digits) + 1) % 10**6:06d}"
        watchful.present(driver.presentation(wrong, f"P-{number}", now=clock()))
    assert watchful.read(watch_wrong_digits).wrong_digits == 11
    assert watchful.read(watch_wrong_digits).raised
    clock.turn(timedelta(hours=1, seconds=1))
    assert not watchful.read(watch_wrong_digits).raised
    watchful.close()
