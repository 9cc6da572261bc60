"""A kiosk's settings: opened by a PIN alone, guessed slowly, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.devices import device_with_id
from codes.accounts.heartbeats import heartbeats_of
from codes.accounts.staff import Role, block_staff
from codes.accounts.staff_log import list_actions
from codes.model import DeviceKind
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member, give_pin

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
SETTINGS = "/api/v1/kiosk/settings"
ORDER = "/api/v1/kiosk/order"
SIGN = {"camera": "on", "waiting": 0}


def _pin_of(codes: DeliveryCodes, name: str, role: Role = Role.COUNTER) -> str:
    return give_pin(codes, add_member(codes, name, PASSWORD, role))


def _wrong(*pins: str) -> str:
    return next(pin for pin in ("000000", "111111", "222222", "333333") if pin not in pins)


def _open(kiosk: FlaskClient, pin: str) -> int:
    return kiosk.post(SETTINGS, json={"pin": pin}).status_code


def test_a_colleagues_pin_opens_the_settings_and_takes_the_kiosk_out_of_order(
    codes: DeliveryCodes, enrol: Enrol
) -> None:
    kiosk, device = enrol(DeviceKind.KIOSK)
    pin, _other = _pin_of(codes, "Counter A"), _pin_of(codes, "Counter B")
    assert kiosk.put(ORDER, json={"out_of_order": True}).status_code == 403
    answer = kiosk.post(SETTINGS, json={"pin": pin})
    assert (answer.status_code, answer.json) == (200, {"out_of_order": False})
    assert kiosk.put(ORDER, json={"out_of_order": True}).json == {"out_of_order": True}
    assert kiosk.post("/api/v1/devices/me/signs", json=SIGN).json["out_of_order"] is True  # type: ignore[index]
    assert kiosk.delete(SETTINGS).status_code == 204
    assert kiosk.put(ORDER, json={"out_of_order": False}).status_code == 403
    assert kiosk.post(SETTINGS, json={"pin": pin}).json == {"out_of_order": True}
    assert kiosk.put(ORDER, json={"out_of_order": False}).json == {"out_of_order": False}
    done = [(row.name, row.action) for row in codes.read(list_actions, limit=10)]
    assert ("Counter A", "kiosks.stop") in done
    assert ("Counter A", "kiosks.put_back") in done
    assert codes.read(heartbeats_of, [device.device_id])[device.device_id].out_of_order_at is None


def test_guessing_at_a_kiosk_is_slow_lasts_no_longer_than_a_day_and_locks_no_colleague_out(
    codes: DeliveryCodes, clock: TurnableClock, enrol: Enrol
) -> None:
    kiosk, _ = enrol(DeviceKind.KIOSK)
    pin = _pin_of(codes, "Counter A")
    wrong = _wrong(pin)
    assert [_open(kiosk, wrong) for _ in range(3)] == [403] * 3
    assert _open(kiosk, pin) == 429
    counter, _ = enrol(DeviceKind.COUNTER)
    assert counter.post("/api/v1/shift", json={"by": {"name": "Counter A", "pin": pin}}).status_code == 200
    for tries in (3, 3):
        clock.turn(timedelta(minutes=15))
        assert [_open(kiosk, wrong) for _ in range(tries)] == [403] * tries
    clock.turn(timedelta(minutes=15))
    assert [_open(kiosk, wrong), _open(kiosk, pin)] == [403, 429]
    clock.turn(timedelta(minutes=15))
    assert _open(kiosk, pin) == 429
    clock.turn(timedelta(days=1))
    assert _open(kiosk, pin) == 200


def test_a_signed_off_kiosk_is_no_device_any_more(codes: DeliveryCodes, enrol: Enrol) -> None:
    kiosk, device = enrol(DeviceKind.KIOSK)
    assert kiosk.delete("/api/v1/kiosk").status_code == 403
    assert _open(kiosk, _pin_of(codes, "Counter A")) == 200
    answer = kiosk.delete("/api/v1/kiosk")
    assert answer.status_code == 204
    assert "doorcode_device=;" in answer.headers["Set-Cookie"]
    found = codes.read(device_with_id, device.device_id)
    assert found is not None
    assert found.revoked_at is not None


@pytest.mark.parametrize("kind", [DeviceKind.DRIVER, DeviceKind.COUNTER])
def test_no_other_device_has_them(codes: DeliveryCodes, enrol: Enrol, kind: DeviceKind) -> None:
    other, _ = enrol(kind)
    assert _open(other, _pin_of(codes, "Counter A")) == 403
    for method, path in (("DELETE", SETTINGS), ("PUT", ORDER), ("DELETE", "/api/v1/kiosk")):
        assert other.open(path, method=method, json={"out_of_order": True}).status_code == 403


def test_whoever_is_blocked_or_only_reads_opens_nothing(codes: DeliveryCodes, enrol: Enrol) -> None:
    kiosk, _ = enrol(DeviceKind.KIOSK)
    assert _open(kiosk, _pin_of(codes, "Auditor", Role.AUDITOR)) == 403
    staff_id = add_member(codes, "Counter A", PASSWORD, Role.COUNTER)
    pin = give_pin(codes, staff_id)
    codes.write(block_staff, staff_id, blocked=True)
    assert _open(kiosk, pin) == 403


def test_settings_left_open_close_by_themselves(codes: DeliveryCodes, clock: TurnableClock, enrol: Enrol) -> None:
    kiosk, _ = enrol(DeviceKind.KIOSK)
    assert _open(kiosk, _pin_of(codes, "Counter A")) == 200
    clock.turn(timedelta(minutes=11))
    assert kiosk.put(ORDER, json={"out_of_order": True}).status_code == 403
