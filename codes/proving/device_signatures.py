"""What devices sign, as far as a proof rests on it: their keys, their signatures, and the labels behind digests. Pure.

The same rules stand in ``web/static/js/lib/handing/signed-text.js`` (signing) and
``web/static/js/recipient/proof/proof.js`` (checking).
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

SIGNATURE_BYTES = 64
_SSCC = re.compile(r"^00(?=[0-9]{18}$)")
_ECDSA = ec.ECDSA(SHA256())


def device_id_of(point: bytes) -> UUID:
    """Return the id of the device with this public key: a UUID of version 8 made of its SHA-256 (RFC 9562 §5.8).

    From one ECDSA signature a second public key can be computed under which it verifies too. The id stands in what
    is signed, so only the key that the id was made of can take part in a proof.
    """
    value = int.from_bytes(hashlib.sha256(point).digest()[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0b11 << 62) | 0b10 << 62)


def label_digest(salt: bytes, label: str) -> str:
    """Return what stands for a label in the signed text: 64 hexadecimal digits."""
    return hashlib.sha256(salt + label.encode()).hexdigest()


def names_parcel(label: str, reference: str) -> bool:
    """Tell whether a label as it was read holds a tracking number; only ASCII letters and digits are compared.

    ``00`` says that the serial number of a shipping container follows (GS1), and is no part of it.
    """
    return _SSCC.sub("", _letters_and_digits(reference)) in _letters_and_digits(label)


def signature_fits(key: ec.EllipticCurvePublicKey, signature: bytes, text: bytes) -> bool:
    """Tell whether 64 bytes r ‖ s (IEEE P1363) verify as ECDSA P-256 with SHA-256. Both values of s are taken."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), text, _ECDSA)
    except InvalidSignature:
        return False
    return True


@lru_cache(1024)
def public_key_at(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key at an uncompressed point (SEC 1 §2.3.3, 65 bytes). Raises ValueError."""
    if len(point) != 65 or point[0] != 4:
        raise ValueError("a public key is an uncompressed point of 65 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _letters_and_digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum()).upper()
