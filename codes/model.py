"""The words of the domain: what can be, and the facts that are recorded. Pure; imports nothing that acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    """The answer to a presentation. Each has its own picture, sound, words and next step."""

    ACCEPTED = "accepted"
    WRONG_CODE = "wrong_code"
    OLD_CODE = "old_code"
    OTHER_PARCEL = "other_parcel"
    ALREADY_HANDED_OVER = "already_handed_over"
    EXPIRED = "expired"
    REVOKED = "revoked"
    LOCKED = "locked"
    NOT_OUT_FOR_DELIVERY = "not_out_for_delivery"
    CODE_NOT_REQUIRED = "code_not_required"
    UNKNOWN_SYMBOL = "unknown_symbol"


class Destination(StrEnum):
    """Where a parcel goes."""

    ADDRESS = "address"
    PICKUP_POINT = "pickup_point"
    LOCKER = "locker"
    PO_BOX = "po_box"


class HolderKind(StrEnum):
    """Whose code it is."""

    RECIPIENT = "recipient"
    DELEGATE = "delegate"


class DeviceKind(StrEnum):
    """What an enrolled device is used for."""

    DRIVER = "driver"
    COUNTER = "counter"
    KIOSK = "kiosk"


class ParcelSize(StrEnum):
    """How much room a parcel takes on a shelf, from the smallest to the largest."""

    S = "S"
    M = "M"
    L = "L"
    XL = "XL"


class Means(StrEnum):
    """How a code was presented."""

    PAYLOAD = "payload"
    DIGITS = "digits"


class InHandBy(StrEnum):
    """How a device knows which parcel is in its hand."""

    LABEL = "label"
    CHOICE = "choice"
    CODE = "code"


class MessageKind(StrEnum):
    """What a message in the outbox tells its reader."""

    CODE_ISSUED = "code_issued"
    CODE_RENEWED = "code_renewed"
    DELIVERY_DAY = "delivery_day"
    DRIVER_NEAR = "driver_near"
    READY_TO_COLLECT = "ready_to_collect"
    COLLECT_SOON = "collect_soon"
    WRONG_TRIES = "wrong_tries"
    HANDED_OVER = "handed_over"
    NOT_HANDED_OVER = "not_handed_over"
    REPORTED = "reported"
    REPORT_ANSWERED = "report_answered"
    WISH_NOTED = "wish_noted"
    CODE_TOLD = "code_told"
    REDIRECTED = "redirected"


class Channel(StrEnum):
    """By which way a message goes to its reader."""

    MAIL = "mail"
    TEXT = "text"


class EventKind(StrEnum):
    """What happened to a parcel."""

    ANNOUNCED = "announced"
    POLICY_DECIDED = "policy_decided"
    CODE_ISSUED = "code_issued"
    CODE_RENEWED = "code_renewed"
    CODE_PROLONGED = "code_prolonged"
    CODE_SENT_AGAIN = "code_sent_again"
    CODE_REVOKED = "code_revoked"
    CODE_READ_OUT = "code_read_out"
    CODE_PRINTED = "code_printed"
    DELEGATE_NAMED = "delegate_named"
    DELEGATE_WITHDRAWN = "delegate_withdrawn"
    WISHED = "wished"
    WISH_WITHDRAWN = "wish_withdrawn"
    REDIRECTED = "redirected"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DRIVER_NEAR = "driver_near"
    ARRIVED_AT_POINT = "arrived_at_point"
    PUT_ON_SHELF = "put_on_shelf"
    REMINDED_TO_COLLECT = "reminded_to_collect"
    LEFT_POINT = "left_point"
    TICKET_OPENED = "ticket_opened"
    MAIL_HANDED_TO_SMTP = "mail_handed_to_smtp"
    MAIL_FAILED = "mail_failed"
    MAIL_BOUNCED = "mail_bounced"
    TEXT_HANDED_TO_GATEWAY = "text_handed_to_gateway"
    TEXT_FAILED = "text_failed"
    PRESENTED = "presented"
    HANDED_OVER = "handed_over"
    NOT_HANDED_OVER = "not_handed_over"
    SUPERVISED_HANDOVER = "supervised_handover"
    REPORTED = "reported"
    REPORT_ANSWERED = "report_answered"
    ERASED = "erased"


class ReportKind(StrEnum):
    """What somebody reported of a parcel after the fact."""

    NOT_RECEIVED = "not_received"
    OPENED = "opened"
    LOST = "lost"


class AttemptReason(StrEnum):
    """Why a delivery attempt ended without a handover. Neutral: nobody is blamed."""

    NO_CODE = "no_code"
    NOBODY_HOME = "nobody_home"
    REFUSED = "refused"
    WRONG_ADDRESS = "wrong_address"


class LockedBy(StrEnum):
    """Which budget of wrong digits is spent."""

    PARCEL = "parcel"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is written to. The language is a BCP 47 tag such as ``de`` or ``pt``, the phone a number of ITU-T E.164."""

    name: str
    email: str | None = None
    language: str = "en"
    postcode: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What happened to earlier parcels of the same recipient, as counts."""

    disputes: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Announcement:
    """A parcel that a sender ships. ``value`` is in units of ``currency`` (ISO 4217)."""

    reference: str
    recipient: Person
    sender: str = ""
    value: Decimal = Decimal(0)
    currency: str = "EUR"
    destination: Destination = Destination.ADDRESS
    gift: bool = False
    consignment: str | None = None
    sender_wish: bool | None = None
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """One issued code as recorded. The code itself is nowhere in it."""

    code_id: UUID
    parcel_id: UUID
    holder_id: UUID
    holder_kind: HolderKind
    key_id: str
    epoch: int
    issued_at: datetime
    expires_at: datetime
    renewed_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """The one handover of a parcel."""

    handed_over_at: datetime
    match_number: str
    presentation_id: UUID | None = None
    code_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What the record says of a parcel at the moment of judging.

    ``consignment`` is (sender, consignment, recipient's address): equal for parcels that one symbol may open.
    """

    parcel_id: UUID
    reference: str
    consignment: tuple[str, str, str] | None
    code_required: bool
    recipient_id: UUID
    recipient_language: str
    out_for_delivery_at: datetime | None = None
    wrong_digits: int = 0
    handover: HandoverFacts | None = None
    codes: tuple[CodeFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class InHand:
    """A parcel in the device's hand, as the device sent it."""

    reference: str
    by: InHandBy


@dataclass(frozen=True, slots=True)
class Details:
    """What only the holder of a right code may learn, and how many tries are left."""

    handed_over_at: datetime | None = None
    newer_sent_at: datetime | None = None
    tries_left: int | None = None
    locked_by: LockedBy | None = None


@dataclass(frozen=True, slots=True)
class ParcelAnswer:
    """The outcome for one parcel in hand."""

    reference: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything a device is told about its presentation; the same for ever under the same id."""

    presentation_id: UUID
    outcome: Outcome
    parcels: tuple[ParcelAnswer, ...]
    handed_over: int
    of: int
    match_number: str | None = None
    recipient_language: str | None = None
    details: Details = Details()

    @property
    def accepted(self) -> bool:
        """Tell whether everything in hand may be released."""
        return self.outcome is Outcome.ACCEPTED
