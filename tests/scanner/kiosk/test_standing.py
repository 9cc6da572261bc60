"""A kiosk tells how it is, and is stopped and put back from afar."""

from __future__ import annotations

from scanner.kiosk.asking import NOTED, Standing
from scanner.kiosk.pulse import Pulse
from scanner.kiosk.standing import Heartbeat
from tests.scanner.kiosk.conftest import House


def heartbeat(house: House) -> Heartbeat:
    """Return the heartbeat of the kiosk as it is after a start."""
    return Heartbeat(house.asking(), Pulse(), house.folder, every_seconds=30, retry_seconds=2)


def test_the_service_learns_the_camera_and_how_many_wait(house: House) -> None:
    (device,) = house.codes.devices.listed()
    asking = house.asking()
    house.line.cut = True
    assert asking.present(house.parcel("P-1")) == NOTED
    house.line.cut = False
    assert asking.give_sign("too_dark") is Standing.WANTED
    sign = house.codes.signs.of([device.device_id])[device.device_id]
    assert (sign.seen_at, sign.camera, sign.waiting) == (house.clock(), "too_dark", 1)


def test_a_kiosk_is_stopped_and_stays_so_over_restarts_until_it_is_put_back(house: House) -> None:
    (device,) = house.codes.devices.listed()
    staff = device.device_id  # whose id it is does not matter here
    beats = heartbeat(house)
    assert beats.once("on")
    assert beats.standing is Standing.WANTED
    house.codes.signs.stop(device.device_id, staff)
    beats.once("on")
    assert beats.standing is Standing.STOPPED
    house.line.cut = True
    again = heartbeat(house)
    assert not again.once("on")
    assert again.standing is Standing.STOPPED
    house.line.cut = False
    house.codes.signs.put_back(device.device_id, staff)
    again.once("on")
    assert again.standing is Standing.WANTED
    assert heartbeat(house).standing is Standing.WANTED


def test_a_revoked_kiosk_is_gone_and_one_without_an_answer_is_what_it_was(house: House) -> None:
    (device,) = house.codes.devices.listed()
    house.line.cut = True
    beats = heartbeat(house)
    assert not beats.once("on")
    assert beats.standing is Standing.WANTED
    house.line.cut = False
    house.codes.devices.revoke(device.device_id)
    beats.once("on")
    assert beats.standing is Standing.GONE


def test_with_a_heartbeat_what_waits_is_sent(house: House) -> None:
    beats = heartbeat(house)
    house.line.cut = True
    assert house.asking().present(house.parcel("P-1")) == NOTED
    house.line.cut = False
    assert heartbeat(house).once("on")
    assert house.handed_over_at("P-1") is not None
    assert beats.standing is Standing.WANTED
