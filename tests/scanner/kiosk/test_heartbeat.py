"""A kiosk tells how it is, and is stopped and put back from afar."""

from __future__ import annotations

from codes.accounts.devices import list_devices, revoke_device
from codes.accounts.heartbeats import heartbeats_of, put_device_back, stop_device
from scanner.kiosk.heartbeat import Heartbeat
from scanner.kiosk.service_client import NOTED, KioskState
from scanner.kiosk.watchdog import Watchdog
from tests.parts.scanning.kiosk_house import House


def heartbeat(house: House) -> Heartbeat:
    """Return the heartbeat of the kiosk as it is after a start."""
    return Heartbeat(house.service(), Watchdog(), house.folder, every_seconds=30, retry_seconds=2)


def test_the_service_learns_the_camera_and_how_many_wait(house: House) -> None:
    (device,) = house.codes.read(list_devices)
    service = house.service()
    house.line.cut = True
    assert service.present(house.parcel("P-1")) == NOTED
    house.line.cut = False
    assert service.give_sign("too_dark") is KioskState.WANTED
    sign = house.codes.read(heartbeats_of, [device.device_id])[device.device_id]
    assert (sign.seen_at, sign.camera, sign.waiting) == (house.clock(), "too_dark", 1)


def told(beats: Heartbeat) -> KioskState:
    """Give a sign of life, and return what the service answers."""
    beats.once("on")
    return beats.state


def test_a_kiosk_is_stopped_and_stays_so_over_restarts_until_it_is_put_back(house: House) -> None:
    (device,) = house.codes.read(list_devices)
    staff = device.device_id  # whose id it is does not matter here
    beats = heartbeat(house)
    assert beats.once("on")
    assert beats.state is KioskState.WANTED
    house.codes.write(stop_device, device.device_id, staff)
    assert told(beats) is KioskState.STOPPED
    house.line.cut = True
    again = heartbeat(house)
    assert not again.once("on")
    assert again.state is KioskState.STOPPED
    house.line.cut = False
    house.codes.write(put_device_back, device.device_id, staff)
    assert told(again) is KioskState.WANTED
    assert heartbeat(house).state is KioskState.WANTED


def test_a_revoked_kiosk_is_gone_and_one_without_an_answer_is_what_it_was(house: House) -> None:
    (device,) = house.codes.read(list_devices)
    house.line.cut = True
    beats = heartbeat(house)
    assert not beats.once("on")
    assert beats.state is KioskState.WANTED
    house.line.cut = False
    house.codes.write(revoke_device, device.device_id)
    assert told(beats) is KioskState.GONE


def test_with_a_heartbeat_what_waits_is_sent(house: House) -> None:
    beats = heartbeat(house)
    house.line.cut = True
    assert house.service().present(house.parcel("P-1")) == NOTED
    house.line.cut = False
    assert heartbeat(house).once("on")
    assert house.handed_over_at("P-1") is not None
    assert beats.state is KioskState.WANTED
