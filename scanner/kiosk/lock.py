"""A lock that an accepted verdict opens, by a webhook or by a command of this computer. Never on anything else.

The webhook is signed as Standard Webhooks are; its secret lies in a file, and is in no log. A lock that does not answer
in time costs the person a walk to the counter, not the kiosk.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from scanner.settings import LockSection

log = logging.getLogger("doorcode.kiosk")

_SECRET_PREFIX = "whsec_"


class BadLock(Exception):
    """The lock's settings cannot be used."""


class Lock:
    """Opens what is set up in config.yaml; without a webhook and a command there is no lock."""

    def __init__(self, section: LockSection, folder: Path) -> None:
        self._section = section
        self._secret = _secret_in(folder / section.secret_file) if section.secret_file else b""

    @property
    def is_there(self) -> bool:
        """Tell whether there is anything to open."""
        return bool(self._section.webhook or self._section.command)

    def open(self, verdict: dict[str, Any], told: Callable[[bool], None]) -> None:
        """Open in a thread of its own for an accepted verdict; ``told`` hears whether it opened."""
        if verdict.get("outcome") != "accepted" or not self.is_there:
            return
        threading.Thread(target=lambda: told(self.try_open(verdict)), daemon=True, name="kiosk-lock").start()

    def try_open(self, verdict: dict[str, Any]) -> bool:
        """Open now; tells whether whatever is set up has answered well, in time."""
        if verdict.get("outcome") != "accepted":
            return False
        body = json.dumps(_asked(verdict)).encode()
        opened = True
        if self._section.webhook:
            opened = self._call(self._section.webhook, str(verdict.get("presentation_id", "")), body)
        if opened and self._section.command:
            opened = self._run(self._section.command, body)
        return opened

    def _call(self, address: str, message_id: str, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", **self._signature(message_id, body)}
        try:
            answer = httpx.post(address, content=body, headers=headers, timeout=self._section.timeout_seconds)
        except httpx.HTTPError as error:
            log.error("kiosk: the lock's webhook gives no answer (%s)", type(error).__name__)
            return False
        if not answer.is_success:
            log.error("kiosk: the lock's webhook says %d", answer.status_code)
        return answer.is_success

    def _run(self, command: tuple[str, ...], body: bytes) -> bool:
        try:
            done = subprocess.run(
                command, input=body, capture_output=True, timeout=self._section.timeout_seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("kiosk: the lock's command does not end well (%s)", type(error).__name__)
            return False
        if done.returncode:
            log.error("kiosk: the lock's command ended with %d", done.returncode)
        return done.returncode == 0

    def _signature(self, message_id: str, body: bytes) -> dict[str, str]:
        if not self._secret:
            return {}
        now = str(int(datetime.now(UTC).timestamp()))
        signed = hmac.new(self._secret, f"{message_id}.{now}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": now,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


def _asked(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return what the lock is told: which parcels, and where they lie if the service knows it. No name, no code."""
    parcels = [
        {name: parcel[name] for name in ("reference", "shelf") if parcel.get(name)}
        for parcel in verdict.get("parcels", [])
        if parcel.get("outcome") == "accepted"
    ]
    return {"presentation_id": verdict.get("presentation_id"), "parcels": parcels}


def _secret_in(path: Path) -> bytes:
    try:
        text = path.read_text().strip()
    except OSError as error:
        raise BadLock(f"{path}: cannot be read ({error.strerror})") from error
    try:
        return base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise BadLock(f"{path}: holds no secret of the form whsec_…") from error
