"""What a device sends when a code is presented, the text that it signs, and why it may not be judged at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from codes.model import InHand, Means
from codes.proving.device_signatures import label_digest, signature_fits
from codes.values.payload import NotSixDigits, PayloadError, digest_of, parse_digits, parse_payload


class Purpose(StrEnum):
    """What a code is presented for: to hand parcels over, or to be told only which parcels wait."""

    RELEASE = "doorcode-presentation-1"
    LIST = "doorcode-collection-1"


class BadSignature(Exception):
    """The presentation was not signed by the key that its device enrolled."""


class PresentationRefused(Exception):
    """The presentation cannot be decided at all; nothing was recorded or charged."""


class DeviceRevoked(PresentationRefused):
    """The device may no longer present codes."""

    def __init__(self) -> None:
        super().__init__("this device is no longer enrolled; ask the depot for a new code")


class OutOfOrder(PresentationRefused):
    """The office took this device out of order."""

    def __init__(self) -> None:
        super().__init__("the office took this device out of order; ask the staff")


class OtherContent(PresentationRefused):
    """This presentation id was used before, for something else."""


class ParcelMissing(PresentationRefused):
    """Without a parcel in hand there is nothing to compare the code with."""


class NoSuchName(PresentationRefused):
    """Nobody of this name is waited for at this counter: nothing was compared, and no code was wrong."""


class DigitsRefused(PresentationRefused):
    """This house's kiosks take no digits."""


class CodeRequired(PresentationRefused):
    """Without a code only parcels that need none are handed over."""


class WrongClock(PresentationRefused):
    """The device's clock was never set, or is ahead; what it holds can be sent when that is mended."""

    def __init__(self, now: datetime) -> None:
        super().__init__("set this device's clock, and send what it holds again with its times put right")
        self.facts = {"service_time": now.isoformat()}


class NotAtCounter(PresentationRefused):
    """Only counters and kiosks are told what waits."""


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
        try all 10^6 digits against it, and the salt is not stored. Each label enters as a digest behind a salt of
        its own, so that one parcel's proof shows its label and not the others that were in hand.
        The pages write the same (`signed-text.js`); both are tried on ``tests/cases/signed-text.json``.
        """
        lines = [
            self.purpose.value,
            self.presentation_id_text,
            self.device_id_text,
            self.presented_at_text,
            "offline" if self.offline else "online",
            self.means.value,
            hashlib.sha256(self.salt + self.presented.encode()).hexdigest(),
            *(
                f"parcel {label_digest(self._label_salt(place), parcel.reference)} {parcel.by}"
                for place, parcel in enumerate(self.parcels, start=1)
            ),
        ]
        if self.name is not None:
            # The chain keeps what is signed, so no name may be read in it.
            lines.append(f"name {hashlib.sha256(self.salt + self.name.encode()).hexdigest()}")
        return "\n".join(lines).encode()

    def label_shown(self, label: str) -> dict[str, str]:
        """Return what opens the signed line of one label, as it was read: itself and its salt; {} if there is none."""
        for place, parcel in enumerate(self.parcels, start=1):
            if parcel.reference == label:
                return {"label": label, "label_salt": self._label_salt(place).hex()}
        return {}

    def _label_salt(self, place: int) -> bytes:
        """Return the salt of one line. It tells nothing of the presentation's own salt, which hides the code."""
        return hashlib.sha256(self.salt + f"\0parcel {place}".encode()).digest()

    def content(self) -> bytes:
        """Return what must be equal when the same presentation id comes again."""
        parcels = [f"{parcel.reference} {parcel.by}" for parcel in self.parcels]
        asked = [] if self.purpose is Purpose.RELEASE else [self.purpose, self.name or ""]
        words = [str(self.device_id), self.means, self.presented, self.presented_at_text, *parcels, *asked]
        return "\n".join(words).encode()


def verify_signature(public_key: ec.EllipticCurvePublicKey, presentation: Presentation) -> None:
    """Raise BadSignature unless the device's key signed this presentation."""
    if not signature_fits(public_key, presentation.signature, presentation.signed_text()):
        raise BadSignature("this was not signed by this device's key; enrol it anew")


@dataclass(frozen=True, slots=True)
class Presented:
    """A presentation understood: a payload's digest, six digits, no code at all, or a text that is none of ours."""

    presentation: Presentation
    in_hand: tuple[InHand, ...]
    digest: bytes | None = None
    digits: str | None = None

    @classmethod
    def of(cls, presentation: Presentation) -> Presented:
        """Read what was presented; a text that is none of ours is a result, not an error."""
        try:
            if presentation.means is Means.PAYLOAD:
                return cls(presentation, presentation.parcels, digest=digest_of(parse_payload(presentation.presented)))
            if presentation.means is Means.DIGITS:
                return cls(presentation, presentation.parcels, digits=parse_digits(presentation.presented))
        except (PayloadError, NotSixDigits):
            pass
        return cls(presentation, presentation.parcels)

    @property
    def is_tap(self) -> bool:
        """Tell whether a parcel is handed over that needs no code."""
        return self.presentation.means is Means.TAP

    @property
    def is_foreign(self) -> bool:
        """Tell whether the text is no code of ours at all."""
        return self.digest is None and self.digits is None and not self.is_tap

    @property
    def is_question(self) -> bool:
        """Tell whether it is only asked what waits; nothing is handed over then."""
        return self.presentation.purpose is Purpose.LIST
