"""What others gave us and must not be read in the store: encrypted under a key of its row's own (AES-GCM)."""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from codes.keys.derivation import derive_sealing_key
from codes.keys.keyring import KeyRing

NONCE_BYTES = 12


def seal_for_row(ring: KeyRing, row_id: UUID, content: bytes) -> bytes:
    """Encrypt what stands in a row, under the key that is the current one."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(derive_sealing_key(ring.key(ring.current), row_id)).encrypt(nonce, content, row_id.bytes)


def open_of_row(ring: KeyRing, key_id: str, row_id: UUID, sealed: bytes) -> bytes:
    """Decrypt it again. Raises InvalidTag if it is not what was sealed for this row."""
    key = derive_sealing_key(ring.key(key_id), row_id)
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], row_id.bytes)
