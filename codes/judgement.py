"""The one place where green is decided. Pure: facts in, an outcome out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from codes.model import CodeFacts, InHandBy, LockedBy, Outcome, ParcelFacts


class CodeState(StrEnum):
    """What the recorded facts make of one code at one moment."""

    LIVE = "live"
    RENEWED = "renewed"
    REVOKED = "revoked"
    EXPIRED = "expired"


OUTCOME_FOR = {
    CodeState.LIVE: Outcome.ACCEPTED,
    CodeState.RENEWED: Outcome.OLD_CODE,
    CodeState.REVOKED: Outcome.REVOKED,
    CodeState.EXPIRED: Outcome.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class JudgingRules:
    """What the settings and the key ring say about judging."""

    require_out_for_delivery: bool
    epoch: int


@dataclass(frozen=True, slots=True)
class Presented:
    """What came of the presented text: nothing of ours, a lock, or the code it matched (None: no code at all)."""

    foreign: bool = False
    locked_by: LockedBy | None = None
    code: CodeFacts | None = None
    consignment: tuple[str, str, str] | None = None


def state_at(code: CodeFacts, now: datetime, epoch: int) -> CodeState:
    """Derive a code's state from the recorded facts.

    A code of an earlier epoch was issued before a restore; it may have been used in between, so it is dead.
    """
    if code.renewed_at is not None and code.renewed_at <= now:
        return CodeState.RENEWED
    if code.epoch < epoch or (code.revoked_at is not None and code.revoked_at <= now):
        return CodeState.REVOKED
    return CodeState.EXPIRED if now >= code.expires_at else CodeState.LIVE


def judge(
    parcel: ParcelFacts | None, by: InHandBy, presented: Presented, *, now: datetime, rules: JudgingRules
) -> Outcome:
    """Judge one presentation for one parcel in hand; ``parcel`` is None if its reference is not known here."""
    if presented.foreign:
        return Outcome.UNKNOWN_SYMBOL
    if parcel is not None and not parcel.code_required:
        return Outcome.CODE_NOT_REQUIRED
    if presented.locked_by is not None:
        return Outcome.LOCKED
    # Only the holder of a right code learns more than "wrong".
    if presented.code is None:
        return Outcome.WRONG_CODE
    if parcel is None or not _opens(presented, parcel, by):
        return Outcome.OTHER_PARCEL
    if parcel.handover is not None:
        return Outcome.ALREADY_HANDED_OVER
    outcome = OUTCOME_FOR[state_at(presented.code, now, rules.epoch)]
    if outcome is Outcome.ACCEPTED and rules.require_out_for_delivery and parcel.out_for_delivery_at is None:
        return Outcome.NOT_OUT_FOR_DELIVERY
    return outcome


def combine(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the one outcome for all parcels in hand: green only if every one of them may be released."""
    refused = [outcome for outcome in outcomes if outcome not in (Outcome.ACCEPTED, Outcome.CODE_NOT_REQUIRED)]
    if refused:
        return refused[0]
    return Outcome.ACCEPTED if Outcome.ACCEPTED in outcomes else Outcome.CODE_NOT_REQUIRED


def _opens(presented: Presented, parcel: ParcelFacts, by: InHandBy) -> bool:
    """A code opens its own parcel, and with it those of the same consignment whose labels were scanned."""
    assert presented.code is not None
    if presented.code.parcel_id == parcel.parcel_id:
        return True
    together = parcel.consignment is not None and parcel.consignment == presented.consignment
    return together and by is InHandBy.LABEL
