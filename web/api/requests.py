"""What the API takes: one model a body, unknown fields refused."""

from __future__ import annotations

import base64
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

from flask import request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from codes import Announcement, Person, Presentation
from codes.accounts.signs import CameraState
from codes.identifiers import normalise_reference
from codes.model import AttemptReason, Destination, History, InHand, InHandBy, Means, ReportKind
from web.mail.addresses import mailbox
from web.parts import parts
from web.problems import Problem

MAX_LABEL_LENGTH = 256
"""Longer than any tracking number; a label's text is recorded with the presentation, so it has to end somewhere."""

Body = TypeVar("Body", bound=BaseModel)


def _one_line(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in text):
        raise ValueError("must be one line of text without control characters")
    return text


def _address(text: str) -> str:
    mailbox("", text)
    return text


OneLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(_one_line)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)]
# ITU-T E.164 §6: a plus, the country and the number, 15 digits at most.
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+[1-9][0-9]{6,14}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]
Reference = Annotated[str, AfterValidator(normalise_reference)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]


class Strict(BaseModel):
    """A body in which an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RecipientBody(Strict):
    """Who may receive."""

    name: Name
    email: Email | None = None
    language: Language = "en"
    postcode: Annotated[OneLine, StringConstraints(max_length=20)] | None = None
    phone: Phone | None = None


class HistoryBody(Strict):
    """What the sender knows of the recipient's earlier parcels; what is recorded here is added."""

    disputes: Annotated[int, Field(ge=0, le=10_000)] = 0
    losses: Annotated[int, Field(ge=0, le=10_000)] = 0


class ParcelBody(Strict):
    """A parcel that is shipped."""

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

    visit_id: UUID
    reference: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]
    reason: AttemptReason
    attempted_at: AwareDatetime
    place: PlaceBody | None = None


class LoadBody(Strict):
    """A label that was scanned at loading."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]


class AssignmentBody(Strict):
    """Parcels for one driver's device, in the order of the tour."""

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

    reference: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]
    by: InHandBy


class PresentationBody(Strict):
    """A code presented, and the device's signature over it."""

    presentation_id: Annotated[str, StringConstraints(min_length=32, max_length=40)]
    parcels: Annotated[tuple[InHandBody, ...], Field(max_length=50)] = ()
    payload: Annotated[str, StringConstraints(min_length=1)] | None = None
    digits: Annotated[str, StringConstraints(min_length=1)] | None = None
    presented_at: Annotated[str, StringConstraints(min_length=10, max_length=40)]
    offline: bool = False
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    signature: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{86}$")]

    @model_validator(mode="after")
    def _one_of_two(self) -> PresentationBody:
        if (self.payload is None) is (self.digits is None):
            raise ValueError("send either payload or digits")
        if any(parcel.by is InHandBy.CODE for parcel in self.parcels):
            raise ValueError("a parcel is in hand by label or by choice")
        return self

    def presentation(self, device_id: UUID) -> Presentation:
        """Return what the domain takes. Raises Problem for an id or a time that is none."""
        try:
            presentation_id = UUID(self.presentation_id)
            presented_at = Moment(moment=self.presented_at).moment  # type: ignore[arg-type]
        except ValueError as error:
            raise Problem(422, "invalid-request", "presentation_id is a UUID, presented_at a time with zone") from error
        presented = self.payload if self.payload is not None else self.digits
        assert presented is not None
        return Presentation(
            presentation_id=presentation_id,
            device_id=device_id,
            parcels=tuple(InHand(parcel.reference, parcel.by) for parcel in self.parcels),
            means=Means.PAYLOAD if self.payload is not None else Means.DIGITS,
            presented=presented,
            presented_at=presented_at,
            offline=self.offline,
            presentation_id_text=self.presentation_id,
            device_id_text=str(device_id),
            presented_at_text=self.presented_at,
            salt=bytes.fromhex(self.salt),
            signature=base64.urlsafe_b64decode(self.signature + "=="),
        )


class Moment(BaseModel):
    """A time with its zone."""

    moment: AwareDatetime

    @property
    def value(self) -> datetime:
        """Return the time."""
        return self.moment


def body_as(model: type[Body]) -> Body:
    """Parse the request's JSON body. Raises Problem or pydantic's ValidationError."""
    return model.model_validate(json_body())


def json_body() -> Any:
    """Return the request's JSON. Raises Problem if it is too large or none."""
    request.max_content_length = parts().server.max_json_kilobytes * 1024
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        body = None
    if body is None:
        raise Problem(400, "not-json", "send a JSON body with Content-Type: application/json")
    return body
