"""Whoever may ask asks again and again, all at once: the running service answers, and neither sends nor grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.devices import invite_device
from codes.life.parcel_records import events_of_parcel
from codes.model import DeviceKind, EventKind, MessageKind
from codes.recipients.outbox import listed_messages
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded
from tests.parts.running_service import RunningService, running_service
from web.commands.opening import open_codes
from web.configuration import load_settings

RULE = {"rules": [{"code_required": True, "reason": "always"}]}
FOREIGN = "https://example.org/not-ours"


class House:
    """A running service, a device enrolled at it, and a door of our own to its store."""

    def __init__(self, service: RunningService) -> None:
        self.url = service.url
        self.codes: DeliveryCodes = open_codes(load_settings(service.config))
        self.device = SigningDevice()
        secret = self.codes.write(invite_device, "Test device", DeviceKind.DRIVER)
        answer = httpx.post(
            f"{self.url}/api/v1/devices", json={"enrolment": secret, "public_key": self.device.jwk}, timeout=60
        )
        self.device.device_id = UUID(answer.raise_for_status().json()["device_id"])
        self.client = httpx.Client(base_url=self.url, cookies=answer.cookies, timeout=120)

    def announce(self, reference: str) -> None:
        """Announce a parcel."""
        self.codes.announce([Announcement(reference, Person("Sample Recipient", "sample@example.org"))])

    def answers(self, path: str, bodies: Sequence[dict[str, Any] | None]) -> Counter[int]:
        """Post all bodies at once, and count the answers by their status."""

        def post(body: dict[str, Any] | None) -> int:
            return self.client.post(path, json=body).status_code

        with ThreadPoolExecutor(20) as pool:
            return Counter(pool.map(post, bodies))

    def events(self, reference: str) -> Counter[EventKind]:
        """Count what stands in a parcel's chain."""
        return Counter(
            event.kind for event in self.codes.read(events_of_parcel, recorded(self.codes, reference).parcel_id)
        )

    def mails(self, reference: str) -> Counter[MessageKind]:
        """Count the messages of a parcel."""
        listed = self.codes.read(listed_messages, limit=1000, parcel_id=recorded(self.codes, reference).parcel_id)
        return Counter(message.kind for message in listed)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service on each kind of database that renews codes after visits; each test has parcels of its own."""
    folder: Path = tmp_path_factory.mktemp("flooded")
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").fresh_database()
    with running_service(folder, policy=RULE, codes={"renew_after_visit": True}, database_url=url) as service:
        house = House(service)
        yield house
        house.client.close()
        house.codes.close()


def visit(reference: str) -> dict[str, Any]:
    """Return the body of a visit that never was."""
    attempted_at = datetime.now(UTC).isoformat()
    return {"visit_id": str(uuid4()), "reference": reference, "reason": "nobody_home", "attempted_at": attempted_at}


def test_a_hundred_visits_of_one_parcel_send_few_mails_and_end_one_code(house: House) -> None:
    house.announce("P-1")
    assert house.answers("/api/v1/visits", [visit("P-1") for _ in range(100)]) == {204: 6, 429: 94}
    assert house.mails("P-1")[MessageKind.NOT_HANDED_OVER] == 6
    assert house.events("P-1")[EventKind.CODE_RENEWED] == 1


def test_mails_asked_for_at_the_door_are_one_however_many_ask_at_once(house: House) -> None:
    house.announce("P-2")
    asked = house.answers("/api/v1/tour/mails", [{"reference": "P-2"} for _ in range(60)])
    assert asked == {202: 1, 200: 59}
    assert house.mails("P-2") == {MessageKind.CODE_ISSUED: 2}


def test_nonsense_presented_again_and_again_is_answered_and_leaves_the_chain_short(house: House) -> None:
    house.announce("P-3")
    bodies = [house.device.body(FOREIGN, ["P-3"], now=datetime.now(UTC)) for _ in range(400)]
    assert house.answers("/api/v1/verifications", bodies) == {200: 400}
    assert house.events("P-3")[EventKind.PRESENTED] <= 60
