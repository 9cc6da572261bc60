"""What the API answers: one model a body. The served document is made from these; tests hold the answers to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from codes.delivering.delivery_day import CodeAwaited
from codes.model import AddressWarning, AttemptReason, Conflict, DeviceKind, LockedBy, Outcome
from codes.office.parcel_states import Contested, ParcelState
from codes.proving.proof import Grade
from codes.recipients.code_requests import SentAgain
from codes.settings import DriverCalls, DriverNear, OfflineVerdict

Moment = Annotated[
    AwareDatetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time with its zone, written as everywhere else: +00:00, not Z."""


class Answered(BaseModel):
    """A body of an answer: exactly these fields."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def from_record(cls, record: object, **more: Any) -> Self:
        """Answer what is recorded; ``more`` is what the record does not say, or says otherwise."""
        return cls(**{name: getattr(record, name) for name in cls.model_fields if name not in more}, **more)


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

    parcel_id: UUID
    reference: str
    code_required: bool
    reason: str
    warnings: list[AddressWarning] = []


class BatchedAnswer(AnnouncedAnswer):
    """One parcel of a batch: `created`, `unchanged` or `conflict`."""

    result: str


class BatchAnswer(Answered):
    """What came of a batch, in its order."""

    parcels: list[BatchedAnswer]


class TicketAnswer(Answered):
    """Where a parcel's ticket page is, and what a page of the sender's can show of it."""

    ticket: str
    card: str | None
    status_picture: str


class WishAnswer(Answered):
    """Another day or a pickup point, as the recipient wishes or the office decided."""

    day: date | None
    pickup_point: str | None
    by: Literal["recipient", "office"]


class ParcelAnswer(Answered):
    """Where a parcel stands. `evidence` is how sure its handover is, `ended_at` when it ended without one."""

    parcel_id: UUID
    reference: str
    state: ParcelState
    sender: str
    consignment: str | None
    code_required: bool
    reason: str
    wish: WishAnswer | None
    announced_at: Moment
    out_for_delivery_at: Moment | None
    handed_over_at: Moment | None
    evidence: Grade | None
    contested: Contested | None
    ended_at: Moment | None
    corrected_at: Moment | None
    conflict: Conflict | None
    warnings: list[AddressWarning]


class ParcelsAnswer(Answered):
    """Parcels, the newest first, and the cursor to go on with; null where these are the last."""

    parcels: list[ParcelAnswer]
    next: UUID | None


class AssignedAnswer(Answered):
    """What was given to a device, and what was not."""

    device_id: UUID
    assigned: int
    refused: list[str]


class EventAnswer(Answered):
    """Something that happened: ids and facts, never a code."""

    event_id: str
    type: str
    at: Moment
    parcel_id: UUID
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

    device_id: UUID
    name: str
    kind: DeviceKind


class DeviceAnswer(EnrolledAnswer):
    """Which device is asking."""

    language: str
    server_time: Moment


class SignedAnswer(Answered):
    """Whether a device is to be out of order; of a kiosk, whether all parcels lie in boxes, and digits may be typed."""

    out_of_order: bool
    boxes: bool
    keypad: bool
    server_time: Moment


class PresentedParcel(Answered):
    """The outcome for one parcel in hand; at a kiosk with the shelf or hatch where it lies."""

    reference: str
    outcome: Outcome
    shelf: str | None = None
    hatch: bool = False


class PresentedDetails(Answered):
    """What only the holder of a right code may learn, and how many tries are left."""

    handed_over_at: Moment | None = None
    newer_sent_at: Moment | None = None
    tries_left: int | None = None
    locked_by: LockedBy | None = None
    place: str | None = None
    other_tour: bool = False
    conflict: Conflict | None = None


class PresentedAnswer(BaseModel):
    """The answer to a presentation; the same for ever under the same id."""

    presentation_id: str
    outcome: Outcome
    accepted: bool
    match_number: str | None
    decided_at: AwareDatetime
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
    handed_over_at: Moment
    match_number: str
    proof: str
    proof_pdf: str


class VisitAnswer(Answered):
    """A visit of this device that ended without a handover; its place is a geo URI, if one was told."""

    reference: str
    reason: AttemptReason
    attempted_at: Moment
    place: str | None


class HandoversAnswer(Answered):
    """What this device handed over in the last days, and its visits that ended otherwise."""

    handovers: list[HandoverAnswer]
    visits: list[VisitAnswer]


class ProvedHandover(Answered):
    """How a parcel was handed over, as a proof says it."""

    at: str
    recorded: str
    offline: bool
    conflict: str | None


class ProvedContest(Answered):
    """Who contested a handover, and when that was answered."""

    kind: str
    by: str
    at: str
    answered: str | None


class CheckedAnswer(Answered):
    """Whether a proof holds; if so, what it says, and if not, why."""

    holds: bool
    fault: str | None = None
    reference: str | None = None
    grade: str | None = None
    handover: ProvedHandover | None = None
    contested: list[ProvedContest] | None = None
    events: int | None = None
    last_event_at: str | None = None
    checkpoint: int | None = None
    sealed_at: str | None = None


class TourParcelAnswer(Answered):
    """A stop of a tour; ``digests`` are the SHA-256 of the payloads that would open it now."""

    reference: str
    place: int
    name: str | None
    street: str | None
    postcode: str | None
    city: str | None
    note: str | None
    phone: str | None
    code_required: bool
    recipient_language: str
    awaited: CodeAwaited | None
    digests: list[str]
    consignment: int | None
    handed_over_at: Moment | None
    not_handed_over: AttemptReason | None
    wished_point: str | None


class LoadedAnswer(TourParcelAnswer):
    """A parcel that was taken along; ``other_tour`` says that another device carried it until now."""

    other_tour: bool


class TourAnswer(Answered):
    """What a device carries, until when it may keep that, and what it shows without network."""

    made_at: Moment
    valid_until: Moment
    offline: OfflineVerdict
    visit_place: bool
    driver_calls: DriverCalls
    driver_near: DriverNear
    parcels: list[TourParcelAnswer]


class ReminderAnswer(Answered):
    """Whether the mail was sent again."""

    result: SentAgain


class AnyDocument(BaseModel):
    """A JSON object that has a form of its own, such as a proof of delivery."""

    model_config = ConfigDict(extra="allow")
