"""How each outcome is shown: its tone, its one word, its next step, its pictures. For pages, mails and the kiosk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codes.model import Outcome
from web.i18n import N_


class Tone(StrEnum):
    """Ground, shape and sound of a verdict; told apart without colour too."""

    GREEN = "green"
    RED = "red"
    AMBER = "amber"
    NEUTRAL = "neutral"


class Unanswered(StrEnum):
    """What a device shows when the service has judged nothing."""

    UNKNOWN = "unknown"
    DEVICE_REVOKED = "device_revoked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Wording:
    """One outcome as people meet it. Words and steps are English texts of the catalogues."""

    tone: Tone
    word: str
    step: str
    picture: str


WORDING: dict[Outcome | Unanswered, Wording] = {
    Outcome.ACCEPTED: Wording(Tone.GREEN, N_("Correct"), N_("Hand over the parcel"), "hand-over"),
    Outcome.WRONG_CODE: Wording(Tone.RED, N_("Wrong code"), N_("Show the code from the mail again"), "show-code"),
    Outcome.OLD_CODE: Wording(Tone.RED, N_("Old code"), N_("Open the newest mail"), "old-code"),
    Outcome.OTHER_PARCEL: Wording(Tone.RED, N_("Other parcel"), N_("This code opens another parcel"), "other-parcel"),
    Outcome.ALREADY_HANDED_OVER: Wording(
        Tone.RED, N_("Already handed over"), N_("Do not hand over again"), "do-not-hand-over"
    ),
    Outcome.EXPIRED: Wording(Tone.RED, N_("Code expired"), N_("The recipient needs a new code"), "old-code"),
    Outcome.REVOKED: Wording(Tone.RED, N_("Code withdrawn"), N_("Do not hand over"), "do-not-hand-over"),
    Outcome.LOCKED: Wording(Tone.RED, N_("Digits locked"), N_("Scan the code instead"), "scan"),
    Outcome.NOT_OUT_FOR_DELIVERY: Wording(Tone.RED, N_("Not out for delivery"), N_("Call the depot"), "call"),
    Outcome.CODE_NOT_REQUIRED: Wording(Tone.NEUTRAL, N_("No code needed"), N_("Hand over as usual"), "hand-over"),
    Outcome.UNKNOWN_SYMBOL: Wording(
        Tone.RED, N_("Not a delivery code"), N_("Show the code from the mail"), "show-code"
    ),
    Unanswered.UNKNOWN: Wording(Tone.AMBER, N_("No answer yet"), N_("Wait, or try again"), "try-again"),
    Unanswered.DEVICE_REVOKED: Wording(Tone.RED, N_("Device blocked"), N_("Call the depot"), "call"),
    Unanswered.REFUSED: Wording(Tone.RED, N_("Not accepted"), N_("Call the depot"), "call"),
}
