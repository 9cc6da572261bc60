"""The words of the domain: what can be, and the facts that are recorded. Pure; imports nothing that acts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
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
    UNKNOWN_PARCEL = "unknown_parcel"
    NOT_HERE = "not_here"
    ONE_RECIPIENT = "one_recipient"
    OTHER_TOUR = "other_tour"
    CONFLICT = "conflict"


class Destination(StrEnum):
    """Where a parcel goes."""

    ADDRESS = "address"
    PICKUP_POINT = "pickup_point"
    LOCKER = "locker"
    PO_BOX = "po_box"


class Place(StrEnum):
    """Where a parcel is received: at the door, where somebody attends, or from a box that nobody attends."""

    DOOR = "door"
    PICKUP_POINT = "pickup_point"
    UNATTENDED = "unattended"


class Realm(StrEnum):
    """Test parcels and live ones never meet: no query crosses from one realm to the other."""

    LIVE = "live"
    TEST = "test"


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
    """How a code was presented; a tap hands over what needs none."""

    PAYLOAD = "payload"
    DIGITS = "digits"
    TAP = "tap"


class InHandBy(StrEnum):
    """How a device knows which parcel is in its hand."""

    LABEL = "label"
    CHOICE = "choice"
    CODE = "code"


class MessageKind(StrEnum):
    """What a message in the outbox tells its reader."""

    CODE_ISSUED = "code_issued"
    CODE_RENEWED = "code_renewed"
    PARCEL_JOINED = "parcel_joined"
    DELIVERY_DAY = "delivery_day"
    DRIVER_NEAR = "driver_near"
    READY_TO_COLLECT = "ready_to_collect"
    COLLECT_SOON = "collect_soon"
    WRONG_TRIES = "wrong_tries"
    HANDED_OVER = "handed_over"
    HANDOVER_CONFLICT = "handover_conflict"
    NOT_HANDED_OVER = "not_handed_over"
    REPORTED = "reported"
    REPORT_ANSWERED = "report_answered"
    DELEGATE_NAMED = "delegate_named"
    WISH_NOTED = "wish_noted"
    CODE_TOLD = "code_told"
    REDIRECTED = "redirected"
    CODE_MOVED = "code_moved"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"


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
    PARCEL_BLOCKED = "parcel_blocked"
    PARCEL_UNBLOCKED = "parcel_unblocked"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"
    CODE_READ_OUT = "code_read_out"
    CODE_PRINTED = "code_printed"
    DELEGATE_NAMED = "delegate_named"
    DELEGATE_WITHDRAWN = "delegate_withdrawn"
    WISHED = "wished"
    WISH_WITHDRAWN = "wish_withdrawn"
    REDIRECTED = "redirected"
    CORRECTED = "corrected"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DRIVER_NEAR = "driver_near"
    ARRIVED_AT_POINT = "arrived_at_point"
    PUT_ON_SHELF = "put_on_shelf"
    REMINDED_TO_COLLECT = "reminded_to_collect"
    LEFT_POINT = "left_point"
    TICKET_OPENED = "ticket_opened"
    TICKET_TOLD = "ticket_told"
    MAIL_HANDED_TO_SMTP = "mail_handed_to_smtp"
    MAIL_FAILED = "mail_failed"
    MAIL_BOUNCED = "mail_bounced"
    TEXT_HANDED_TO_GATEWAY = "text_handed_to_gateway"
    TEXT_FAILED = "text_failed"
    PRESENTED = "presented"
    HANDED_OVER = "handed_over"
    HANDOVER_CONFLICT = "handover_conflict"
    NOT_HANDED_OVER = "not_handed_over"
    SUPERVISED_HANDOVER = "supervised_handover"
    REPORTED = "reported"
    REPORT_ANSWERED = "report_answered"
    REPORT_WITHDRAWN = "report_withdrawn"
    ERASED = "erased"


class ReportKind(StrEnum):
    """What somebody reported of a parcel after the fact."""

    NOT_RECEIVED = "not_received"
    OPENED = "opened"
    NOT_ORDERED = "not_ordered"
    DAMAGED = "damaged"
    LOST = "lost"


CONTESTS = frozenset({ReportKind.NOT_RECEIVED, ReportKind.OPENED, ReportKind.NOT_ORDERED, ReportKind.DAMAGED})
"""What a holder can say of a handover; that a parcel was lost, its sender says."""


class AddressWarning(StrEnum):
    """Why nothing may arrive at a mail address that can be written to."""

    FINAL_DOT = "final_dot"
    NO_MAIL_SERVER = "no_mail_server"


class AttemptReason(StrEnum):
    """Why a delivery attempt ended without a handover. Neutral: nobody is blamed."""

    NO_CODE = "no_code"
    NOBODY_HOME = "nobody_home"
    REFUSED = "refused"
    WRONG_ADDRESS = "wrong_address"


class Ending(StrEnum):
    """How a parcel ended without a handover, for good. Each may still be followed by those after it, and by no other.

    It does not come any more; its carrier says that it was delivered without our code; it went back to its sender.
    """

    CANCELLED = "cancelled"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"
    RETURNED = "returned"


class LockedBy(StrEnum):
    """Which budget of wrong digits is spent."""

    PARCEL = "parcel"
    DEVICE = "device"


class Conflict(StrEnum):
    """Why a handover that was made offline would not have been green, had anybody been asked."""

    RENEWED = "renewed"
    REVOKED = "revoked"
    EXPIRED = "expired"
    BLOCKED = "blocked"
    HANDED_OVER_BEFORE = "handed_over_before"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is written to, and where they receive.

    The language is a BCP 47 tag such as ``de`` or ``pt``, the phone a number of ITU-T E.164. ``street`` has the house
    number in it, ``note`` tells the driver how to find the door.
    """

    name: str
    email: str | None = None
    language: str = "en"
    postcode: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    note: str | None = None


PERSON = tuple(each.name for each in fields(Person))
"""What names a person in the record; erased as a whole."""


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
    consignment_id: UUID
    holder_id: UUID
    holder_kind: HolderKind
    key_id: str
    epoch: int
    issued_at: datetime
    expires_at: datetime
    renewed_at: datetime | None = None
    revoked_at: datetime | None = None


class CodeState(StrEnum):
    """What the recorded facts make of one code at one moment."""

    LIVE = "live"
    RENEWED = "renewed"
    REVOKED = "revoked"
    EXPIRED = "expired"


def state_at(code: CodeFacts, now: datetime, epoch: int) -> CodeState:
    """Derive a code's state from the recorded facts.

    A code of an earlier epoch was issued before a restore; it may have been used in between, so it is dead.
    """
    if code.renewed_at is not None:
        return CodeState.RENEWED
    if code.epoch < epoch or code.revoked_at is not None:
        return CodeState.REVOKED
    return CodeState.EXPIRED if now >= code.expires_at else CodeState.LIVE


@dataclass(frozen=True, slots=True)
class InHand:
    """A parcel in the device's hand, as the device sent it."""

    reference: str
    by: InHandBy


@dataclass(frozen=True, slots=True)
class Details:
    """What only the holder of a right code may learn, and how many tries are left.

    ``place`` names the pickup point where a parcel lies that is not here, ``other_tour`` says that an accepted parcel
    was on another device's tour.
    """

    handed_over_at: datetime | None = None
    newer_sent_at: datetime | None = None
    tries_left: int | None = None
    locked_by: LockedBy | None = None
    place: str | None = None
    other_tour: bool = False
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class ParcelOutcome:
    """The outcome for one parcel in hand."""

    reference: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything a device is told about its presentation; the same for ever under the same id."""

    presentation_id: UUID
    outcome: Outcome
    parcels: tuple[ParcelOutcome, ...]
    handed_over: int
    of: int
    match_number: str | None = None
    recipient_language: str | None = None
    details: Details = Details()
    decided_at: datetime | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether everything in hand may be released."""
        return self.outcome is Outcome.ACCEPTED
