"""What the API answers: one model a body. The served document is made from these; tests hold the answers to them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from codes.model import AttemptReason, DeviceKind, LockedBy, Outcome
from codes.recipients.reminding import SentAgain


class Answered(BaseModel):
    """A body of an answer: exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class FieldFault(Answered):
    """A field that is wrong."""

    field: str
    message: str


class ProblemAnswer(BaseModel):
    """Why a call was not answered as asked (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = []


class AnnouncedAnswer(Answered):
    """A parcel that was announced."""

    parcel_id: str
    reference: str
    code_required: bool
    reason: str


class BatchedAnswer(AnnouncedAnswer):
    """One parcel of a batch: `created`, `unchanged` or `conflict`."""

    result: str


class BatchAnswer(Answered):
    """What came of a batch, in its order."""

    parcels: list[BatchedAnswer]


class WishAnswer(Answered):
    """Another day or a pickup point, as the recipient wishes or the office decided."""

    day: date | None
    pickup_point: str | None
    by: Literal["recipient", "office"]


class ParcelAnswer(Answered):
    """Where a parcel stands."""

    parcel_id: str
    reference: str
    sender: str
    consignment: str | None
    code_required: bool
    reason: str
    wish: WishAnswer | None
    announced_at: AwareDatetime
    out_for_delivery_at: AwareDatetime | None
    handed_over_at: AwareDatetime | None


class RevokedAnswer(Answered):
    """How many codes were withdrawn."""

    revoked: int


class AssignedAnswer(Answered):
    """What was given to a device, and what was not."""

    device_id: str
    assigned: int
    refused: list[str]


class EventAnswer(Answered):
    """Something that happened: ids and facts, never a code."""

    event_id: str
    type: str
    at: AwareDatetime
    parcel_id: str
    reference: str
    facts: dict[str, Any]


class EventsAnswer(Answered):
    """Events in the order of the log, and the cursor to go on with."""

    events: list[EventAnswer]
    next: int


class DayAnswer(Answered):
    """Counts of one day (UTC)."""

    day: str
    announced: int
    codes_opened: int
    handed_over: int
    at_first_attempt: int
    offline: int
    supervised: int
    refused: int
    no_code: int
    nobody_home: int
    contested: int
    bounced: int


class StatisticsAnswer(Answered):
    """Counts by day."""

    days: list[DayAnswer]


class EnrolledAnswer(Answered):
    """A device that was enrolled; its cookie comes with it."""

    device_id: str
    name: str
    kind: DeviceKind


class DeviceAnswer(EnrolledAnswer):
    """Which device is asking."""

    language: str
    server_time: AwareDatetime


class SignedAnswer(Answered):
    """Whether the device is to be out of order."""

    out_of_order: bool
    server_time: AwareDatetime


class PresentedParcel(Answered):
    """The outcome for one parcel in hand; at a kiosk with the shelf or hatch where it lies."""

    reference: str
    outcome: Outcome
    shelf: str | None = None
    hatch: bool = False


class PresentedDetails(Answered):
    """What only the holder of a right code may learn, and how many tries are left."""

    handed_over_at: AwareDatetime | None = None
    newer_sent_at: AwareDatetime | None = None
    tries_left: int | None = None
    locked_by: LockedBy | None = None


class PresentedAnswer(BaseModel):
    """The answer to a presentation; the same for ever under the same id."""

    presentation_id: str
    outcome: Outcome
    accepted: bool
    match_number: str | None
    parcels: list[PresentedParcel]
    handed_over: int
    of: int
    details: PresentedDetails
    recipient_language: str | None


class SymbolAnswer(Answered):
    """A symbol in a picture, with its corners."""

    symbology: str
    text: str
    polygon: list[tuple[int, int]]


class FrameAnswer(Answered):
    """The symbols in a picture."""

    symbols: list[SymbolAnswer]
    milliseconds: float


class HandoverAnswer(Answered):
    """A handover that this device made."""

    reference: str
    handed_over_at: AwareDatetime
    match_number: str
    proof: str
    proof_pdf: str


class VisitAnswer(Answered):
    """A visit of this device that ended without a handover; its place is a geo URI, if one was told."""

    reference: str
    reason: AttemptReason
    attempted_at: AwareDatetime
    place: str | None


class HandoversAnswer(Answered):
    """What this device handed over in the last days, and its visits that ended otherwise."""

    handovers: list[HandoverAnswer]
    visits: list[VisitAnswer]


class CheckedAnswer(BaseModel):
    """Whether a proof holds, and if not, why."""

    holds: bool
    fault: str | None = None


class TourAnswer(BaseModel):
    """What a device carries."""

    parcels: list[dict[str, Any]]


class ReminderAnswer(Answered):
    """Whether the mail was sent again."""

    result: SentAgain


class AnyDocument(BaseModel):
    """A JSON object that has a form of its own, such as a proof of delivery."""

    model_config = ConfigDict(extra="allow")
