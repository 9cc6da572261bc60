"""Signing in at a shared counter: who may what, when it ends, and guessing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.shifts import give_badge, who_works
from codes.accounts.staff import Role, block_staff
from codes.model import DeviceKind
from tests.parts.calls import PASSWORD, other_digits
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member, give_pin

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


def _sign_in(counter: FlaskClient, **by: str) -> int:
    return counter.post("/api/v1/shift", json={"by": by}).status_code


def test_guessing_pins_is_slowed_down_by_name_and_by_counter(
    codes: DeliveryCodes, clock: TurnableClock, enrol: Enrol
) -> None:
    counter, _ = enrol(DeviceKind.COUNTER)
    staff_id = add_member(codes, "Counter A", PASSWORD, Role.COUNTER)
    pin = give_pin(codes, staff_id)
    wrong = other_digits(pin)
    assert [_sign_in(counter, name="Counter A", pin=wrong) for _ in range(5)] == [403] * 5
    assert _sign_in(counter, name="Counter A", pin=pin) == 429
    names = [f"Nobody {number}" for number in range(10)]
    assert [_sign_in(counter, name=name, pin=wrong) for name in names] == [403] * 9 + [429]
    other, _ = enrol(DeviceKind.COUNTER)
    assert _sign_in(other, name="counter a", pin=pin) == 429
    signer = {"name": "Counter A", "password": pin}
    signed = {"reference": "P-1", "reason": "no code at hand", "first": signer, "second": {**signer, "name": "Other"}}
    assert other.post("/api/v1/supervised-handovers", json=signed).status_code == 429
    clock.turn(timedelta(minutes=15))
    assert _sign_in(counter, name="Counter A", pin=pin) == 200


def test_a_shift_ends_when_nobody_moves_by_itself_and_with_the_person(
    codes: DeliveryCodes, clock: TurnableClock, enrol: Enrol
) -> None:
    counter, device = enrol(DeviceKind.COUNTER)
    driver, _ = enrol(DeviceKind.DRIVER)
    staff_id = add_member(codes, "Counter A", PASSWORD, Role.COUNTER)
    old, badge = codes.write(give_badge, staff_id), codes.write(give_badge, staff_id)
    assert _sign_in(counter, badge=old) == 403
    assert _sign_in(driver, badge=badge) == 403
    assert _sign_in(counter, badge=badge) == 200
    clock.turn(timedelta(minutes=9))
    assert counter.get("/api/v1/shift").json["name"] == "Counter A"  # type: ignore[index]
    clock.turn(timedelta(minutes=9))
    assert codes.read(who_works, device.device_id) is not None
    clock.turn(timedelta(minutes=11))
    assert codes.read(who_works, device.device_id) is None
    assert _sign_in(counter, badge=badge) == 200
    codes.write(block_staff, staff_id, blocked=True)
    assert codes.read(who_works, device.device_id) is None
    assert _sign_in(counter, badge=badge) == 403
    assert counter.delete("/api/v1/shift").status_code == 204
