"""What a device sends when a code is presented, and the text that it signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from codes.model import InHand, Means


class Purpose(StrEnum):
    """What a code is presented for: to hand parcels over, or to be told only which parcels wait."""

    RELEASE = "doorcode-presentation-1"
    LIST = "doorcode-collection-1"


class BadSignature(Exception):
    """The presentation was not signed by the key that its device enrolled."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """One presentation of a code, every text exactly as received."""

    presentation_id: UUID
    device_id: UUID
    parcels: tuple[InHand, ...]
    means: Means
    presented: str
    presented_at: datetime
    offline: bool
    presentation_id_text: str
    device_id_text: str
    presented_at_text: str
    salt: bytes
    signature: bytes
    purpose: Purpose = Purpose.RELEASE
    name: str | None = None

    def signed_text(self) -> bytes:
        """Return the bytes that the device signs.

        The presented code enters only as SHA-256(salt ‖ code): a stored signature must not let anybody
        try all 10^6 digits against it, and the salt is not stored.
        """
        lines = [
            self.purpose.value,
            self.presentation_id_text,
            self.device_id_text,
            self.presented_at_text,
            "offline" if self.offline else "online",
            self.means.value,
            hashlib.sha256(self.salt + self.presented.encode()).hexdigest(),
            *(f"parcel {parcel.reference} {parcel.by}" for parcel in self.parcels),
        ]
        if self.name is not None:
            # The chain keeps what is signed, so no name may be read in it.
            lines.append(f"name {hashlib.sha256(self.salt + self.name.encode()).hexdigest()}")
        return "\n".join(lines).encode()

    def content(self) -> bytes:
        """Return what must be equal when the same presentation id comes again."""
        parcels = [f"{parcel.reference} {parcel.by}" for parcel in self.parcels]
        asked = [] if self.purpose is Purpose.RELEASE else [self.purpose, self.name or ""]
        words = [str(self.device_id), self.means, self.presented, self.presented_at_text, *parcels, *asked]
        return "\n".join(words).encode()


def verify_signature(public_key: ec.EllipticCurvePublicKey, presentation: Presentation) -> None:
    """Raise BadSignature unless the 64 bytes r ‖ s (IEEE P1363) verify as ECDSA P-256 with SHA-256."""
    signature = presentation.signature
    if len(signature) != 64:
        raise BadSignature("a signature has 64 bytes")
    encoded = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        public_key.verify(encoded, presentation.signed_text(), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit the device's key") from error
