"""Whoever sends slowly, half, wrongly or very much stops nobody, and does not stay."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest

from codes.model import DeviceKind
from codes.proving.attachment import LARGEST_SHEET
from tests.parts.callers import Callers, callers_of
from tests.parts.calls import parcel
from tests.parts.domain import shown
from tests.parts.running_service import RunningService, running_service
from tests.parts.web.slow_sender import answer_of, begun, byte_by_byte, head

PATHS = ("/api/v1/verifications", "/api/v1/proofs/check", "/api/v1/devices", "/office/sign-in")
LARGE = 11_000_000
LENGTH = {"Content-Type": "application/json", "Content-Length": "1000"}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that waits for bodies as long as it is shipped to, with as little memory for them as can be set."""
    memory = {"body_memory_megabytes": 64}
    with running_service(tmp_path_factory.mktemp("patient"), server=memory) as service:
        yield service


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that waits for a body for two seconds."""
    with running_service(tmp_path_factory.mktemp("impatient"), server={"body_seconds": 2}) as service:
        yield service


def hand_over(service: RunningService, callers: Callers, prefix: str, parcels: int) -> list[str]:
    """Announce parcels and hand them all over; returns the outcomes."""
    references = [f"{prefix}-{number}" for number in range(parcels)]
    with httpx.Client(base_url=service.url, timeout=60) as client:
        batch = [parcel(each) for each in references]
        client.post("/api/v1/parcels/batch", json=batch, headers=callers.sender).raise_for_status()
        device, headers = callers.keys[DeviceKind.DRIVER], callers.devices[DeviceKind.DRIVER]

        def present(reference: str) -> str:
            body = device.body(shown(callers.codes, reference).payload, [reference], now=datetime.now(UTC))
            answer = client.post("/api/v1/verifications", json=body, headers=headers)
            return str(answer.json().get("outcome", answer.text))

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(present, references))


def test_sixty_four_strangers_who_send_a_byte_a_second_stop_nobody(patient: RunningService) -> None:
    lengths = ({"Content-Length": "60000"}, {"Content-Length": "1000000"}, {"Transfer-Encoding": "chunked"})
    slow = [(path, {"Content-Type": "application/json", **each}) for path in PATHS for each in lengths]
    with callers_of(patient) as callers, byte_by_byte(patient.port, (slow * 6)[:64]) as connections:
        assert hand_over(patient, callers, "SLOW", 100) == ["accepted"] * 100
        answer = httpx.get(f"{patient.url}/office", headers=callers.administrator, timeout=60)
        assert answer.status_code == 200
        assert len(connections) == 64


def test_devices_that_send_slowly_stop_no_other(patient: RunningService) -> None:
    with callers_of(patient) as callers:
        mine = {**callers.devices[DeviceKind.DRIVER], "Content-Length": "1000000"}
        slow = [("/api/v1/frames", mine), ("/api/v1/verifications", mine)] * 32
        with byte_by_byte(patient.port, slow):
            assert hand_over(patient, callers, "OTHERS", 100) == ["accepted"] * 100


def test_half_bodies_are_told_that_they_are_too_slow_and_do_not_stay(impatient: RunningService) -> None:
    with callers_of(impatient) as callers:
        known = [
            ("/api/v1/parcels", {**callers.sender, "Content-Length": "1000000"}, b"{" * 70_000),
            ("/api/v1/frames", {**callers.devices[DeviceKind.DRIVER], "Content-Length": "100"}, b"{"),
            ("/office/import", {**callers.administrator, "Transfer-Encoding": "chunked"}, b"5\r\n12345\r\n"),
        ]
        public = [("/api/v1/proofs/check", LENGTH, b"{" * 999), ("/office/sign-in", LENGTH, b"")]
        stranger = [("/api/v1/verifications", LENGTH, b"{")]
        half = [(408, each) for each in [*known, *public]] + [(401, each) for each in stranger]
        connections = [(status, begun(impatient.port, *each)) for _ in range(12) for status, each in half]
        for status, connection in connections:
            told, said = answer_of(connection)
            assert told == status, said
            connection.close()
            if b"problem+json" in said and status == 408:
                assert b"/problems/body-too-slow" in said
        assert hand_over(impatient, callers, "AFTER", 5) == ["accepted"] * 5


def test_a_body_that_drips_is_over_when_its_time_is(impatient: RunningService) -> None:
    with byte_by_byte(impatient.port, [("/api/v1/proofs/check", LENGTH)]) as (connection,):
        assert answer_of(connection)[0] == 408


def test_large_bodies_share_what_memory_there_is_and_leave_room_for_presentations(patient: RunningService) -> None:
    with callers_of(patient) as callers:
        mine = {**callers.devices[DeviceKind.DRIVER], "Content-Length": str(LARGE + 1)}
        half = [begun(patient.port, "/api/v1/frames", mine, b"x" * LARGE) for _ in range(4)]
        with ThreadPoolExecutor(1) as pool:
            fifth = begun(patient.port, "/api/v1/frames", mine)
            sending = pool.submit(fifth.sendall, b"x" * LARGE + b"y")
            said = fifth.recv(1 << 16)
            sending.result()
        assert b" 503 " in said
        assert b"retry-after: 5" in said.lower()
        assert b"/problems/busy" in said
        assert hand_over(patient, callers, "BESIDE", 20) == ["accepted"] * 20
        for each in (*half, fifth):
            each.close()
        until_there_is_room(patient, callers)


def test_one_network_of_strangers_has_a_small_share(patient: RunningService) -> None:
    length = {"Content-Length": str(3_500_000)}
    beginning = b"x" * 3_400_000
    # What an earlier test sent and took back may be counted still, and the first of these would be refused as well.
    until_strangers_are_read(patient)
    with (
        callers_of(patient) as callers,
        closing(begun(patient.port, "/api/v1/proofs/check", length, beginning)),
    ):
        refused = answer_once_the_first_is_held(patient)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/busy")
        until_there_is_room(patient, callers)
        assert hand_over(patient, callers, "NETWORK", 20) == ["accepted"] * 20
    until_strangers_are_read(patient)


def answer_once_the_first_is_held(service: RunningService) -> httpx.Response:
    """Send a second body as often as the first still lies unread in the sockets, and the second is read before it."""
    for _ in range(1000):
        answer = httpx.post(f"{service.url}/api/v1/proofs/check", content=b"x" * 3_400_000, timeout=60)
        if answer.status_code != 200:
            return answer
    raise AssertionError("the second body is read as often as it is sent")


def until_strangers_are_read(service: RunningService) -> None:
    """Send the largest PDF that is checked, as a stranger whose network holds no other body, until it is read."""
    statuses: list[int] = []
    while statuses[-1:] != [200]:
        sheet = b"%PDF-1.7".ljust(LARGEST_SHEET)
        statuses.append(httpx.post(f"{service.url}/api/v1/proofs/check", content=sheet, timeout=60).status_code)
        assert statuses[-1] in (200, 503)
        assert len(statuses) < 1000


def until_there_is_room(service: RunningService, callers: Callers) -> None:
    """Send a large body of a known device until it is read; what it holds is no picture."""
    statuses: list[int] = []
    while statuses[-1:] != [415]:
        headers = callers.devices[DeviceKind.DRIVER]
        answer = httpx.post(f"{service.url}/api/v1/frames", content=b"x" * LARGE, headers=headers, timeout=60)
        statuses.append(answer.status_code)
        assert statuses[-1] in (415, 503), answer.text
        assert len(statuses) < 1000


@pytest.mark.parametrize(
    ("headers", "body", "statuses"),
    [
        ({"Content-Length": "10"}, b"{}", (0, 400)),
        ({"Content-Length": "60000"}, b"{}" * 20_000, (0, 400)),
        ({"Content-Length": "2"}, b"{}" + b"more than was said", (422,)),
        ({"Content-Length": "-5"}, b"{}", (400,)),
        ({"Content-Length": "two"}, b"{}", (400,)),
        ({"Content-Length": "2, 3"}, b"{}", (400,)),
        ({"Transfer-Encoding": "chunked"}, b"2\r\n{}\r\n0\r\n\r\n", (422,)),
        ({"Transfer-Encoding": "chunked"}, b"no chunk\r\n", (0, 400)),
        ({"Transfer-Encoding": "chunked"}, b"2\r\n{}\r\n", (0, 400)),
        ({"Transfer-Encoding": "chunked"}, b"fffffffffffffffff\r\n{}", (0, 400)),
        ({"Transfer-Encoding": "gzip, chunked", "Content-Length": "2"}, b"2\r\n{}\r\n0\r\n\r\n", (400, 422)),
    ],
)
def test_a_body_that_is_none_is_no_fault_of_the_service(
    patient: RunningService, headers: dict[str, str], body: bytes, statuses: tuple[int, ...]
) -> None:
    headers = {"Content-Type": "application/json", "Connection": "close", **headers}
    with begun(patient.port, "/api/v1/devices", headers, body) as connection:
        if 0 in statuses:
            connection.shutdown(socket.SHUT_WR)
        status, said = answer_of(connection)
    assert status in statuses, said
    assert httpx.get(f"{patient.url}/healthz", timeout=60).status_code == 200


def test_who_asks_before_sending_is_told_to_send_or_what_is_wrong(patient: RunningService) -> None:
    def told(path: str, size: int, caller: dict[str, str] | None = None) -> bytes:
        asks = {"Content-Length": str(size), "Expect": "100-continue", **(caller or {})}
        with begun(patient.port, path, asks) as connection:
            return connection.recv(1 << 16)

    with callers_of(patient) as callers:
        mine = dict(callers.devices[DeviceKind.DRIVER])
        assert told("/api/v1/frames", 1_000_000, mine).startswith(b"HTTP/1.1 100 ")
        assert told("/api/v1/frames", 100_000_000, mine).startswith(b"HTTP/1.1 413 ")
        assert told("/api/v1/frames", 1_000_000).startswith(b"HTTP/1.1 401 ")
        assert told("/api/v1/proofs/check", 1_000_000).startswith(b"HTTP/1.1 100 ")
        assert told("/office/sign-in", 1_000_000).startswith(b"HTTP/1.1 413 ")


def test_who_is_refused_may_end_his_sentence_and_hears_why(patient: RunningService) -> None:
    with callers_of(patient) as callers, httpx.Client(base_url=patient.url, timeout=60) as client:
        for _ in range(3):
            answer = client.post("/api/v1/parcels", content=b"x" * 30_000_000, headers=callers.sender)
            assert answer.status_code == 413
            assert answer.json()["type"] == "/problems/body-too-large"


def test_bodies_of_many_connections_at_once_are_each_their_own(patient: RunningService) -> None:
    together = threading.Barrier(24)

    def ask(number: int) -> str:
        size = 2**16 - 12 + number
        together.wait()
        sent = head("/api/v1/devices", {"Content-Type": "application/json", "Content-Length": str(size)})
        content = (b'{"n%03d": 1' % number).ljust(size - 1) + b"}"
        with socket.create_connection(("127.0.0.1", patient.port), 60) as connection:
            connection.sendall(sent + content)
            return connection.recv(1 << 16).decode()

    with ThreadPoolExecutor(24) as pool:
        for number, said in enumerate(pool.map(ask, range(24))):
            expected = f'"n{number:03}"' if 2**16 - 12 + number <= 2**16 else "/problems/body-too-large"
            assert expected in said
