"""The office keeps pickup points: their hours, shelves, hatches and devices, and sees what waits there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.staff import Role
from codes.model import DeviceKind, ParcelSize
from codes.pickup.intake import take_in
from codes.pickup.points import placed_devices
from tests.parts.calls import PASSWORD, parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member

POINTS = "/office/pickup-points"
Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


def test_a_point_is_opened_furnished_and_watched(
    app: Flask,
    client: FlaskClient,
    administrator: FlaskClient,
    sender: dict[str, str],
    codes: DeliveryCodes,
    enrol: Enrol,
    clock: TurnableClock,
) -> None:
    terms = {"name": "Kiosk <b>", "place": "Sample Street 1", "opening": "Mo-Sa 8-20", "days_kept": "5"}
    answer = administrator.post(POINTS, data=terms)
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert administrator.post(POINTS, data=terms).status_code == 422
    for bad in ({"name": ""}, {"days_kept": "0"}, {"days_kept": "x"}):
        assert administrator.post(page, data={**terms, **bad}).status_code == 422
    assert administrator.post(page, data={**terms, "opening": "always"}).status_code == 303
    stood = re.findall('name="stood" value="([^"]+)"', administrator.get(page).text)[0]
    assert administrator.post(page, data={**terms, "days_kept": "6", "stood": stood}).status_code == 303
    stale = administrator.post(f"{page}?lang=en", data={**terms, "opening": "never", "stood": stood})
    assert (stale.status_code, "Somebody else has changed this" in stale.text, 'value="never"' in stale.text) == (
        409,
        True,
        True,
    )
    assert administrator.post(page, data={**terms, "opening": "always"}).status_code == 303
    for shelf in ({"name": "a1", "size": "M", "room": "3"}, {"name": "H7", "size": "XL", "room": "1", "hatch": "on"}):
        assert administrator.post(f"{page}/shelves", data=shelf).status_code == 303
    for bad in ({"size": "XXL"}, {"room": "many"}, {"room": "0"}, {"name": "<i>"}):
        assert (
            administrator.post(f"{page}/shelves", data={"name": "B1", "size": "M", "room": "3", **bad}).status_code
            == 422
        )
    _, device = enrol(DeviceKind.COUNTER)
    _, driver = enrol(DeviceKind.DRIVER)
    assert administrator.post(f"{page}/devices", data={"device": device.device_id}).status_code == 303
    for nobody in (driver.device_id, "x"):
        assert administrator.post(f"{page}/devices", data={"device": nobody}).status_code == 404
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    codes.write(take_in, device.device_id, "SAMPLE-1", ParcelSize.S)
    clock.turn(timedelta(days=5))
    administrator.post("/office/sign-in", data={"name": "admin", "password": PASSWORD})
    shown = administrator.get(f"{page}?lang=en").text
    for told in ("Kiosk &lt;b&gt;", "always", "A1", "H7", "Hatch", "At this pickup point", "SAMPLE-1", 'badge-bad">'):
        assert told in shown
    assert 'badge-bad">1<' in administrator.get(f"{POINTS}?lang=en").text
    labels = administrator.get(f"{page}/labels?lang=en").text
    assert labels.count("data:image/png") == 2
    administrator.post(f"{page}/shelves", data={"name": "H7", "size": "XL", "room": "1", "closed": "1"})
    assert "H7" not in administrator.get(page).text
    administrator.post(f"{page}/devices", data={"device": device.device_id, "away": "1"})
    assert codes.read(placed_devices) == {}

    add_member(codes, "counter", PASSWORD, Role.COUNTER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "counter", "password": PASSWORD})
    seen = browser.get(f"{page}?lang=en")
    assert seen.status_code == 200
    assert "Save" not in seen.text
    assert browser.post(page, data=terms).status_code == 403
