"""Who the kiosk is: a key of its own, made when it is enrolled, in a file that only its owner can read."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

COOKIE = "doorcode_device"
FILE = "identity.json"


class NotEnrolled(Exception):
    """The kiosk has no identity, or the service does not accept it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The device that the service knows."""

    device_id: str
    session: str
    key: ec.EllipticCurvePrivateKey

    def sign(self, text: str) -> str:
        """Return 64 bytes, r and s, of ECDSA P-256 with SHA-256, in base64url."""
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def identity_in(folder: Path) -> Identity | None:
    """Return the identity that was stored at enrolment."""
    try:
        stored = json.loads((folder / FILE).read_text())
        key = load_pem_private_key(stored["key"].encode(), password=None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotEnrolled(f"{folder / FILE} is damaged; delete it and enrol the kiosk anew") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NotEnrolled(f"{folder / FILE} is damaged; delete it and enrol the kiosk anew")
    return Identity(stored["device_id"], stored["session"], key)


def enrol(client: httpx.Client, link: str, folder: Path) -> Identity:
    """Turn a one-time link into an identity, and store it. Raises NotEnrolled."""
    secret = urlsplit(link).fragment or link
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = (_base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    body = {"enrolment": secret, "public_key": {"kty": "EC", "crv": "P-256", "x": x, "y": y}}
    try:
        answer = client.post("/api/v1/devices", json=body)
    except httpx.HTTPError as error:
        raise NotEnrolled(f"the service cannot be reached: {error}") from error
    if answer.status_code != 201:
        raise NotEnrolled(f"the service did not enrol this kiosk: {_detail(answer)}")
    identity = Identity(answer.json()["device_id"], answer.cookies[COOKIE], key)
    _store(identity, folder)
    return identity


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def _store(identity: Identity, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    draft = folder / f"{FILE}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"device_id": identity.device_id, "session": identity.session, "key": pem}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / FILE)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
