"""A device without a person: it is in this program, and signs what it presents as a phone does.

The sample week and the sandbox of test keys are made with it.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from codes.model import InHand, InHandBy, Means
from codes.proving.device_signatures import device_id_of
from codes.verification.presentation import Presentation

COORDINATE_BYTES = 32


class SimulatedDevice:
    """A device as the service knows one: it holds its key, from which its id is made."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.device_id: UUID = device_id_of(point)

    @property
    def jwk(self) -> dict[str, str]:
        """Return the public key as an enrolment takes it."""
        numbers = self._key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _base64url(numbers.x), "y": _base64url(numbers.y)}

    def presentation(self, reference: str, text: str, means: Means, now: datetime) -> Presentation:
        """Return a signed presentation of a code with the parcel's label in hand."""
        presentation_id = uuid4()
        unsigned = Presentation(
            presentation_id=presentation_id,
            device_id=self.device_id,
            parcels=(InHand(reference, InHandBy.LABEL),),
            means=means,
            presented=text,
            presented_at=now,
            offline=False,
            presentation_id_text=str(presentation_id),
            device_id_text=str(self.device_id),
            presented_at_text=now.isoformat(),
            salt=secrets.token_bytes(16),
            signature=b"",
        )
        r, s = decode_dss_signature(self._key.sign(unsigned.signed_text(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
        return replace(unsigned, signature=signature)


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(COORDINATE_BYTES, "big")).rstrip(b"=").decode()
