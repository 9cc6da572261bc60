"""A real service with parcels in it, and the requests that hand them over, signed beforehand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from bench.speed.load import request
from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.devices import invite_device
from codes.keys.derivation import derive_payload
from codes.model import DeviceKind
from tests.parts.device import SigningDevice
from tests.parts.running_service import RunningService, running_service
from web.commands.opening import open_codes
from web.configuration import load_settings

_TICKS = os.sysconf("SC_CLK_TCK")
COOKIE = "doorcode_device"


class ServiceUnderLoad:
    """A running service, one enrolled device, and a door of our own to the same store."""

    def __init__(self, service: RunningService, codes: DeliveryCodes) -> None:
        self.service = service
        self.codes = codes
        self.device = SigningDevice()
        secret = codes.write(invite_device, "Bench", DeviceKind.DRIVER)
        body = {"enrolment": secret, "public_key": self.device.jwk, "language": "en"}
        answer = httpx.post(f"{service.url}/api/v1/devices", json=body).raise_for_status()
        self.device.device_id = type(self.device.device_id)(answer.json()["device_id"])
        self.cookie = answer.cookies[COOKIE]

    def announce(self, references: Sequence[str]) -> None:
        """Announce parcels that need a code."""
        person = Person("Sample Recipient", "sample@example.org", "en")
        self.codes.announce([Announcement(each, person, value=Decimal(500)) for each in references])

    def payloads(self, references: Sequence[str]) -> list[str]:
        """Return what the symbols of parcels hold, in the references' order."""
        ring, found = self.codes.ring(), {}
        parcels, codes = tables.parcels, tables.codes
        query = sa.select(parcels.c.reference, codes.c.key_id, codes.c.id).join_from(
            parcels, codes, codes.c.consignment_id == parcels.c.consignment_id
        )
        with self.codes.database.reading() as connection:
            for start in range(0, len(references), 10_000):
                some = references[start : start + 10_000]
                for reference, key_id, code_id in connection.execute(query.where(parcels.c.reference.in_(some))):
                    found[reference] = derive_payload(ring.key(key_id), code_id)
        return [found[reference] for reference in references]

    def body(self, reference: str, code: str, **facts: Any) -> dict[str, Any]:
        """Sign one presentation."""
        return self.device.body(code, [reference], now=datetime.now(UTC), **facts)

    def requests(self, references: Sequence[str]) -> list[bytes]:
        """Return signed requests that hand parcels over."""
        payloads = self.payloads(references)
        headers = {"Cookie": f"{COOKIE}={self.cookie}"}
        return [
            request("/api/v1/verifications", headers, self.body(reference, payload))
            for reference, payload in zip(references, payloads, strict=True)
        ]

    def cpu_seconds(self) -> float:
        """Return the CPU time that the service's own processes have used; the database server is none of them."""
        return sum(_cpu_seconds(pid) for pid in tree(self.service.pid))


@contextmanager
def service_under_load(folder: Path, database_url: str | None, workers: int) -> Iterator[ServiceUnderLoad]:
    """Start a service with settings and a data folder of its own, and stop it at the end."""
    with running_service(folder, server={"workers": workers}, database_url=database_url) as service:
        codes = open_codes(load_settings(service.config))
        yield ServiceUnderLoad(service, codes)
        codes.close()


def tree(pid: int) -> list[int]:
    """Return a process and all that it started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
