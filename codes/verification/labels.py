"""What is to be done with a parcel whose label was read, told before anybody is asked for a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from codes.model import Outcome
from codes.settings import CodeSettings
from codes.store.budgets import Budget, TooOften
from codes.store.transaction import Transaction
from codes.values.tracking_numbers import contained_numbers, numbers_in
from codes.verification.decision import standing_of
from codes.verification.facts import DeviceFacts, ParcelFacts
from codes.verification.reading_facts import read_labels


@dataclass(frozen=True, slots=True)
class LabelStanding:
    """What a label names: a parcel as it was announced, or none; and what stands against handing it over, if anything.

    ``outcome`` is None where its recipient is to show a code. ``place`` names the pickup point where it lies instead,
    ``other_tour`` says that another driver carries it, which is only a warning.
    """

    reference: str | None
    outcome: Outcome | None
    handed_over_at: datetime | None = None
    place: str | None = None
    other_tour: bool = False


UNKNOWN = LabelStanding(None, Outcome.UNKNOWN_PARCEL)
TELLS_OTHER_TOUR = (None, Outcome.CODE_NOT_REQUIRED, Outcome.OTHER_TOUR)


def standing_of_label(t: Transaction, device_id: UUID, text: str) -> LabelStanding:
    """Say which parcel a label names, and whether this device may hand it over. Raises TooOften.

    Bars may hold more than the number: then it is the one parcel that is contained and that this device may hand over.
    """
    if not t.spend(Budget.LABEL, device_id, t.settings.budgets.labels_per_device):
        raise TooOften("this device asked for too many labels today")
    for labels in (numbers_in([text]), {number: number for number in contained_numbers(text)}):
        facts = read_labels(t.connection, device_id, labels, t.now)
        device = facts.devices.get(device_id)
        if device is not None and facts.by_label:
            parcels = [facts.parcels[parcel_id] for parcel_id in dict.fromkeys(facts.by_label.values())]
            return _one_of([_standing(t.settings, device, parcel) for parcel in parcels])
    return UNKNOWN


def _one_of(named: list[LabelStanding]) -> LabelStanding:
    free = [each for each in named if each.outcome in (None, Outcome.CODE_NOT_REQUIRED)]
    if len(free) == 1:
        return free[0]
    return named[0] if len(named) == 1 else UNKNOWN


def _standing(settings: CodeSettings, device: DeviceFacts, parcel: ParcelFacts) -> LabelStanding:
    outcome = standing_of(parcel, device, settings)
    if outcome is None and not parcel.code_required:
        outcome = Outcome.CODE_NOT_REQUIRED
    elif outcome is None and settings.require_out_for_delivery and not parcel.is_out_for_delivery:
        outcome = Outcome.NOT_OUT_FOR_DELIVERY
    return LabelStanding(
        parcel.reference,
        outcome,
        handed_over_at=parcel.handover.handed_over_at if parcel.handover else None,
        place=parcel.stay.point if parcel.stay and outcome is Outcome.NOT_HERE else None,
        other_tour=outcome in TELLS_OTHER_TOUR and device.is_on_other_tour(parcel),
    )
