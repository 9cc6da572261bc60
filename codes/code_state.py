"""What the recorded facts make of a code. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from codes.model import CodeFacts


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
