"""How many refusals are recorded: whoever presents nonsense again and again fills neither chains nor disks. Pure.

A refusal is charged by what it writes: its device for everything, and each parcel for its own event. Beyond a budget it
is answered and counted, and stands in no chain. Wrong digits have budgets of their own, and those that are not long are
recorded as long as a chain takes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from codes.settings import BudgetSettings
from codes.store.budgets import FOR_LIFE, MOST_EVENTS

BYTES_A_SHARE = 2000
"""A longer text counts as several: a presentation names up to 50 labels, and each of their chains gets all of it."""
MOST_FOR_LIFE = 250
Spent = tuple[UUID, date]
"""Whose budget, and of which day."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A presentation that was refused, the parcels in whose chains it would stand, and how many bytes it is there."""

    presentation_id: UUID
    device_id: UUID
    parcel_ids: Sequence[UUID]
    length: int
    wrong_digits: bool

    @property
    def shares(self) -> int:
        """Return how much of a budget one event of it takes."""
        return self.length // BYTES_A_SHARE + (0 if self.wrong_digits else 1)

    @property
    def is_free(self) -> bool:
        """Tell whether it is recorded without a budget: wrong digits have their own, if they are not long."""
        return not self.shares


@dataclass(slots=True)
class Bounded:
    """What is charged, which presentations are recorded nowhere, and in which chains others are left out."""

    charged: Counter[Spent] = field(default_factory=Counter)
    nowhere: set[UUID] = field(default_factory=set)
    left_out: set[tuple[UUID, UUID]] = field(default_factory=set)

    def leaves_out(self, presentation_id: UUID, parcel_id: UUID) -> bool:
        """Tell whether a presentation stands not in the chain of a parcel."""
        return presentation_id in self.nowhere or (presentation_id, parcel_id) in self.left_out


def bound(
    refusals: Sequence[Refusal],
    spent: Mapping[Spent, int],
    events: Mapping[UUID, int],
    budgets: BudgetSettings,
    today: date,
) -> Bounded:
    """Say what of some refusals is recorded, from what was spent before and how many events each chain has."""
    bounded = Bounded()

    def enough(subject: UUID, day: date, shares: int, most: int) -> bool:
        bounded.charged[subject, day] += shares
        return spent.get((subject, day), 0) + bounded.charged[subject, day] <= most

    for each in refusals:
        shares = each.shares
        of_device = enough(each.device_id, today, shares * max(1, len(each.parcel_ids)), budgets.refusals_per_device)
        recorded = 0
        for parcel_id in each.parcel_ids if of_device or each.is_free else ():
            of_day = enough(parcel_id, today, shares, budgets.refusals_per_parcel)
            of_life = of_day and enough(parcel_id, FOR_LIFE, shares, MOST_FOR_LIFE)
            if (of_life or each.is_free) and events.get(parcel_id, 0) < MOST_EVENTS:
                recorded += 1
            else:
                bounded.left_out.add((each.presentation_id, parcel_id))
        if not (recorded if each.parcel_ids else of_device):
            bounded.nowhere.add(each.presentation_id)
    bounded.charged = +bounded.charged
    return bounded
