"""Two server processes on one store: what must happen once happens once, whoever is asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.devices import invite_device, revoke_device
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import DeviceKind, EventKind
from codes.recipients.tickets import ShownCode
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.running_service import RunningService, free_port, settings_for
from web.commands.opening import open_codes
from web.configuration import load_settings

pytestmark = pytest.mark.slow

VERIFICATIONS = "/api/v1/verifications"
RULE = {"rules": [{"code_required": True, "reason": "always"}]}


@dataclass(slots=True)
class Phone:
    """An enrolled device that may ask either server."""

    device: SigningDevice
    session: str

    def ask(self, url: str, body: dict[str, Any]) -> httpx.Response:
        """Present a code to one server."""
        return httpx.post(url + VERIFICATIONS, json=body, cookies={"doorcode_device": self.session}, timeout=60)


@dataclass(slots=True)
class House:
    """Two servers and a door of our own to their store."""

    urls: list[str]
    codes: DeliveryCodes

    def announce(self, reference: str) -> ShownCode:
        """Announce a parcel and return its code."""
        self.codes.announce([Announcement(reference, Person("Sample Recipient", "sample@example.org"))])
        return shown(self.codes, reference)

    def enrol(self) -> Phone:
        """Enrol a device at the first server."""
        device = SigningDevice()
        secret = self.codes.write(invite_device, "Test device", DeviceKind.DRIVER)
        answer = httpx.post(
            f"{self.urls[0]}/api/v1/devices", json={"enrolment": secret, "public_key": device.jwk}, timeout=60
        )
        device.device_id = UUID(answer.raise_for_status().json()["device_id"])
        return Phone(device, answer.cookies["doorcode_device"])

    def ask_all(self, asked: list[tuple[Phone, dict[str, Any]]]) -> list[dict[str, Any]]:
        """Ask both servers in turn, all at once."""
        with ThreadPoolExecutor(25) as pool:
            answers = list(
                pool.map(lambda each: each[0][0].ask(each[1], each[0][1]), zip(asked, cycle(self.urls), strict=False))
            )
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json() for answer in answers]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two servers on one SQLite file, and two on one PostgreSQL database; each test has parcels of its own."""
    home, url = tmp_path_factory.mktemp("house"), None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").fresh_database()
    settings = settings_for(home, policy=RULE) | {"database_url": url}
    with ExitStack() as stack:
        servers = []
        for name in ("first", "second"):
            folder = home / name
            folder.mkdir()
            server = RunningService(folder, settings, free_port())
            server.start()
            stack.callback(server.kill)
            servers.append(server)
        codes = open_codes(load_settings(servers[0].config))
        stack.callback(codes.close)
        yield House([server.url for server in servers], codes)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def test_fifty_presentations_of_one_code_hand_over_once(house: House) -> None:
    code, phone = house.announce("P-1"), house.enrol()
    bodies = [phone.device.body(code.payload, ["P-1"], now=now()) for _ in range(50)]
    outcomes = Counter(answer["outcome"] for answer in house.ask_all([(phone, body) for body in bodies]))
    assert outcomes == {"accepted": 1, "already_handed_over": 49}


def test_one_presentation_sent_to_both_again_and_again_is_judged_once(house: House) -> None:
    code, phone = house.announce("P-2"), house.enrol()
    body = phone.device.body(code.payload, ["P-2"], now=now())
    answers = house.ask_all([(phone, body)] * 30)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["outcome"] == "accepted"
    parcel = house.codes.read(find_parcel, "P-2")
    assert parcel is not None
    kinds = [event.kind for event in house.codes.read(events_of_parcel, parcel.parcel_id)]
    assert (kinds.count(EventKind.PRESENTED), kinds.count(EventKind.HANDED_OVER)) == (1, 1)


def test_of_200_parallel_guesses_five_are_compared(house: House) -> None:
    code = house.announce("P-3")
    phones = [house.enrol() for _ in range(20)]
    asked = [
        (phone, phone.device.body(f"{(int(code.digits) + step) % 10**6:06d}", ["P-3"], now=now()))
        for step, phone in zip(range(1, 201), cycle(phones), strict=False)
    ]
    outcomes = Counter(answer["outcome"] for answer in house.ask_all(asked))
    assert outcomes == {"wrong_code": 5, "locked": 195}


def test_a_revocation_falls_before_or_after_every_verification(house: House) -> None:
    phone = house.enrol()
    references = [f"R-{number}" for number in range(120)]
    bodies = [phone.device.body(house.announce(each).payload, [each], now=now()) for each in references]
    half_way = threading.Event()
    statuses: list[int] = []

    def ask(each: tuple[dict[str, Any], str]) -> None:
        statuses.append(phone.ask(each[1], each[0]).status_code)
        if len(statuses) == 40:
            half_way.set()

    def revoke() -> datetime:
        assert half_way.wait(60)
        assert house.codes.write(revoke_device, phone.device.device_id)
        return now()

    with ThreadPoolExecutor(9) as pool:
        revoked = pool.submit(revoke)
        list(pool.map(ask, zip(bodies, cycle(house.urls), strict=False)))
        revoked_by = revoked.result()
    assert set(statuses) == {200, 403}
    with house.codes.database.reading() as connection:
        last = connection.execute(sa.select(sa.func.max(tables.verifications.c.decided_at))).scalar_one()
        by_phone = tables.handovers.c.device_id == phone.device.device_id
        accepted = connection.execute(sa.select(sa.func.count()).where(by_phone)).scalar_one()
    assert accepted == statuses.count(200)
    assert last <= revoked_by
    assert phone.ask(house.urls[1], bodies[-1]).status_code == 403
