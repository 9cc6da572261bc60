"""What people hold of a house: a mail with a code, an enrolled device; and how their answers are read."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, cast

import cv2
import httpx
import numpy as np
import zxingcpp
from aiosmtpd.smtp import Envelope

from tests.parts.device import SigningDevice

API = "/api/v1"
DEVICE_COOKIE, STAFF_COOKIE = "doorcode_device", "doorcode_staff"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its reader has it: the digits, what the symbol holds, and the address of the ticket page."""

    message: EmailMessage
    text: str
    digits: str
    key: str

    @property
    def page(self) -> str:
        """Return the path of the ticket page."""
        return f"/t/{self.key}"

    @property
    def payload(self) -> str:
        """Read the symbol in the mail, as a camera does."""
        pictures = [part for part in self.message.walk() if part.get_content_type() == "image/png"]
        texts = [symbol_in(cast(bytes, part.get_payload(decode=True))) for part in pictures]
        return next(text for text in texts if text.isdigit() and len(text) == 34)


@dataclass(slots=True)
class Gadget:
    """An enrolled device; it signs what it presents."""

    device: SigningDevice
    session: str
    kind: str
    client: httpx.Client

    @property
    def id(self) -> str:
        """Return the device's id."""
        return str(self.device.device_id)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """Call the API."""
        return self.client.post(f"{API}{path}", json=body, **more)

    def get(self, path: str) -> httpx.Response:
        """Ask the API."""
        return self.client.get(f"{API}{path}")

    def body(self, code: str, references: Sequence[str] = (), **facts: Any) -> dict[str, Any]:
        """Sign one presentation."""
        facts.setdefault("now", now())
        return self.device.body(code, references, **facts)

    def present(self, code: str, *references: str, **facts: Any) -> dict[str, Any]:
        """Present a code; returns the answer, with ``status`` beside it."""
        return told(self.post("/verifications", self.body(code, references, **facts)))

    def collect(self, code: str, *references: str, **facts: Any) -> dict[str, Any]:
        """Ask what waits here for a code."""
        body = self.body(code, references, form="doorcode-collection-1", **facts)
        return told(self.post("/collections", body))


def message_in(envelope: Envelope) -> EmailMessage:
    """Return a mail as another program would read it from its bytes."""
    return email.message_from_bytes(cast(bytes, envelope.content), policy=email.policy.default)


def letter_in(message: EmailMessage) -> Letter | None:
    """Read a mail; None if it shows no code."""
    part = message.get_body(("plain",))
    text = part.get_content() if part else ""
    digits, key = re.search(r"^\s*(\d{6}|\d{3} \d{3})\s*$", text, re.MULTILINE), re.search(r"/t/([A-Za-z0-9_-]+)", text)
    if digits is None or key is None:
        return None
    return Letter(message, text, digits.group(1).replace(" ", ""), key.group(1))


def symbol_in(png: bytes) -> str:
    """Return the text of the symbol in a picture, or nothing."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    found = zxingcpp.read_barcodes(picture) if picture is not None else []
    return str(found[0].text) if found else ""


def address_of(reference: str) -> str:
    """Return the recipient's address of a parcel."""
    return f"{reference.lower()}@example.org"


def told(answer: httpx.Response) -> dict[str, Any]:
    """Return an answer's JSON with its status; a problem's type is its outcome."""
    try:
        content = answer.json()
    except ValueError:
        content = {"detail": answer.text[:200]}
    content = content if isinstance(content, dict) else {"list": content}
    outcome = content.get("outcome") or str(content.get("type", "")).rpartition("/")[2]
    return {**content, "status": answer.status_code, "outcome": outcome}


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
