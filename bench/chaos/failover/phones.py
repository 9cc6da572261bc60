"""Drivers' phones under way: each presents one code after the other, with the patience of the driver's page."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx

from bench.chaos.killing import Broken
from codes import DeliveryCodes
from codes.accounts.devices import invite_device
from codes.model import DeviceKind
from tests.parts.device import SigningDevice

VERIFICATIONS = "/api/v1/verifications"
PATIENCE_SECONDS = 6.0
RETRY_SECONDS = (1.0, 2.0)
"""As `web/static/js/lib/handing/handing.js` has them (RETRY_MS)."""
PASSING = (408, 425, 429)
BETWEEN_SECONDS = 0.5
GIVES_UP_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Answered:
    """A presentation, what it was answered, and how long that took."""

    body: dict[str, Any]
    answer: dict[str, Any]
    began: float
    ended: float
    tries: int


@dataclass(slots=True)
class Phone:
    """One driver with parcels, whose codes are shown to him one after the other."""

    client: httpx.Client
    device: SigningDevice
    stop: threading.Event
    answered: list[Answered] = field(default_factory=list)
    trouble: Exception | None = None

    def work(self, shown: Sequence[tuple[str, str]]) -> None:
        """Present codes for parcels until there are no more, or work is over."""
        try:
            for reference, code in shown:
                if self.stop.wait(BETWEEN_SECONDS):
                    return
                self.answered.append(self._present(reference, code))
        except (Broken, httpx.HTTPError) as error:
            self.trouble = error

    def ask_again(self, answered: Answered) -> dict[str, Any]:
        """Send a presentation once more."""
        return self._until_answered(answered.body)[0]

    def _present(self, reference: str, code: str) -> Answered:
        body = self.device.body(code, [reference], now=datetime.now(UTC))
        began = time.monotonic()
        answer, tries = self._until_answered(body)
        return Answered(body, answer, began, time.monotonic(), tries)

    def _until_answered(self, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Send the same presentation until it is answered, and return how often that was."""
        end = time.monotonic() + GIVES_UP_SECONDS
        tries = 0
        while True:
            answer = self._ask(body)
            if answer is not None and answer.status_code == 200:
                document: dict[str, Any] = answer.json()
                return document, tries + 1
            if answer is not None and answer.status_code < 500 and answer.status_code not in PASSING:
                raise Broken(f"{answer.status_code}: {answer.text}")
            if time.monotonic() > end:
                raise Broken(f"a presentation was not answered within {GIVES_UP_SECONDS} s")
            time.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    def _ask(self, body: dict[str, Any]) -> httpx.Response | None:
        try:
            return self.client.post(VERIFICATIONS, json=body)
        except httpx.TransportError:
            return None


def enrolled_phone(codes: DeliveryCodes, url: str, verify: Any, stop: threading.Event) -> Phone:
    """Enrol a new one at the service."""
    client = httpx.Client(base_url=url, verify=verify, timeout=PATIENCE_SECONDS)
    device = SigningDevice()
    invitation = codes.write(invite_device, "Phone", DeviceKind.DRIVER)
    body = {"enrolment": invitation, "public_key": device.jwk}
    answer = client.post("/api/v1/devices", json=body, timeout=60).raise_for_status()
    device.device_id = UUID(answer.json()["device_id"])
    return Phone(client, device, stop)


def longest_gap(times: Sequence[float], since: float) -> float:
    """Return the longest time without any answer that ended after a moment."""
    ordered = sorted(times)
    return max((b - a for a, b in pairwise(ordered) if b > since), default=0.0)
