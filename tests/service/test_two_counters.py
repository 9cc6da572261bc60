"""Two counters at two web processes on one store reach for the same parcel: one hands it over, the other is told."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import yaml

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.devices import enrol_device, invite_device
from codes.accounts.staff import Role
from codes.auditing.audit import audit
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import DeviceKind, EventKind, MessageKind, ParcelSize
from codes.pickup.points import PointTerms, add_point, put_shelf
from codes.recipients.tickets import ShownCode
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.running_service import HOME, free_port, service_environment, settings_for
from tests.parts.servers.opening import wait_until_open
from tests.parts.staff import add_member
from web.commands.opening import open_codes
from web.configuration import load_settings

pytestmark = pytest.mark.slow

RULE = {"rules": [{"code_required": True, "reason": "always"}]}
PASSWORD = "a password to sign with"
TOGETHER = 24
Call = Callable[[], httpx.Response]


@dataclass(slots=True)
class Till:
    """A counter's device, and the web process that it asks."""

    url: str
    device: SigningDevice
    session: str

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Call the API."""
        cookies = {"doorcode_device": self.session}
        return httpx.post(f"{self.url}/api/v1{path}", json=body, cookies=cookies, timeout=120)

    def list(self, code: str) -> httpx.Response:
        """Ask what waits for a code."""
        return self.post("/collections", self.device.body(code, now=now(), form="doorcode-collection-1"))

    def hand_over(self, code: str, *references: str) -> httpx.Response:
        """Present a code for what was fetched."""
        return self.post("/verifications", self.device.body(code, references, now=now()))

    def take_in(self, reference: str) -> httpx.Response:
        """Scan a label at intake."""
        return self.post("/point/parcels", {"reference": reference})


@dataclass(slots=True)
class Point:
    """A pickup point with two counters, and a door of our own to their store."""

    tills: list[Till]
    codes: DeliveryCodes

    def announce(self, *references: str, consignment: str | None = None) -> ShownCode:
        """Announce parcels to one recipient; returns the code of the first."""
        person = Person("Sample Recipient", "sample@example.org")
        self.codes.announce([Announcement(each, person, consignment=consignment) for each in references])
        return shown(self.codes, references[0])

    def happened(self, reference: str) -> Counter[EventKind]:
        """Count what a parcel's chain tells."""
        parcel = self.codes.read(find_parcel, reference)
        assert parcel is not None
        return Counter(event.kind for event in self.codes.read(events_of_parcel, parcel.parcel_id))

    def count(self, of: sa.FromClause, *which: sa.ColumnElement[bool]) -> int:
        """Count rows in the store."""
        with self.codes.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(of).where(*which)).scalar_one())

    def findings(self) -> Sequence[object]:
        """Audit the store."""
        return audit(self.codes.database, self.codes.sealing_key.public_key(), self.codes.ring()).findings


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def point(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Point]:
    """Two web processes on one SQLite file, and two on one PostgreSQL database; each test has parcels of its own."""
    tmp_path, url = tmp_path_factory.mktemp("point"), None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").fresh_database()
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(tmp_path, policy=RULE) | {"database_url": url}), encoding="utf-8")
    command = [sys.executable, str(HOME / "app.py"), "--config", str(config), "web", "--port"]
    with ExitStack() as stack:
        codes = open_codes(load_settings(config))
        stack.callback(codes.close)
        point_id = codes.write(add_point, PointTerms("Kiosk Sample"))
        codes.write(put_shelf, point_id, "A1", size=ParcelSize.XL, room=1000)
        tills = []
        for name in ("First", "Second"):
            port = free_port()
            process = subprocess.Popen([*command, str(port)], env=service_environment())
            stack.callback(process.wait, 60)
            stack.callback(process.kill)
            assert wait_until_open("127.0.0.1", port, 120)
            device = SigningDevice()
            enrolled = codes.write(enrol_device, codes.write(invite_device, name, DeviceKind.COUNTER), device.jwk, "en")
            device.device_id = enrolled.device.device_id
            tills.append(Till(f"http://localhost:{port}", device, enrolled.session))
        yield Point(tills, codes)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def at_once(calls: Sequence[Call]) -> list[httpx.Response]:
    """Make all calls at the same time."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(lambda call: call(), calls))


def test_of_many_handovers_at_two_counters_one_is_green_and_the_others_are_told_when(point: Point) -> None:
    references, before = [f"P-{number}" for number in range(12)], point.count(tables.handovers)
    codes = {each: point.announce(each).payload for each in references}
    at_once([partial(point.tills[0].take_in, each) for each in references])
    lists = [partial(till.list, codes[each]) for each in references for till in point.tills]
    handing = [(each, till) for each in references for till in point.tills for _ in range(3)]
    calls = [partial(till.hand_over, codes[each], each) for each, till in handing]
    mixed = [call for pair in zip(calls, [*lists] * 3, strict=True) for call in pair]
    answers = at_once(mixed)
    assert {answer.status_code for answer in answers} == {200}
    verdicts, listed = answers[::2], answers[1::2]
    assert {answer.json()["outcome"] for answer in listed} <= {"accepted", "already_handed_over"}
    for each in references:
        told = [answer.json() for (reference, _), answer in zip(handing, verdicts, strict=True) if reference == each]
        assert Counter(one["outcome"] for one in told) == {"accepted": 1, "already_handed_over": 5}
        (green,) = (one for one in told if one["accepted"])
        assert green["match_number"]
        late = [one for one in told if not one["accepted"]]
        assert len({one["details"]["handed_over_at"] for one in late}) == 1
        assert all(one["details"]["handed_over_at"] and not one["match_number"] for one in late)
        assert point.happened(each)[EventKind.HANDED_OVER] == 1
    for till in point.tills:
        afterwards = till.list(codes["P-0"]).json()
        assert (afterwards["outcome"], afterwards["parcels"]) == ("already_handed_over", [])
        assert afterwards["handed_over_at"]
    assert point.count(tables.handovers) - before == len(references)
    assert point.findings() == ()


def test_of_two_handovers_that_share_a_parcel_one_is_refused_whole_and_leaves_the_rest(point: Point) -> None:
    before = point.count(tables.handovers)
    for number in range(6):
        left, shared, right = (f"C{number}-{each}" for each in ("LEFT", "SHARED", "RIGHT"))
        code = point.announce(left, shared, right, consignment=f"C{number}").payload
        at_once([partial(point.tills[0].take_in, each) for each in (left, shared, right)])
        calls = [
            partial(point.tills[0].hand_over, code, left, shared),
            partial(point.tills[1].hand_over, code, shared, right),
        ]
        answers = [answer.json() for answer in at_once(calls)]
        assert sorted(each["outcome"] for each in answers) == ["accepted", "already_handed_over"]
        refused = next(each for each in answers if not each["accepted"])
        assert {each["reference"]: each["outcome"] for each in refused["parcels"]}[shared] == "already_handed_over"
        assert point.count(tables.handovers) - before == 3 * number + 2
        (rest,) = {left, right} - {each for each in (left, right) if point.happened(each)[EventKind.HANDED_OVER]}
        again = point.tills[number % 2].hand_over(code, rest).json()
        assert (again["outcome"], again["handed_over"], again["of"]) == ("accepted", 3, 3)
    assert point.findings() == ()


def test_a_code_at_one_counter_and_two_signatures_at_the_other_hand_over_once(point: Point) -> None:
    for name in ("Ann", "Ben"):
        add_member(point.codes, name, PASSWORD, Role.SUPERVISOR)
    before = point.count(tables.handovers)
    first, second = ({"name": name, "password": PASSWORD} for name in ("Ann", "Ben"))
    for number in range(4):
        reference = f"S-{number}"
        code = point.announce(reference).payload
        point.tills[0].take_in(reference)
        signed = {"reference": reference, "reason": "Phone broken, passport seen", "first": first, "second": second}
        with_code, without = at_once(
            [
                partial(point.tills[0].hand_over, code, reference),
                partial(point.tills[1].post, "/supervised-handovers", signed),
            ]
        )
        if with_code.json()["accepted"]:
            assert (without.status_code, without.json()["type"]) == (409, "/problems/already-handed-over")
        else:
            assert (with_code.json()["outcome"], without.status_code) == ("already_handed_over", 201)
        happened = point.happened(reference)
        assert happened[EventKind.HANDED_OVER] + happened[EventKind.SUPERVISED_HANDOVER] == 1
    assert point.count(tables.handovers) - before == 4
    assert point.findings() == ()


def test_a_parcel_scanned_at_two_counters_is_taken_in_once_and_its_recipient_told_once(point: Point) -> None:
    ready = tables.messages.c.kind == MessageKind.READY_TO_COLLECT
    references, before = [f"T-{number}" for number in range(10)], point.count(tables.messages, ready)
    point.announce(*references)
    answers = at_once([partial(till.take_in, each) for each in references for till in point.tills])
    assert Counter(answer.status_code for answer in answers) == {200: 10, 201: 10}
    for each in references:
        assert point.happened(each)[EventKind.ARRIVED_AT_POINT] == 1
    assert point.count(tables.messages, ready) - before == 10
