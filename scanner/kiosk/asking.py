"""Asking the service about a code: signed, and the same question again until there is an answer.

A question that went unanswered lies on the disk. When the same code is shown again, it is the same question again:
a green whose reply was lost stays green, and is never "already handed over".
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from scanner.kiosk.identity import COOKIE, Identity

Verdict = dict[str, Any]
UNKNOWN: Verdict = {"outcome": "unknown"}
_KEPT_SECONDS = 24 * 3600
_PASSING = frozenset({408, 425, 429})


class Asking:
    """Presents codes to the service as this kiosk."""

    def __init__(self, client: httpx.Client, identity: Identity, folder: Path) -> None:
        self._client = client
        self._client.cookies.set(COOKIE, identity.session)
        self._identity = identity
        self._folder = folder / "unanswered"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old()

    def present(self, text: str) -> Verdict:
        """Ask once; the answer is ``unknown`` while the service gives none."""
        path = self._folder / hashlib.sha256(text.encode()).hexdigest()
        body = _stored(path) or self._question(path, text)
        try:
            answer = self._client.post("/api/v1/verifications", json=body)
        except httpx.HTTPError:
            return UNKNOWN
        if answer.status_code >= 500 or answer.status_code in _PASSING:
            return UNKNOWN
        path.unlink(missing_ok=True)
        return _verdict(answer)

    def is_known(self) -> bool | None:
        """Say whether the service still knows this kiosk; None while it gives no answer."""
        try:
            answer = self._client.get("/api/v1/devices/me")
        except httpx.HTTPError:
            return None
        if answer.status_code >= 500:
            return None
        return answer.status_code == 200

    def _question(self, path: Path, text: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "presentation_id": str(uuid.uuid4()),
            "parcels": [],
            "payload": text,
            "presented_at": datetime.now(UTC).isoformat(),
            "offline": False,
            "salt": secrets.token_hex(16),
        }
        body["signature"] = self._identity.sign(_signed_text(body, self._identity.device_id))
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return body

    def _forget_old(self) -> None:
        for path in self._folder.iterdir():
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink(missing_ok=True)


def _signed_text(body: dict[str, Any], device_id: str) -> str:
    salted = bytes.fromhex(body["salt"]) + body["payload"].encode()
    return "\n".join(
        [
            "doorcode-presentation-1",
            body["presentation_id"],
            device_id,
            body["presented_at"],
            "online",
            "payload",
            hashlib.sha256(salted).hexdigest(),
        ]
    )


def _stored(path: Path) -> dict[str, Any] | None:
    try:
        body: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return body


def _verdict(answer: httpx.Response) -> Verdict:
    try:
        document: Verdict = answer.json()
    except ValueError:
        return UNKNOWN
    if answer.status_code == 200 and "outcome" in document:
        return document
    revoked = str(document.get("type", "")).endswith(("device-revoked", "not-enrolled"))
    return {"outcome": "device_revoked" if revoked else "refused", "reason": document.get("detail", "")}
