"""What is known of presentations, and what is decided of them: what reading, deciding and recording hand on. Pure.

It is read in one place (``reading_facts.py``) and judged in one (``decision.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from codes.keys.keyring import KeyRing
from codes.model import Answer, CodeFacts, Conflict, DeviceKind, HolderKind, InHandBy, LockedBy, Outcome
from codes.proving.events import Head
from codes.settings import CodeSettings
from codes.verification.presentation import Presentation, Presented

GREEN = frozenset({Outcome.ACCEPTED, Outcome.CODE_NOT_REQUIRED})


@dataclass(frozen=True, slots=True)
class PointFacts:
    """A pickup point at which a device stands."""

    point_id: UUID
    keeps_shelves: bool


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What the record says of a device; ``wrong_digits`` are those of today."""

    device_id: UUID
    kind: DeviceKind
    is_revoked: bool = False
    is_out_of_order: bool = False
    wrong_digits: int = 0
    point: PointFacts | None = None

    def is_on_other_tour(self, parcel: ParcelFacts) -> bool:
        """Tell whether another driver carries a parcel."""
        return self.kind is DeviceKind.DRIVER and parcel.tour not in (None, self.device_id)

    def is_here(self, parcel: ParcelFacts) -> bool:
        """Tell whether a parcel can be handed over where this device is."""
        if self.kind is DeviceKind.DRIVER:
            return True
        if self.point is None:
            return False
        if parcel.stay is not None:
            return parcel.stay.point_id == self.point.point_id
        if self.point.keeps_shelves:
            return False
        return parcel.for_point if parcel.point_id is None else parcel.point_id == self.point.point_id


@dataclass(frozen=True, slots=True)
class StayFacts:
    """Where a parcel waits to be collected."""

    point_id: UUID
    point: str


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """The one handover of a parcel; a supervised one has no presentation, code or device."""

    handed_over_at: datetime
    match_number: str
    presentation_id: UUID | None = None
    code_id: UUID | None = None
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What the record says of a parcel.

    ``tour`` is the device that carries it. ``for_point`` says that it was announced for a pickup point, ``point_id``
    for which one, where somebody chose one.
    """

    parcel_id: UUID
    reference: str
    consignment_id: UUID
    code_required: bool = True
    is_blocked: bool = False
    is_out_for_delivery: bool = False
    handover: HandoverFacts | None = None
    tour: UUID | None = None
    stay: StayFacts | None = None
    for_point: bool = False
    point_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsignmentFacts:
    """A consignment with its parcels and codes. ``named`` says which parcels each delegate was named for.

    ``languages`` are those of its holders: a delegate is spoken to in their own.
    """

    consignment_id: UUID
    recipient_id: UUID
    recipient_language: str
    wrong_digits: int = 0
    parcels: tuple[UUID, ...] = ()
    codes: tuple[CodeFacts, ...] = ()
    named: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    languages: Mapping[UUID, str] = field(default_factory=dict)

    def language_of(self, code: CodeFacts | None) -> str:
        """Return the language of whoever shows this code; without one it is the recipient who is spoken to."""
        return self.recipient_language if code is None else self.languages.get(code.holder_id, self.recipient_language)

    def may_receive(self, code: CodeFacts, parcel_id: UUID) -> bool:
        """Tell whether the holder of a code may receive a parcel: a delegate only what they were named for."""
        if code.consignment_id != self.consignment_id:
            return False
        return code.holder_kind is HolderKind.RECIPIENT or parcel_id in self.named.get(code.holder_id, frozenset())


class Grant(NamedTuple):
    """From when until when a device's manifest held a token for a parcel; None: it still does."""

    given_at: datetime
    withdrawn_at: datetime | None

    def holds_at(self, moment: datetime, skew: timedelta) -> bool:
        """Tell whether the device held the token at a moment of its own clock."""
        ended = self.withdrawn_at is not None and moment > self.withdrawn_at + skew
        return moment >= self.given_at - skew and not ended


class PriorAnswer(NamedTuple):
    """What was answered before under a presentation's id, and what tells whether the same was asked."""

    key_id: str
    content_mac: bytes
    answer: str


@dataclass(slots=True)
class VerificationFacts:
    """Everything that bears on a group of presentations.

    Whoever records a decision keeps them true, so that the next presentation of the group is judged by what the
    transaction will have written.
    """

    devices: dict[UUID, DeviceFacts] = field(default_factory=dict)
    consignments: dict[UUID, ConsignmentFacts] = field(default_factory=dict)
    parcels: dict[UUID, ParcelFacts] = field(default_factory=dict)
    by_label: dict[str, UUID] = field(default_factory=dict)
    code_by_digest: dict[bytes, CodeFacts] = field(default_factory=dict)
    grants: dict[tuple[UUID, UUID, bytes], Grant] = field(default_factory=dict)
    prior: dict[UUID, PriorAnswer] = field(default_factory=dict)
    heads: dict[UUID, Head] = field(default_factory=dict)

    def find(self, label: str) -> ParcelFacts | None:
        """Return the parcel that a label names, if it is known here."""
        parcel_id = self.by_label.get(label)
        return None if parcel_id is None else self.parcels[parcel_id]

    def consignment_of(self, parcel: ParcelFacts) -> ConsignmentFacts:
        """Return a parcel's consignment."""
        return self.consignments[parcel.consignment_id]

    def note_handover(self, parcel_id: UUID, handover: HandoverFacts) -> None:
        """Keep a parcel from being handed over once more."""
        self.parcels[parcel_id] = replace(self.parcels[parcel_id], handover=handover)

    def charge(self, device_id: UUID, consignment_id: UUID | None, tries: int) -> None:
        """Count tries on a device and on what they were compared with."""
        device = self.devices[device_id]
        self.devices[device_id] = replace(device, wrong_digits=device.wrong_digits + tries)
        if consignment_id is not None:
            consignment = self.consignments[consignment_id]
            self.consignments[consignment_id] = replace(consignment, wrong_digits=consignment.wrong_digits + tries)


@dataclass(frozen=True, slots=True)
class Rules:
    """The keys and the settings by which is decided."""

    ring: KeyRing
    settings: CodeSettings


@dataclass(frozen=True, slots=True)
class Held:
    """A known parcel in hand, how the device knows that it is, and its label as it was read."""

    parcel: ParcelFacts
    by: InHandBy
    label: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One presentation beside what is known of it."""

    facts: VerificationFacts
    presented: Presented
    device: DeviceFacts
    now: datetime
    rules: Rules

    @property
    def is_by_code(self) -> bool:
        """Tell whether the code says which parcels are meant: nothing is in hand, or it is asked what waits.

        At a kiosk's keypad a number says only with whose code digits are compared.
        """
        return self.presented.is_question or not self.presented.in_hand or self.is_at_keypad

    @property
    def is_at_keypad(self) -> bool:
        """Tell whether digits were typed where nobody hands over."""
        return self.device.kind is DeviceKind.KIOSK and self.presented.digits is not None

    def known(self) -> list[Held]:
        """Return the parcels in hand that are known, each once, although its label may have been read twice."""
        held: dict[UUID, Held] = {}
        for item in self.presented.in_hand:
            if (parcel := self.facts.find(item.reference)) is not None:
                held.setdefault(parcel.parcel_id, Held(parcel, item.by, item.reference))
        return list(held.values())

    def unknown(self) -> list[str]:
        """Return the labels that name no parcel, as they were read."""
        labels = (item.reference for item in self.presented.in_hand)
        return [label for label in labels if self.facts.find(label) is None]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of the presented text: the code that it is, or why there is none."""

    code: CodeFacts | None = None
    outcome: Outcome = Outcome.WRONG_CODE
    charge: Charge | None = None
    tries_left: int | None = None
    locked_by: LockedBy | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided of one parcel in hand."""

    held: Held
    outcome: Outcome
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Tries that count from now on: against the device, and the consignment that was compared with."""

    consignment_id: UUID | None
    tries: int


@dataclass(frozen=True, slots=True)
class Release:
    """A parcel that was handed over; ``conflict`` says why it would not have been green."""

    held: Held
    handover: HandoverFacts
    conflict: Conflict | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is answered and what is to be recorded; ``repeated`` is the answer that was given before.

    ``judged`` are the known parcels that it is about, ``disputed`` those that somebody else had handed over before.
    """

    presentation: Presentation
    answer: Answer
    code: CodeFacts | None = None
    charge: Charge | None = None
    judged: tuple[tuple[Held, Outcome], ...] = ()
    releases: tuple[Release, ...] = ()
    disputed: tuple[ParcelFacts, ...] = ()
    repeated: PriorAnswer | None = None
