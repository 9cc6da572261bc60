"""Three web processes on PostgreSQL behind nginx as it is shipped; one is killed under load, and no answer fails."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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
from web.commands.opening import open_codes
from web.configuration import load_settings
from web.processes.serving import wait_until_open
from web.processes.tls import ensure_certificate

pytestmark = pytest.mark.slow

PARCELS = 150
CLIENTS = 6


@dataclass(slots=True)
class Farm:
    """Three web processes, nginx before them, and a door of our own to their store."""

    url: str
    codes: DeliveryCodes
    processes: list[subprocess.Popen[bytes]]
    trust: ssl.SSLContext


@pytest.fixture
def farm(tmp_path: Path, postgres_url: str) -> Iterator[Farm]:
    """Start everything as the shipped units do."""
    rules = {"rules": [{"code_required": True, "reason": "always"}]}
    settings = settings_for(tmp_path, policy=rules, server={"trusted_proxies": 1}) | {"database_url": postgres_url}
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], datetime.now(UTC))
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
        url = stack.enter_context(running_nginx(tmp_path, ports, certificate))
        yield Farm(url, codes, processes, ssl.create_default_context(cafile=str(certificate.certificate)))


def test_one_of_three_processes_is_killed_under_load_and_no_verification_fails(farm: Farm) -> None:
    references = [f"P-{number}" for number in range(PARCELS)]
    farm.codes.announce([Announcement(each, Person("Sample", f"{each.lower()}@example.org")) for each in references])
    device, secret = SigningDevice(), farm.codes.write(invite_device, "Test device", DeviceKind.DRIVER)
    enrolment = {"enrolment": secret, "public_key": device.jwk}
    enrolled = httpx.post(
        f"{farm.url}/api/v1/devices", json=enrolment, verify=farm.trust, timeout=60
    ).raise_for_status()
    # Told by the proxy that the caller came by TLS, which the process itself does not see.
    assert "Secure" in enrolled.headers["Set-Cookie"]
    device.device_id = UUID(enrolled.json()["device_id"])
    now = datetime.now(UTC)
    bodies = [device.body(shown(farm.codes, each).payload, [each], now=now) for each in references]
    answered: list[str] = []
    half_way = threading.Event()

    def present(some: list[dict[str, Any]]) -> int:
        retries = 0
        with httpx.Client(base_url=farm.url, verify=farm.trust, timeout=30, cookies=enrolled.cookies) as client:
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


def ask(client: httpx.Client, body: dict[str, Any]) -> httpx.Response | None:
    """Send a presentation once; no answer is None."""
    try:
        return client.post("/api/v1/verifications", json=body)
    except httpx.TransportError:
        return None
