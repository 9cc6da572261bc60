"""Codes are derived, never stored: from a row's id and a key that lives outside the database.

Each purpose has its own label, so that no output says anything about another (RFC 5869 §3.2 on context).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from codes.values.payload import DIGITS, TOKEN_BITS, format_payload

TICKET_KEY_LENGTH = 32
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _mac(key: bytes, label: str, message: bytes) -> bytes:
    return hmac.digest(key, label.encode() + message, "sha256")


def derive_digits(key: bytes, code_id: UUID) -> str:
    """Return six decimal digits by HOTP's dynamic truncation (RFC 4226 §5.3)."""
    mac = _mac(key, "digits", code_id.bytes)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def derive_payload(key: bytes, code_id: UUID) -> str:
    """Return the 34 digits of the symbol, 96 bits of them secret."""
    return format_payload(int.from_bytes(_mac(key, "token", code_id.bytes)[: TOKEN_BITS // 8], "big"))


def derive_ticket_key(key: bytes, holder_id: UUID) -> str:
    """Return the unguessable part of a ticket page's address: 32 base64url characters, 192 bits."""
    return base64.urlsafe_b64encode(_mac(key, "ticket", holder_id.bytes)[: TICKET_KEY_LENGTH * 3 // 4]).decode()


def derive_receipt_key(key: bytes, message_id: UUID) -> str:
    """Return what alone may say what became of a message: 22 base64url characters, 128 bits."""
    return base64.urlsafe_b64encode(_mac(key, "receipt", message_id.bytes)[:16]).decode().rstrip("=")


def derive_status_mark(key: bytes, holder_id: UUID) -> bytes:
    """Return the 16 bytes that make the address of a holder's status picture unguessable; they lead to nothing else."""
    return _mac(key, "status", holder_id.bytes)[:16]


def derive_match_number(key: bytes, presentation_id: UUID) -> str:
    """Return the two digits that both screens show after green."""
    return f"{int.from_bytes(_mac(key, 'match', presentation_id.bytes)[:4], 'big') % 100:02d}"


def derive_webhook_secret(key: bytes, secret_id: UUID) -> bytes:
    """Return the 32 bytes by which a webhook's messages are signed."""
    return _mac(key, "webhook", secret_id.bytes)


def derive_sealing_key(key: bytes, row_id: UUID) -> bytes:
    """Return the 32 bytes under which a secret that others gave us is encrypted."""
    return _mac(key, "sealed", row_id.bytes)


def derive_shop_secret(key: bytes, shop_id: UUID) -> str:
    """Return the 64 characters that a shop is given to sign with, where it is we who choose."""
    return _mac(key, "shop", shop_id.bytes).hex()


def derive_sandbox_scalar(key: bytes) -> int:
    """Return the private key of the device that moves test parcels: a number below the order of P-256, and not 0."""
    return 1 + int.from_bytes(_mac(key, "sandbox", b"device")) % (P256_ORDER - 1)


def derive_audit_key(key: bytes, world: bytes) -> bytes:
    """Return the 32 bytes by which an audit knows again what it had checked."""
    return _mac(key, "audit", world)


def content_mac(key: bytes, content: bytes) -> bytes:
    """Return 32 bytes that tell whether a presentation came again unchanged.

    Keyed, because a bare digest of six digits could be searched through in a second.
    """
    return _mac(key, "content", content)


def ticket_digest(ticket_key: str) -> bytes:
    """Return the 32 bytes by which a ticket page is found."""
    return hashlib.sha256(ticket_key.encode()).digest()
