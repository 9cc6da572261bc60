"""What the calls of a pickup point take and answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from codes import Presentation
from codes.model import HolderKind, LockedBy, Outcome, ParcelSize
from codes.verification.presentation import Purpose
from web.api.answers import Answered, Moment
from web.api.requests import MAX_LABEL_LENGTH, Name, PresentationBody, Strict

Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]
ShelfName = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class TakeInBody(Strict):
    """A label that was scanned at intake; without a shelf one is proposed."""

    reference: Label
    size: ParcelSize = ParcelSize.M
    shelf: ShelfName | None = None


class ShelfBody(Strict):
    """The shelf on which a parcel was put."""

    shelf: ShelfName


class CountBody(Strict):
    """The labels that were scanned on a shelf."""

    references: Annotated[tuple[Label, ...], Field(max_length=2000)]


class CollectionBody(PresentationBody):
    """A code shown at the counter; digits come with a tracking number or with a name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _asks_only(self) -> CollectionBody:
        if self.offline or self.tap or len(self.parcels) > 1:
            raise ValueError("ask with the network and a code, for one parcel at most")
        return self

    def presentation(self, device_id: UUID) -> Presentation:
        """Return what the domain takes."""
        return replace(super().presentation(device_id), purpose=Purpose.LIST, name=self.name)


class SignerBody(Strict):
    """Who answers for a handover without a code, by password or PIN; ``code`` is the second factor to a password."""

    name: Name
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    code: Annotated[str, StringConstraints(max_length=100)] = ""


class SupervisedBody(Strict):
    """A handover without a code."""

    reference: Label
    reason: Annotated[str, StringConstraints(max_length=1000)]
    first: SignerBody
    second: SignerBody


class ShelfAnswer(Answered):
    """A shelf or a hatch, and how full it is."""

    name: str
    size: ParcelSize
    room: int
    hatch: bool
    held: int


class PointAnswer(Answered):
    """Where this device stands."""

    name: str
    place: str
    opening: str
    days_kept: int
    shelves: list[ShelfAnswer]


class StayAnswer(Answered):
    """A parcel that waits."""

    reference: str
    shelf: str | None
    hatch: bool
    size: ParcelSize
    arrived_at: Moment
    deadline: Moment
    overdue: bool


class TakenInAnswer(StayAnswer):
    """A parcel that was taken in; ``again`` if it had been before."""

    again: bool


class StaysAnswer(Answered):
    """What waits here."""

    stays: list[StayAnswer]


class UnexpectedAnswer(Answered):
    """A parcel that lies where it should not, and its own shelf if it has one."""

    reference: str
    shelf: str | None


class CountedAnswer(Answered):
    """How a shelf differs from the record."""

    held: int
    missing: list[str]
    unexpected: list[UnexpectedAnswer]


class WaitingAnswer(Answered):
    """A parcel to fetch."""

    reference: str
    outcome: Outcome
    shelf: str | None
    hatch: bool
    size: ParcelSize | None
    elsewhere: str | None


class CollectionAnswer(Answered):
    """What a code opens here; for a wrong one nothing but the outcome."""

    outcome: Outcome
    parcels: list[WaitingAnswer]
    holder_kind: HolderKind | None
    holder: str | None
    recipient: str | None
    recipient_language: str | None
    handed_over: int
    of: int
    others: int
    newer_sent_at: Moment | None
    handed_over_at: Moment | None
    locked_by: LockedBy | None
    place: str | None


class SupervisedAnswer(Answered):
    """The number that belongs to the handover."""

    match_number: str
