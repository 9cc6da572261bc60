"""Three web processes on PostgreSQL behind nginx as it is shipped: the database stands still, or one of them dies."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
import yaml

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.devices import invite_device
from codes.model import DeviceKind
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.running_service import HOME, free_port, service_environment, settings_for
from tests.parts.servers.nginx import running_nginx
from tests.parts.servers.opening import wait_until_open
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.web.tickets import newest_key
from web.commands.opening import open_codes
from web.configuration import load_settings
from web.processes.tls import ensure_certificate

pytestmark = pytest.mark.slow

PARCELS = 150
CLIENTS = 6
PHONE_SECONDS = 6


@dataclass(slots=True)
class Farm:
    """Three web processes, nginx before them, and a door of our own to their store."""

    url: str
    folder: Path
    codes: DeliveryCodes
    processes: list[subprocess.Popen[bytes]]
    trust: ssl.SSLContext


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Iterator[Farm]:
    """Start everything as the shipped units do."""
    folder = tmp_path_factory.mktemp("farm")
    rules = {"rules": [{"code_required": True, "reason": "always"}]}
    settings = settings_for(folder, policy=rules, server={"trusted_proxies": 1})
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings | {"database_url": postgres_server.fresh_database()}), encoding="utf-8")
    certificate = ensure_certificate(folder / "tls", ["localhost"], datetime.now(UTC))
    with ExitStack() as stack:
        codes = open_codes(load_settings(config))
        stack.callback(codes.close)
        ports = [free_port() for _ in range(3)]
        command = [sys.executable, str(HOME / "app.py"), "--config", str(config), "web", "--port"]
        processes = [subprocess.Popen([*command, str(port)], env=service_environment()) for port in ports]
        for process in processes:
            stack.callback(process.wait, 30)
            stack.callback(process.kill)
        assert all(wait_until_open("127.0.0.1", port) for port in ports)
        # They were started together, and one of them made the first administrator.
        assert [each.name for each in (folder / "var" / "secrets").glob("admin*")] == ["admin-password"]
        url = stack.enter_context(running_nginx(folder, ports, certificate))
        yield Farm(url, folder, codes, processes, ssl.create_default_context(cafile=str(certificate.certificate)))


def test_while_the_database_says_nothing_pages_stay_and_each_phone_is_told_in_time(
    farm: Farm, postgres_server: PostgresServer
) -> None:
    farm.codes.announce([Announcement("P-STILL", Person("Sample", "still@example.org"))])
    ticket = f"{farm.url}/t/{newest_key(farm.codes)}"
    device, cookies = enrolled(farm)
    with httpx.Client(verify=farm.trust, timeout=PHONE_SECONDS, cookies=cookies) as phone:

        def present(_number: int) -> int:
            body = device.body("000000", ["P-STILL"], now=datetime.now(UTC))
            return phone.post(f"{farm.url}/api/v1/verifications", json=body).status_code

        # Each process learns who the device is.
        assert [present(number) for number in range(3)] == [200] * 3
        with postgres_server.frozen(), ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(present, number) for number in range(3)]
            opened = pool.submit(ask_for_page, phone, ticket)
            assert [each.result() for each in asked] == [503] * 3
            opened.result()
            pages = [phone.get(f"{farm.url}{path}").status_code for path in ("/static/icons.svg", "/healthz") * 3]
        assert pages == [200] * 6
    assert [str(log) for log in farm.folder.rglob("*.log") if b"/t/" in log.read_bytes()] == []


def test_one_of_three_processes_is_killed_under_load_and_no_verification_fails(farm: Farm) -> None:
    references = [f"P-{number}" for number in range(PARCELS)]
    farm.codes.announce([Announcement(each, Person("Sample", f"{each.lower()}@example.org")) for each in references])
    device, cookies = enrolled(farm)
    now = datetime.now(UTC)
    bodies = [device.body(shown(farm.codes, each).payload, [each], now=now) for each in references]
    answered: list[str] = []
    half_way = threading.Event()

    def present(some: list[dict[str, Any]]) -> int:
        retries = 0
        with httpx.Client(base_url=farm.url, verify=farm.trust, timeout=30, cookies=cookies) as client:
            for body in some:
                answer = ask(client, body)
                if answer is None or answer.status_code >= 500:
                    retries += 1
                    answer = ask(client, body)
                assert answer is not None
                assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")
                answered.append(body["presentation_id"])
                if len(answered) == PARCELS // 4:
                    half_way.set()
        return retries

    with ThreadPoolExecutor(CLIENTS) as pool:
        work = [pool.submit(present, bodies[start::CLIENTS]) for start in range(CLIENTS)]
        assert half_way.wait(60)
        farm.processes[0].kill()
        retries = sum(each.result() for each in work)
    assert retries <= PARCELS // 4
    assert len(answered) == PARCELS
    with farm.codes.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.handovers)).scalar() == PARCELS


def enrolled(farm: Farm) -> tuple[SigningDevice, httpx.Cookies]:
    """Enrol a device by nginx, and return it with its session."""
    device, secret = SigningDevice(), farm.codes.write(invite_device, "Test device", DeviceKind.DRIVER)
    body = {"enrolment": secret, "public_key": device.jwk}
    answer = httpx.post(f"{farm.url}/api/v1/devices", json=body, verify=farm.trust, timeout=60).raise_for_status()
    # Told by the proxy that the caller came by TLS, which the process itself does not see.
    assert "Secure" in answer.headers["Set-Cookie"]
    device.device_id = UUID(answer.json()["device_id"])
    return device, answer.cookies


def ask_for_page(client: httpx.Client, address: str) -> None:
    """Ask for a page that needs the database; nobody waits for it."""
    with suppress(httpx.TransportError):
        client.get(address, timeout=1)


def ask(client: httpx.Client, body: dict[str, Any]) -> httpx.Response | None:
    """Send a presentation once; no answer is None."""
    try:
        return client.post("/api/v1/verifications", json=body)
    except httpx.TransportError:
        return None
