"""Which parcels need a code. Pure: rules and an announcement in, a decision with its reason out.

The first rule whose conditions all hold decides; a rule without conditions always holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from codes.model import Announcement, Destination

ReasonKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["high_value"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Conditions(_Strict):
    """What must hold for a rule; what is left out is not asked."""

    value_at_least: dict[Currency, Decimal] | None = None
    destination: tuple[Destination, ...] | None = None
    gift: bool | None = None
    postcode_starts_with: tuple[str, ...] | None = None
    sender: tuple[str, ...] | None = None
    sender_wish: bool | None = None
    disputes_at_least: int | None = Field(default=None, ge=1)
    losses_at_least: int | None = Field(default=None, ge=1)

    def hold_for(self, parcel: Announcement) -> bool:
        """Tell whether every condition that is given holds."""
        return (
            (self.value_at_least is None or _reaches(parcel, self.value_at_least))
            and (self.destination is None or parcel.destination in self.destination)
            and (self.gift is None or parcel.gift is self.gift)
            and (self.postcode_starts_with is None or _lies_in(parcel, self.postcode_starts_with))
            and (self.sender is None or parcel.sender in self.sender)
            and (self.sender_wish is None or parcel.sender_wish is self.sender_wish)
            and (self.disputes_at_least is None or parcel.history.disputes >= self.disputes_at_least)
            and (self.losses_at_least is None or parcel.history.losses >= self.losses_at_least)
        )


class Rule(_Strict):
    """One line of the policy: when, and then what, and why."""

    when: Conditions = Conditions()
    code_required: bool
    reason: ReasonKey


class PolicySettings(_Strict):
    """The ordered rules that decide which parcels need a code."""

    rules: tuple[Rule, ...] = Field(min_length=1)


class PolicyDecision(_Strict):
    """Whether a parcel needs a code, the reason's text key, and which rule said so (counted from 1)."""

    code_required: bool
    reason: ReasonKey
    rule: int


def apply_policy(parcel: Announcement, rules: Sequence[Rule]) -> PolicyDecision:
    """Return the decision of the first rule that holds; with no such rule a code is required."""
    for number, rule in enumerate(rules, start=1):
        if rule.when.hold_for(parcel):
            return PolicyDecision(code_required=rule.code_required, reason=rule.reason, rule=number)
    return PolicyDecision(code_required=True, reason="no_rule", rule=0)


def _reaches(parcel: Announcement, limits: dict[Currency, Decimal]) -> bool:
    """A currency without a limit counts as reached: in doubt, protect."""
    limit = limits.get(parcel.currency)
    return parcel.value > 0 if limit is None else parcel.value >= limit


def _lies_in(parcel: Announcement, areas: tuple[str, ...]) -> bool:
    postcode = (parcel.recipient.postcode or "").replace(" ", "").upper()
    return any(postcode.startswith(area.replace(" ", "").upper()) for area in areas)
