"""The house under attack: a service of its own on loopback, and everybody who holds something of it.

Nothing here looks into the store: codes come from the mails, devices and keys from the office's pages.
"""

from __future__ import annotations

import html
import itertools
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from bench.attack.people import API, DEVICE_COOKIE, Gadget, Letter, address_of, letter_in, message_in, now
from bench.attack.verdicts import wait_for
from tests.parts.device import SigningDevice
from tests.parts.running_service import HOME, RunningService, free_port, service_environment, settings_for
from tests.parts.servers.smtp_server import SmtpServer, running_smtp_server
from web.processes.tls import ensure_certificate

PATIENCE_SECONDS = 40
TOGETHER = 24


@dataclass(slots=True)
class House:
    """A running service, its mail server, its office, and a sender."""

    service: RunningService
    smtp: SmtpServer
    settings: dict[str, Any]
    database: str
    workers: int
    strict: bool
    short: bool = False
    password: str = ""
    office: httpx.Client = field(default_factory=httpx.Client)
    sender: httpx.Client = field(default_factory=httpx.Client)
    calls: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _clients: list[httpx.Client] = field(default_factory=list)
    _read: dict[str, list[Letter]] = field(default_factory=dict)
    _messages_read: int = 0
    _second: subprocess.Popen[bytes] | None = None
    _https: str = ""

    @property
    def name(self) -> str:
        """Say which of the houses it is."""
        settings = ", strict" if self.strict else ""
        return f"{self.database}, {self.workers} process{'es' if self.workers > 1 else ''}{settings}"

    def setting(self, section: str, name: str) -> Any:
        """Return what the settings say."""
        return self.settings[section][name]

    def budget(self, name: str) -> int:
        """Return a budget of a day."""
        return int(self.settings["codes"]["budgets"][name])

    def client(self, **options: Any) -> httpx.Client:
        """Return a browser or program without any cookie or key."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        # Behind a proxy everybody calls from a network of their own, so that no attack spends another one's tries.
        network = {} if self.strict else {"X-Forwarded-For": self.network()}
        options["headers"] = network | dict(options.get("headers", {}))
        all_options: dict[str, Any] = {
            "base_url": self.service.url,
            "timeout": PATIENCE_SECONDS,
            "limits": limits,
        } | options
        client = httpx.Client(event_hooks={"response": [self._count]}, **all_options)
        self._clients.append(client)
        return client

    def open(self) -> None:
        """Sign in to the office and make a sender's key."""
        folder = Path(self.settings["data_folder"]) / "secrets"
        self.password = (folder / "admin-password").read_text().split()[-1]
        self.office = self.sign_in("admin", self.password)
        self.sender = self.key("Sample Shop")

    def https(self) -> str:
        """Return the address of HTTPS: a second server on the same store, as `app.py web` starts one."""
        if self._second is None:
            paths = ensure_certificate(self.service.folder / "tls", ["localhost", "127.0.0.1"], now())
            port = free_port()
            command = [sys.executable, str(HOME / "app.py"), "--config", str(self.service.config), "web"]
            command += ["--host", "127.0.0.1", "--port", str(port)]
            command += ["--certificate", str(paths.certificate), "--key", str(paths.key)]
            self._second = subprocess.Popen(
                command, env=service_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            self._https = f"https://127.0.0.1:{port}"
            assert wait_for(lambda: _listens(port), 60), "no HTTPS"
        return self._https

    def stop_second(self) -> None:
        """End the server of HTTPS."""
        if self._second is not None:
            self._second.terminate()
            self._second.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()

    def sign_in(self, name: str, password: str, **headers: str) -> httpx.Client:
        """Return a browser in which somebody is signed in."""
        client = self.client(headers=headers)
        answer = client.post("/office/sign-in", data={"name": name, "password": password})
        assert answer.status_code == 303, f"sign-in: {answer.status_code}"
        return client

    def key(self, name: str, *, test: bool = False, scopes: Sequence[str] = ()) -> httpx.Client:
        """Return a sender's system with an API key of its own."""
        form = {"name": name, "scopes": list(scopes)} | ({"test": "on"} if test else {})
        page = self.office.post("/office/keys", data=form)
        found = re.search(r"<code [^>]*>([^<]+)</code>", page.text)
        assert found, f"no key: {page.status_code}"
        return self.client(headers={"Authorization": f"Bearer {html.unescape(found.group(1))}"})

    def member(self, name: str, role: str) -> tuple[str, str]:
        """Take somebody on; returns the first password and the id."""
        page = self.office.post("/office/people", data={"name": name, "role": role})
        found = re.search(r"<code[^>]*>([^<]+)</code>", page.text)
        assert found, f"nobody taken on: {page.status_code}"
        row = re.search(
            rf"{re.escape(name)}.*?/office/people/([0-9a-f-]{{36}})/", page.text.split("<table", 1)[-1], re.DOTALL
        )
        assert row
        return html.unescape(found.group(1)), row.group(1)

    def pin(self, staff_id: str) -> str:
        """Give somebody a PIN."""
        page = self.office.post(f"/office/people/{staff_id}/pin")
        found = re.search(r"<code[^>]*>(\d+)</code>", page.text)
        assert found, f"no PIN: {page.status_code}"
        return found.group(1)

    def enrol(self, kind: str = "driver") -> Gadget:
        """Set a device up by the office's link."""
        page = self.office.post("/office/devices", data={"name": f"{kind} {self.number()}", "kind": kind})
        found = re.search(r"/enrol#([^<\"\s]+)", page.text)
        assert found, f"no link: {page.status_code}"
        device, client = SigningDevice(), self.client()
        body = {"enrolment": html.unescape(found.group(1)), "public_key": device.jwk, "language": "en"}
        answer = client.post(f"{API}/devices", json=body)
        assert answer.status_code == 201, answer.text
        device.device_id = UUID(answer.json()["device_id"])
        return Gadget(device, answer.cookies[DEVICE_COOKIE], kind, client)

    def point(self, *gadgets: Gadget, shelves: Sequence[str] = ("A1",)) -> str:
        """Open a pickup point at which these devices stand; returns its id."""
        answer = self.office.post("/office/pickup-points", data={"name": f"Point {self.number()}", "days_kept": "7"})
        assert answer.status_code == 303, f"no point: {answer.status_code}"
        point_id = answer.headers["location"].rpartition("/")[2]
        for shelf in shelves:
            form = {"name": shelf, "size": "M", "room": "500"}
            self.office.post(f"/office/pickup-points/{point_id}/shelves", data=form)
        for gadget in gadgets:
            self.office.post(f"/office/pickup-points/{point_id}/devices", data={"device": gadget.id})
        return point_id

    def number(self) -> int:
        """Return the next number that nobody has."""
        with self._lock:
            return next(self._numbers)

    def network(self) -> str:
        """Return an address in a network that nobody has."""
        number = self.number()
        return f"100.{number // 250 % 250}.{number % 250}.7"

    def reference(self) -> str:
        """Return a tracking number that nobody has."""
        return f"AT{self.number():06d}"

    def parcel(self, reference: str | None = None, address: str | None = None, **facts: Any) -> dict[str, Any]:
        """Write an announcement of a parcel that needs a code."""
        reference = reference or self.reference()
        recipient = {"name": "Sample Recipient", "email": address or address_of(reference), "language": "en"}
        return {"reference": reference, "recipient": recipient, "sender": "Sample Shop", "sender_wish": True, **facts}

    def announce(self, count: int = 1, sender: httpx.Client | None = None, **facts: Any) -> list[str]:
        """Announce so many parcels of as many recipients; returns their numbers."""
        parcels = [self.parcel(**facts) for _ in range(count)]
        for start in range(0, count, 100):
            answer = (sender or self.sender).post(f"{API}/parcels/batch", json=parcels[start : start + 100])
            assert answer.status_code == 200, answer.text
        return [parcel["reference"] for parcel in parcels]

    def consignment(self, count: int, **facts: Any) -> tuple[list[str], str]:
        """Announce several parcels as one consignment; returns their numbers and the recipient's address."""
        address, number = f"together{self.number()}@example.org", f"C-{self.number()}"
        return self.announce(count, address=address, consignment=number, **facts), address

    def letters(self, address: str) -> list[Letter]:
        """Return the mails with a code that came to an address, in their order."""
        with self._lock:
            for envelope in self.smtp.envelopes[self._messages_read :]:
                self._messages_read += 1
                if letter := letter_in(message_in(envelope)):
                    for to in envelope.rcpt_tos:
                        self._read.setdefault(to, []).append(letter)
            return list(self._read.get(address, ()))

    def mails_to(self, address: str) -> int:
        """Count all mails that came to an address."""
        return sum(address in envelope.rcpt_tos for envelope in self.smtp.envelopes)

    def letter(self, address: str, number: int = 1) -> Letter:
        """Wait for the mail with the first, second … code to an address, or to that of a tracking number."""
        if "@" not in address:
            address = address_of(address)
        came = wait_for(lambda: len(self.letters(address)) >= number)
        assert came, f"mail {number} to {address} never came"
        return self.letters(address)[number - 1]

    def one(self, **facts: Any) -> tuple[str, Letter]:
        """Announce one parcel; returns its number and the mail with its code."""
        reference = self.announce(**facts)[0]
        return reference, self.letter(reference)

    def several(self, count: int) -> list[tuple[str, Letter]]:
        """Announce parcels of as many recipients; returns their numbers and the mails with their codes."""
        return [(reference, self.letter(reference)) for reference in self.announce(count)]

    def times(self, often: int) -> int:
        """Say how often something is repeated: in the short form a third as often."""
        return often // 3 if self.short else often

    def shelve(self, counter: Gadget, *references: str) -> None:
        """Take parcels in at a counter."""
        for reference in references:
            answer = counter.post("/point/parcels", {"reference": reference, "shelf": "A1"})
            assert answer.status_code == 201, answer.text

    def proof(self, reference: str, seconds: float = 20) -> dict[str, Any]:
        """Return a parcel's proof, once its handover is sealed."""
        found: dict[str, Any] = {}

        def sealed() -> bool:
            answer = self.sender.get(f"{API}/parcels/{reference}/proof")
            if answer.status_code == 200:
                found.update(answer.json())
            return answer.status_code == 200 and found["grade"] != "-"

        assert wait_for(sealed, seconds), f"no proof of {reference}: {found.get('grade')}"
        return found

    def at_once(self, calls: Sequence[Any]) -> list[Any]:
        """Make calls at once; returns what they return, in their order."""
        with ThreadPoolExecutor(TOGETHER) as pool:
            return list(pool.map(lambda call: call(), calls))

    def _count(self, _response: httpx.Response) -> None:
        self.calls += 1


@contextmanager
def house_of(
    folder: Path, database: str, url: str | None, workers: int, *, strict: bool, short: bool = False
) -> Iterator[House]:
    """Start a house, and end all of it."""
    with running_smtp_server() as smtp:
        sections = _sections(smtp, workers, folder, strict=strict)
        settings = settings_for(folder, **sections) | {"database_url": url}
        service = RunningService(folder, settings, free_port())
        before = os.umask(0), os.environ.get("TZ", "")
        # The ends of the calendar lie beyond it in one of these zones.
        os.environ["TZ"] = "Pacific/Kiritimati" if database == "postgresql" else "Pacific/Pago_Pago"
        try:
            service.start()
        finally:
            os.umask(before[0])
            os.environ["TZ"] = before[1]
        house = House(service, smtp, settings, database, workers, strict, short)
        try:
            house.open()
            yield house
        finally:
            house.close()
            service.kill()
            house.stop_second()


def _sections(smtp: SmtpServer, workers: int, folder: Path, *, strict: bool) -> dict[str, Any]:
    sections: dict[str, Any] = {
        "server": {"workers": workers, "api_calls_per_minute": 6000, "trusted_proxies": 0 if strict else 1},
        "log": {"requests": True},
        "sealing": {"interval_seconds": 1, "folder": str(folder / "published")},
        "mail": {
            "smtp": {"host": "127.0.0.1", "port": smtp.port, "security": "none"},
            "operations_address": "operations@example.org",
        },
    }
    if strict:
        sections["codes"] = {
            "offline": "wait",
            "require_out_for_delivery": True,
            "renew_after_visit": True,
            "counter_sign_in": True,
            "wishes": {"another_day_within": 14, "pickup_point": True, "not_from": []},
        }
    return sections


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
