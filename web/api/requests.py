"""What the API takes: one model a body, unknown fields refused."""

from __future__ import annotations

import base64
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

from flask import request
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from codes import Announcement, Person, Presentation
from codes.accounts.heartbeats import CameraState
from codes.model import AttemptReason, Destination, History, InHand, InHandBy, Means, ReportKind
from codes.values.payload import holds_payload
from codes.values.phones import LONGEST, read_phone
from codes.values.tracking_numbers import is_plain, normalise_reference
from web.http.moments import PlausibleMoment
from web.http.problems import Problem
from web.mail.addresses import mailbox
from web.outside_text import single_line
from web.services import services

FNC1 = "\x1d"
MAX_LABEL_LENGTH = 256
"""Longer than any tracking number; a label's text is recorded with the presentation, so it has to end somewhere."""

MOMENT = r"^[0-9]{4}(-[0-9]{2}){2}[T ][0-9:.]{5,20}(Z|[+-][0-9]{2}:?[0-9]{2})$"

Body = TypeVar("Body", bound=BaseModel)


def _name(text: str) -> str:
    if not (name := single_line(text)):
        raise ValueError("must not be empty")
    return name


def _line_or_none(text: str) -> str | None:
    return single_line(text) or None


def _label(text: str) -> str:
    """A label is signed as it is sent, and its proof is checked by whoever knows ASCII letters and digits alone."""
    if any(sign != FNC1 and unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs") for sign in text):
        raise ValueError("a label is one line of text without control characters (but FNC1, U+001D)")
    if not is_plain(text):
        raise ValueError("write the number of a label in ASCII letters and digits")
    if holds_payload(text):
        # What is in hand is recorded; a recipient's code that was scanned as a label must not be.
        raise ValueError("this is a delivery code and no label; scan the parcel's label")
    return text


def _address(text: str) -> str:
    mailbox(text)
    return text


def house_in(country: str | None) -> dict[str, str | None]:
    """Return the context in which numbers without a country's code are read as this country's."""
    return {"country": country}


def _phone(text: str, info: ValidationInfo) -> str:
    return read_phone(text, (info.context or {}).get("country"))


OneLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(single_line)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_name)]
Street = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_line_or_none)]
City = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(_line_or_none)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_line_or_none)]
ShortName = Annotated[OneLine, StringConstraints(min_length=1)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST), AfterValidator(_phone)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]
Reference = Annotated[str, AfterValidator(normalise_reference)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]


class Strict(BaseModel):
    """A body in which an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def with_examples(*examples: dict[str, Any]) -> ConfigDict:
    """Return a model's settings with examples for the API's document."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class RecipientBody(Strict):
    """Who may receive."""

    name: Name
    email: Email | None = None
    language: Language = "en"
    postcode: Annotated[OneLine, StringConstraints(max_length=20)] | None = None
    phone: Phone | None = None
    street: Street | None = None
    city: City | None = None
    note: Note | None = None


class CorrectionBody(Strict):
    """What is to be different of a recipient, as a JSON merge patch (RFC 7396): null takes a field away."""

    model_config = with_examples({"email": "sample@example.org", "phone": None})

    # Nobody is left without a name or a language, so null is refused for these two.
    name: Name = Field(default_factory=str)
    email: Email | None = None
    language: Language = Field(default_factory=str)
    postcode: Annotated[OneLine, StringConstraints(max_length=20)] | None = None
    phone: Phone | None = None
    street: Street | None = None
    city: City | None = None
    note: Note | None = None

    def changes(self) -> dict[str, str | None]:
        """Return what was sent, and nothing else."""
        return self.model_dump(exclude_unset=True)


class HistoryBody(Strict):
    """What the sender knows of the recipient's earlier parcels; what is recorded here is added."""

    disputes: Annotated[int, Field(ge=0, le=10_000)] = 0
    losses: Annotated[int, Field(ge=0, le=10_000)] = 0


class ParcelBody(Strict):
    """A parcel that is shipped."""

    model_config = with_examples(
        {
            "reference": "SAMPLE-1001",
            "recipient": {"name": "Sample Recipient", "email": "sample@example.org", "language": "de"},
            "sender": "Sample Shop",
            "value": "129.90",
            "currency": "EUR",
        }
    )

    reference: Reference
    recipient: RecipientBody
    sender: OneLine = ""
    value: Amount = Decimal(0)
    currency: Currency = "EUR"
    destination: Destination = Destination.ADDRESS
    gift: bool = False
    consignment: OneLine | None = None
    sender_wish: bool | None = None
    history: HistoryBody = HistoryBody()

    def announcement(self) -> Announcement:
        """Return what the domain takes."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields["recipient"] = Person(**self.recipient.model_dump())
        fields["history"] = History(**self.history.model_dump())
        return Announcement(**fields)


class BatchBody(RootModel[Annotated[list[ParcelBody], Field(min_length=1, max_length=1000)]]):
    """Up to 1,000 parcels, all or nothing."""


class ReportBody(Strict):
    """What a sender reports of a parcel."""

    kind: ReportKind


class PlaceBody(Strict):
    """Where a device measured that it was."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    accuracy_metres: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class VisitBody(Strict):
    """A visit that ended without a handover; ``visit_id`` is chosen by the device."""

    model_config = with_examples(
        {
            "visit_id": "019ab5a0-0000-7000-8000-000000000002",
            "reference": "SAMPLE-1001",
            "reason": "nobody_home",
            "attempted_at": "2026-11-24T10:11:12+00:00",
        }
    )

    visit_id: UUID
    reference: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]
    reason: AttemptReason
    attempted_at: PlausibleMoment
    place: PlaceBody | None = None


class LoadBody(Strict):
    """A label that was scanned at loading."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]


class AssignmentBody(Strict):
    """Parcels for one driver's device, in the order of the tour."""

    model_config = with_examples({"device": "Van 7", "references": ["SAMPLE-1001", "SAMPLE-1002"]})

    device: Name
    references: Annotated[tuple[OneLine, ...], Field(min_length=1, max_length=1000)]
    replace: bool = False


class EnrolmentBody(Strict):
    """A device's one-time secret and its new public key, a P-256 JWK."""

    enrolment: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    public_key: dict[str, str]
    language: Language = "en"


class SignBody(Strict):
    """What a device says of itself."""

    camera: CameraState
    waiting: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class InHandBody(Strict):
    """A parcel in the device's hand."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH), AfterValidator(_label)]
    by: InHandBy


class PresentationBody(Strict):
    """A code presented, and the device's signature over it."""

    model_config = with_examples(
        {
            "presentation_id": "019ab5a0-0000-7000-8000-000000000003",
            "parcels": [{"reference": "SAMPLE-1001", "by": "label"}],
            "digits": "004217",
            "presented_at": "2026-11-24T10:11:12+00:00",
            "salt": "00112233445566778899aabbccddeeff",
            "signature": "A" * 86,
        }
    )

    presentation_id: Annotated[str, StringConstraints(pattern=r"^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")]
    parcels: Annotated[tuple[InHandBody, ...], Field(max_length=50)] = ()
    payload: Annotated[str, StringConstraints(min_length=1)] | None = None
    digits: Annotated[str, StringConstraints(min_length=1)] | None = None
    tap: bool = False
    presented_at: Annotated[str, StringConstraints(pattern=MOMENT, max_length=40)]
    offline: bool = False
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    signature: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{86}$")]

    @field_validator("presented_at")
    @classmethod
    def _a_time(cls, text: str) -> str:
        """Keep the text as it was signed."""
        _MOMENT.validate_python(text)
        return text

    @model_validator(mode="after")
    def _one_of_three(self) -> PresentationBody:
        if [self.payload is not None, self.digits is not None, self.tap].count(True) != 1:
            raise ValueError("send either payload or digits, or tap")
        if any(parcel.by is InHandBy.CODE for parcel in self.parcels):
            raise ValueError("a parcel is in hand by label or by choice")
        return self

    def presentation(self, device_id: UUID) -> Presentation:
        """Return what the domain takes."""
        means = Means.TAP if self.tap else Means.PAYLOAD if self.payload is not None else Means.DIGITS
        return Presentation(
            presentation_id=UUID(self.presentation_id),
            device_id=device_id,
            parcels=tuple(InHand(parcel.reference, parcel.by) for parcel in self.parcels),
            means=means,
            presented=self.payload or self.digits or "",
            presented_at=_MOMENT.validate_python(self.presented_at),
            offline=self.offline,
            presentation_id_text=self.presentation_id,
            device_id_text=str(device_id),
            presented_at_text=self.presented_at,
            salt=bytes.fromhex(self.salt),
            signature=base64.urlsafe_b64decode(self.signature + "=="),
        )


_MOMENT: TypeAdapter[datetime] = TypeAdapter(PlausibleMoment)


def body_as(model: type[Body]) -> Body:
    """Parse the request's JSON body. Raises Problem or pydantic's ValidationError."""
    try:
        if request.is_json:
            return read_json(model, request.get_data(), house_in(services().codes.house.country))
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
            raise
    raise Problem(400, "not-json", "send a JSON body in UTF-8 with Content-Type: application/json")


def read_json(model: type[Body], content: bytes, context: dict[str, Any] | None = None) -> Body:
    """Read JSON (RFC 8259, in UTF-8), each value as what the API's document calls it: no number is a text or a time.

    Raises ValidationError.
    """
    return model.model_validate_json(content, strict=True, context=context)
