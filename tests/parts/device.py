"""A device as the service knows one: it has a key of its own, and signs what it presents."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from codes import DeliveryCodes, Presentation
from codes.accounts.devices import enrol_device, invite_device
from codes.model import DeviceKind, InHand, InHandBy, Means
from codes.verification.presentation import Purpose


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _sha256(salt: bytes, text: str) -> hashlib._Hash:
    return hashlib.sha256(salt + text.encode())


def _of_label(salt: bytes, place: int, label: str) -> str:
    return _sha256(_sha256(salt, f"\0parcel {place}").digest(), label).hexdigest()


@dataclass(slots=True)
class SigningDevice:
    """A key pair made at enrolment; ``device_id`` is known once the service has answered."""

    device_id: UUID = field(default_factory=lambda: UUID(int=0))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as the enrolment call takes it."""
        numbers = self.key.public_key().public_numbers()
        x, y = (_base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def point(self) -> bytes:
        """The public key as 65 bytes."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, text: bytes) -> bytes:
        """Sign as WebCrypto does: 64 bytes, r and s."""
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def presentation(
        self,
        code: str,
        *references: str,
        now: datetime,
        presentation_id: UUID | None = None,
        by: InHandBy = InHandBy.LABEL,
        means: Means | None = None,
        offline: bool = False,
        purpose: Purpose = Purpose.RELEASE,
        name: str | None = None,
    ) -> Presentation:
        """Sign one presentation; six characters count as digits unless ``means`` says otherwise."""
        chosen = presentation_id or uuid4()
        unsigned = Presentation(
            presentation_id=chosen,
            device_id=self.device_id,
            parcels=tuple(InHand(reference, by) for reference in references),
            means=means or (Means.DIGITS if len(code) == 6 else Means.PAYLOAD),
            presented=code,
            presented_at=now,
            offline=offline,
            presentation_id_text=str(chosen),
            device_id_text=str(self.device_id),
            presented_at_text=now.isoformat(),
            salt=secrets.token_bytes(16),
            signature=b"",
            purpose=purpose,
            name=name,
        )
        return replace(unsigned, signature=self.sign(unsigned.signed_text()))

    def body(
        self,
        code: str,
        references: Sequence[str] = (),
        *,
        now: datetime,
        presentation_id: str | None = None,
        by: str = "label",
        means: str | None = None,
        offline: bool = False,
        form: str = "doorcode-presentation-1",
        name: str | None = None,
    ) -> dict[str, Any]:
        """Write the body of ``POST /api/v1/verifications`` or ``/collections`` from their documentation alone."""
        presentation_id = presentation_id or str(uuid4())
        means = means or ("digits" if len(code) == 6 else "payload")
        salt, presented_at = secrets.token_bytes(16), now.isoformat()
        lines = [
            form,
            presentation_id,
            str(self.device_id),
            presented_at,
            "offline" if offline else "online",
            means,
            _sha256(salt, code).hexdigest(),
            *(f"parcel {_of_label(salt, place, each)} {by}" for place, each in enumerate(references, start=1)),
            *([f"name {_sha256(salt, name).hexdigest()}"] if name else []),
        ]
        asked = {"name": name} if form == "doorcode-collection-1" else {"offline": offline}
        return {
            "presentation_id": presentation_id,
            "parcels": [{"reference": reference, "by": by} for reference in references],
            means: True if means == "tap" else code,
            "presented_at": presented_at,
            **asked,
            "salt": salt.hex(),
            "signature": _base64url(self.sign("\n".join(lines).encode())),
        }


def enrolled(codes: DeliveryCodes, kind: DeviceKind = DeviceKind.DRIVER, name: str = "Test device") -> SigningDevice:
    """Enrol a new device with the domain."""
    device = SigningDevice()
    device.device_id = codes.write(
        enrol_device, codes.write(invite_device, name, kind), device.jwk, "en"
    ).device.device_id
    return device
