"""A link that saves a code as a pass in Google's Wallet: a JWT (RFC 7519) signed by the operator's service account.

The form is Google's: developers.google.com/wallet, "Working with JSON Web Tokens" and "GenericObject". Nothing is sent
to Google by the service; the link carries it when its reader opens it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from web.wallet.contents import PassContents
from web.wallet.settings import GoogleWalletSettings

SAVING_AT = "https://pay.google.com"
SAVE = f"{SAVING_AT}/gp/v/save/"
LONGEST = 1800
"""Characters of a token; browsers and messengers cut longer addresses off."""


class BadServiceAccount(Exception):
    """The file of a service account cannot sign; the message says why."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who signs: an account's address at Google, and its key."""

    email: str
    key: RSAPrivateKey

    def __repr__(self) -> str:
        return f"ServiceAccount({self.email})"


def service_account_in(path: Path) -> ServiceAccount:
    """Return the account whose key file, as Google gives it out, lies here. Raises BadServiceAccount."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise BadServiceAccount(f"wallet.google.service_account_file: {path}: {error.strerror}") from error


def google_link(contents: PassContents, account: ServiceAccount, settings: GoogleWalletSettings, now: datetime) -> str:
    """Return the address that saves the pass; what is least needed is left out where it would be too long.

    The ticket page's address is not in it: Google has no need to hold it.
    """
    card = google_object(contents, settings)
    lines = [{"id": each.name, "header": each.heading, "body": each.words} for each in contents.front]
    token = _token(card | {"textModulesData": lines}, account, settings, now)
    if len(token) > LONGEST:
        token = _token(card, account, settings, now)
    return SAVE + token


def google_object(contents: PassContents, settings: GoogleWalletSettings) -> dict[str, Any]:
    """Return what every pass says. Google keeps the first pass of a name as it was, so each code has its own."""

    def said(words: str) -> dict[str, Any]:
        return {"defaultValue": {"language": contents.language, "value": words}}

    return {
        "id": f"{settings.issuer_id}.{contents.code_tag}",
        "classId": f"{settings.issuer_id}.{settings.class_name}",
        "state": "ACTIVE",
        "cardTitle": said(contents.house),
        "subheader": said(contents.title),
        "header": said(contents.digits),
        "barcode": {"type": "QR_CODE", "value": contents.payload, "alternateText": contents.digits},
        "validTimeInterval": {"end": {"date": contents.expires_at.isoformat(timespec="seconds")}},
        "hexBackgroundColor": contents.look.accent if contents.look else "#ffffff",
    }


def _token(card: dict[str, Any], account: ServiceAccount, settings: GoogleWalletSettings, now: datetime) -> str:
    claims = {
        "iss": account.email,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(now.timestamp()),
        # A class that Google does not know yet is made with the first pass of it.
        "payload": {"genericClasses": [{"id": card["classId"]}], "genericObjects": [card]},
    }
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_base64(account.key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> ServiceAccount:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        email, key = document["client_email"], load_pem_private_key(document["private_key"].encode(), None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadServiceAccount(
            f"wallet.google.service_account_file: {path} is no key file of a service account"
        ) from error
    if not isinstance(key, RSAPrivateKey) or not isinstance(email, str):
        raise BadServiceAccount(f"wallet.google.service_account_file: {path} holds no RSA key")
    return ServiceAccount(email, key)


def _part(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
