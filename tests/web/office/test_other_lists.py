"""The lists beside that of parcels: mails, what staff did, devices, files, what an auditor finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.devices import put_depot, revoke_device
from codes.accounts.heartbeats import CameraState, heartbeats_of, note_call, stop_device, take_heartbeat
from codes.accounts.staff import Role
from codes.accounts.staff_log import log_action
from codes.life.imports import add_import, start_import, stop_import
from codes.model import DeviceKind
from codes.recipients.outbox import claim_due, listed_messages, mark_failed_for_good, mark_sent
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.staff import add_member
from web.office.lists import ROWS_A_PAGE


def told(page: str, count: int) -> bool:
    return f": {count}" in re.findall(r'list-total"[^>]*>([^<]*)', page)[0]


def test_mails_are_narrowed_sorted_and_told_by_pages(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    people = [Person("Jérôme Müller", "j@example.org"), Person("Ada", "ada@example.org"), Person("Ben", "b@a.example")]
    codes.announce([Announcement(f"P-{n}", each, sender_wish=True) for n, each in enumerate(people, 1)])
    claimed = {each.id: each for each in codes.write(claim_due, limit=3, lease=timedelta(minutes=1))}
    first, second, _ = sorted(codes.read(listed_messages, limit=3), key=lambda each: each.reference)
    codes.write(mark_sent, claimed[first.id], "250 OK")
    codes.write(mark_failed_for_good, claimed[second.id], "550 no such user")
    today = clock().astimezone().date()
    for asked, found in {
        "": {"P-1", "P-2", "P-3"},
        "state=sent": {"P-1"},
        "state=failed": {"P-2"},
        "state=waiting": {"P-3"},
        "state=arrived": set(),
        "search=MULLER": {"P-1"},
        "search=ada@example.org&state=failed": {"P-2"},
        f"day={today}&search=p-": {"P-1", "P-2", "P-3"},
        f"day={today - timedelta(days=1)}": set(),
        f"day={today}&state=sent&search=ben": set(),
        "state=nonsense&day=nonsense&sort=x&page=x": {"P-1", "P-2", "P-3"},
    }.items():
        page = administrator.get(f"/office/mails?lang=en&{asked}").text
        assert set(re.findall(r"/office/parcels/(P-\d)", page)) == found, asked
        assert not found or told(page, len(found))
    page = administrator.get("/office/mails?sort=-reference&state=waiting").text
    assert "/office/mails?sort=reference&amp;state=waiting" in page, "a filter stays when the order is turned"
    page = administrator.get("/office/mails?sort=-reference").text
    assert re.findall(r"/office/parcels/(P-\d)", page) == ["P-3", "P-2", "P-1"]


def test_a_long_list_of_mails_has_pages(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    count = ROWS_A_PAGE + 1
    people = [Person("Ada", f"a{n}@example.org") for n in range(count)]
    codes.announce([Announcement(f"P-{n}", each, sender_wish=True) for n, each in enumerate(people)])
    first, second = (administrator.get(f"/office/mails?lang=en&page={page}").text for page in (1, 2))
    assert "page 1 of 2" in first
    found = [set(re.findall(r"/office/parcels/(P-\d+)", page)) for page in (first, second)]
    assert [len(each) for each in found] == [ROWS_A_PAGE, 1]
    assert len(set.union(*found)) == count


def test_what_staff_did_is_told_in_sentences_with_names_for_ids(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org"), sender_wish=True)])
    device, ben = enrolled(codes, name="Größe 7"), add_member(codes, "Ben", PASSWORD, Role.DISPATCHER)
    for path in (f"devices/{device.device_id}/revoke", f"people/{ben}/block", "block/p-1", "block/NOWHERE"):
        clock.turn(timedelta(seconds=1))
        administrator.post(f"/office/{path}")
    clock.turn(timedelta(seconds=1))
    codes.write(log_action, ben, "Ben", "signing_in.sign_in", "", 403)
    clock.turn(timedelta(seconds=1))
    codes.write(log_action, ben, "Ben", "of.old", "something", 200)
    page = administrator.get("/office/actions?lang=en").text
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>.*?</tr>", page, re.S)][1:]
    told_all = [re.sub(r"^.*?(admin|Ben) ", r"\1: ", row) for row in rows]
    assert told_all[:6] == [
        "Ben: Something that this version does not know something",
        "Ben: Signed in with a password Refused",
        "admin: Blocked a parcel Not done NOWHERE",
        "admin: Blocked a parcel p-1",
        "admin: Blocked a member of staff Ben",
        "admin: Blocked a device Größe 7",
    ]
    assert "signing_in" not in page
    today = clock().astimezone().date()
    for asked, count in {
        "": len(rows),
        "name=Ben": 2,
        "search=grosse": 1,
        "search=P-1": 1,
        "search=nowhere": 1,
        "search=ben": 1,
        f"search=NOWHERE&name=admin&day={today}": 1,
        f"search=NOWHERE&name=admin&day={today + timedelta(days=1)}": 0,
    }.items():
        page = administrator.get(f"/office/actions?lang=en&{asked}").text
        assert page.count("<tr>") == (count + 1 if count else 0), asked
    by_name = administrator.get("/office/actions?lang=en&sort=name").text
    assert by_name.index("<bdi>Ben</bdi>") < by_name.index("<bdi>admin</bdi>")


@pytest.fixture
def devices(codes: DeliveryCodes) -> None:
    """A device of each kind and in each state."""
    codes.write(put_depot, enrolled(codes, name="Jérôme").device_id, "North")
    codes.write(revoke_device, enrolled(codes, name="Old").device_id)
    enrolled(codes, DeviceKind.COUNTER, name="Counter")
    for name in ("Kiosk 1", "Kiosk 2"):
        kiosk = enrolled(codes, DeviceKind.KIOSK, name=name).device_id
        codes.write(take_heartbeat, kiosk, CameraState.ON, 0)
    codes.write(stop_device, kiosk, kiosk)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["Counter", "Jérôme", "Kiosk 1", "Kiosk 2", "Old"]),
        ("search=JEROME", ["Jérôme"]),
        ("kind=kiosk", ["Kiosk 1", "Kiosk 2"]),
        ("state=silent", ["Kiosk 1"]),
        ("state=out_of_order&kind=kiosk", ["Kiosk 2"]),
        ("state=blocked", ["Old"]),
        ("state=in_use&search=k", ["Kiosk 1", "Kiosk 2"]),
        ("depot=North", ["Jérôme"]),
        ("kind=nonsense&state=nonsense", ["Counter", "Jérôme", "Kiosk 1", "Kiosk 2", "Old"]),
        ("search=nobody", []),
    ],
)
def test_devices_are_narrowed(
    administrator: FlaskClient, devices: None, clock: TurnableClock, asked: str, found: list[str]
) -> None:
    clock.turn(timedelta(minutes=10))
    page = administrator.get(f"/office/devices?lang=en&sort=name&{asked}").text
    rows = re.findall(r'<tr id="[^"]+"><td>.*?<bdi>(.*?)</bdi>', page, re.S)
    assert rows == found
    assert not found or told(page, len(found))


def test_a_phone_or_a_counter_was_seen_when_it_last_called(
    administrator: FlaskClient,
    codes: DeliveryCodes,
    clock: TurnableClock,
    enrol: Callable[..., tuple[FlaskClient, SigningDevice]],
) -> None:
    codes.write(note_call, enrolled(codes, DeviceKind.COUNTER, name="Counter").device_id)
    clock.turn(timedelta(hours=1))
    enrolled(codes, name="Unused")
    phone, device = enrol()
    assert phone.get("/driver").status_code == 200
    seen = codes.read(heartbeats_of, [device.device_id])[device.device_id]
    assert seen.last_seen_at == clock()
    clock.turn(timedelta(minutes=4))
    assert phone.get("/driver").status_code == 200
    assert codes.read(heartbeats_of, [device.device_id])[device.device_id] == seen, "not each call is written down"
    page = administrator.get("/office/devices?lang=en&sort=-seen").text
    assert re.findall(r'<tr id="[^"]+"><td>.*?<bdi>(.*?)</bdi>', page, re.S) == ["Test device", "Counter", "Unused"]
    assert page.count("never") == 1
    assert "Silent" not in re.sub(r"<option.*?</option>", "", page), "a phone in a pocket is not out of order"


def test_files_are_narrowed_and_sorted(administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock) -> None:
    ids = [codes.write(add_import, name, "Ada", b"reference\nP-1\n") for name in ("Müller.csv", "b.csv", "a.csv")]
    for import_id in ids[1:]:
        codes.write(start_import, import_id, {}, 1)
    codes.write(stop_import, ids[2])
    today = clock().astimezone().date()
    for asked, found in {
        "sort=name": ["Müller.csv", "a.csv", "b.csv"],
        "sort=name&state=not_started": ["Müller.csv"],
        "state=running": ["b.csv"],
        f"state=stopped&day={today}": ["a.csv"],
        "state=done": [],
        "search=MULLER": ["Müller.csv"],
    }.items():
        page = administrator.get(f"/office/import?lang=en&{asked}").text
        assert re.findall(r'class="row-link"[^>]*><bdi>(.*?)</bdi>', page) == found, asked


def test_an_auditor_turns_pages_and_sorts_what_was_found(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    count = ROWS_A_PAGE + 2
    codes.announce([Announcement(f"P-{n:03}", Person("Jérôme")) for n in range(count)])
    first, second = (
        administrator.get(f"/office/audit?lang=en&recipient=JEROME&sort=reference&page={page}").text for page in (1, 2)
    )
    listed = [re.findall(r"/office/audit/(P-\d+)", page) for page in (first, second)]
    assert listed[0] + listed[1] == [f"P-{n:03}" for n in range(count)]
    assert told(first, count)
