"""A counter takes parcels in, lists them for a code, and hands over without one only when two people sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from codes import DeliveryCodes, tables
from codes.accounts.shifts import start_shift
from codes.accounts.staff import Role, list_staff
from codes.accounts.staff_log import list_actions
from codes.accounts.throttling import charge
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import DeviceKind, EventKind, ParcelSize
from codes.pickup.points import PointTerms, add_point, put_shelf
from codes.recipients.tickets import ShownCode
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.staff import add_member, give_pin, member_with
from web.http.limits.guess_limits import signing_limit

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
POINT = "/api/v1/point"
PASSWORD = "a password to sign with"


@pytest.fixture
def point(codes: DeliveryCodes) -> UUID:
    """The one pickup point, with a shelf and a hatch."""
    point_id = codes.write(add_point, PointTerms("Kiosk Sample", "Sample Street 1", "Mo-Sa 8-20"))
    codes.write(put_shelf, point_id, "A1", size=ParcelSize.L, room=10)
    codes.write(put_shelf, point_id, "H7", size=ParcelSize.S, room=1, hatch=True)
    return point_id


@pytest.fixture
def code(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> ShownCode:
    """The code of SAMPLE-1, announced for the pickup point as SAMPLE-2 is."""
    for reference in ("SAMPLE-1", "SAMPLE-2"):
        body = parcel(reference, destination="pickup_point", consignment="C", value="400.00")
        assert client.post("/api/v1/parcels", json=body, headers=sender).json["code_required"]  # type: ignore[index]
    return shown(codes, "SAMPLE-1")


def slug(answer: Any) -> tuple[int, str]:
    return answer.status_code, str(answer.json["type"]).removeprefix("/problems/")


def test_a_counter_takes_in_moves_counts_and_sends_back(enrol: Enrol, code: ShownCode, point: UUID) -> None:
    browser, _ = enrol(DeviceKind.COUNTER)
    told = browser.get(POINT).json
    assert told is not None
    assert (told["name"], [each["name"] for each in told["shelves"]]) == ("Kiosk Sample", ["A1", "H7"])
    taken = browser.post(f"{POINT}/parcels", json={"reference": "sample-1", "size": "M"})
    assert (taken.status_code, taken.json["shelf"], taken.json["again"]) == (201, "A1", False)  # type: ignore[index]
    assert browser.post(f"{POINT}/parcels", json={"reference": "SAMPLE-1"}).status_code == 200
    moved = browser.post(f"{POINT}/parcels/SAMPLE-1/shelf", json={"shelf": "SHELF/H7"}).json
    assert moved is not None
    assert (moved["shelf"], moved["hatch"], moved["overdue"]) == ("H7", True, False)
    counted = browser.post(f"{POINT}/shelves/A1/count", json={"references": ["SAMPLE-1"]}).json
    assert counted == {"held": 0, "missing": [], "unexpected": [{"reference": "SAMPLE-1", "shelf": "H7"}]}
    listed = browser.get(f"{POINT}/parcels")
    assert [each["reference"] for each in listed.json["stays"]] == ["SAMPLE-1"]  # type: ignore[index]
    assert "Recipient" not in listed.text
    assert browser.post(f"{POINT}/parcels/SAMPLE-1/back").status_code == 204
    assert slug(browser.post(f"{POINT}/parcels/SAMPLE-1/back")) == (409, "not-waiting")
    assert slug(browser.post(f"{POINT}/parcels", json={"reference": "NEVER"})) == (404, "unknown-parcel")
    assert slug(browser.post(f"{POINT}/parcels", json={"reference": "SAMPLE-1", "shelf": "Z"})) == (
        404,
        "unknown-place",
    )


def test_a_count_is_kept_for_the_office_and_stands_in_the_log_of_what_staff_did(
    enrol: Enrol, code: ShownCode, point: UUID, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    browser, device = enrol(DeviceKind.COUNTER)
    for reference in ("SAMPLE-1", "SAMPLE-2"):
        browser.post(f"{POINT}/parcels", json={"reference": reference, "shelf": "A1"})
    browser.post(f"{POINT}/shelves/A1/count", json={"references": ["SAMPLE-1", "STRAY-9"]})
    add_member(codes, "Ada", PASSWORD, Role.COUNTER)
    ada = member_with(codes, "Ada", PASSWORD)
    assert ada is not None
    codes.write(start_shift, device.device_id, ada)
    browser.post(f"{POINT}/shelves/H7/count", json={"references": []})
    assert slug(browser.post(f"{POINT}/shelves/Z9/count", json={"references": []})) == (404, "unknown-place")
    log = [each for each in codes.read(list_actions, limit=9) if each.action == "shelf.count"]
    assert sorted((each.name, each.subject, each.status) for each in log) == [
        ("Ada", "Kiosk Sample H7", 200),
        ("Ada", "Kiosk Sample Z9", 404),
        ("Test device", "Kiosk Sample A1", 200),
    ]
    page = administrator.get(f"/office/pickup-points/{point}?lang=en").text
    counts = page.split("Shelf counts")[1].split("</table>")[0]
    assert counts.count("<tr>") == 3
    row = next(row for row in counts.split("<tr>") if "A1" in row)
    for told in ("Test device", "1 / 2", 'badge-bad"><bdi>SAMPLE-2', 'badge-way"><bdi>STRAY-9'):
        assert told in row


def test_drivers_and_kiosks_do_not_work_in_a_pickup_point(enrol: Enrol, code: ShownCode, point: UUID) -> None:
    for kind in (DeviceKind.DRIVER, DeviceKind.KIOSK):
        browser, _ = enrol(kind)
        for answer in (browser.get(POINT), browser.post(f"{POINT}/parcels", json={"reference": "SAMPLE-1"})):
            assert slug(answer) == (403, "not-at-a-counter")
    assert browser.get("/api/v1/devices/me").status_code == 200


def test_a_code_is_answered_with_shelves_and_a_kiosk_hears_no_names(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, point: UUID, clock: TurnableClock
) -> None:
    browser, device = enrol(DeviceKind.COUNTER)
    for reference, shelf in (("SAMPLE-1", "A1"), ("SAMPLE-2", "H7")):
        browser.post(f"{POINT}/parcels", json={"reference": reference, "size": "S", "shelf": shelf})

    def ask(browser: FlaskClient, device: SigningDevice, text: str, **more: Any) -> Any:
        body = device.body(text, now=clock(), form="doorcode-collection-1", **more)
        return browser.post("/api/v1/collections", json=body).json

    for told in (ask(browser, device, code.payload), ask(browser, device, code.digits, name=" SAMPLE recipient")):
        assert (told["outcome"], told["recipient"], told["of"]) == ("accepted", "Sample Recipient", 2)
        assert [(each["reference"], each["shelf"], each["size"]) for each in told["parcels"]] == [
            *(("SAMPLE-1", "A1", "S"), ("SAMPLE-2", "H7", "S"))
        ]
    wrong = ask(browser, device, "000000" if code.digits != "000000" else "000001", name="Sample Recipient")
    assert wrong == {**wrong, "outcome": "wrong_code", "parcels": [], "recipient": None, "recipient_language": None}
    assert ask(browser, device, code.digits)["type"] == "/problems/parcel-missing"
    signed_otherwise = device.body(code.payload, now=clock())
    del signed_otherwise["offline"]
    assert slug(browser.post("/api/v1/collections", json=signed_otherwise)) == (403, "bad-signature")
    kiosk = enrol(DeviceKind.KIOSK)
    told = ask(*kiosk, code.payload)
    assert (told["outcome"], told["recipient"], told["holder"], len(told["parcels"])) == ("accepted", None, None, 2)
    driver, key = enrol(DeviceKind.DRIVER)
    body = key.body(code.payload, now=clock(), form="doorcode-collection-1")
    assert slug(driver.post("/api/v1/collections", json=body)) == (403, "not-at-a-counter")
    answer = kiosk[0].post("/api/v1/verifications", json=kiosk[1].body(code.payload, now=clock())).json
    assert answer is not None
    assert answer["parcels"] == [
        {"reference": "SAMPLE-1", "outcome": "accepted", "shelf": "A1", "hatch": False},
        {"reference": "SAMPLE-2", "outcome": "accepted", "shelf": "H7", "hatch": True},
    ]


def test_without_a_code_two_supervisors_sign_and_it_is_never_accepted(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, point: UUID
) -> None:
    browser, _ = enrol(DeviceKind.COUNTER)
    for name, role in (("Ann", Role.SUPERVISOR), ("Ben", Role.SUPERVISOR), ("Cy", Role.COUNTER)):
        add_member(codes, name, PASSWORD, role)

    def sign(first: str, second: str, password: str = PASSWORD) -> Any:
        people = [{"name": name, "password": given} for name, given in ((first, PASSWORD), (second, password))]
        body = {
            "reference": "SAMPLE-1",
            "reason": "Phone broken, passport seen",
            "first": people[0],
            "second": people[1],
        }
        return browser.post("/api/v1/supervised-handovers", json=body)

    assert slug(sign("Ann", "Ben", "another password")) == (403, "bad-signer")
    assert slug(sign("Ann", "Cy")) == (422, "not-supervised")
    (ben,) = (each.staff_id for each in codes.read(list_staff) if each.name == "Ben")
    pin = give_pin(codes, ben)
    assert slug(sign("Ann", "Cy", pin)) == (403, "bad-signer")
    assert slug(sign("Ann", "Ben", pin)) == (409, "not-waiting")
    browser.post(f"{POINT}/parcels", json={"reference": "SAMPLE-1"})
    done = sign("Ann", "Ben", pin)
    assert done.status_code == 201
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    kinds = [event.kind for event in codes.read(events_of_parcel, record.parcel_id)]
    assert EventKind.SUPERVISED_HANDOVER in kinds
    assert EventKind.HANDED_OVER not in kinds
    handovers = tables.handovers
    with codes.database.reading() as connection:
        shown = sa.select(handovers.c.match_number).where(handovers.c.parcel_id == record.parcel_id)
        assert connection.execute(shown).scalar_one() == done.json["match_number"]
    for _ in range(10):
        codes.write(charge, signing_limit("ann"))
    assert slug(sign("Ann", "Ben")) == (429, "too-many-tries")
