"""How each outcome is shown: its tone, its one word, its next step, its pictures. For pages, mails and the kiosk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codes.model import AttemptReason, Outcome
from web.i18n import N_


class Tone(StrEnum):
    """Ground, shape and sound of a verdict; told apart without colour too."""

    GREEN = "green"
    RED = "red"
    AMBER = "amber"
    NEUTRAL = "neutral"
    NOTICE = "notice"


class Unanswered(StrEnum):
    """What a device shows when the service has judged nothing."""

    UNKNOWN = "unknown"
    SERVICE_TROUBLE = "service_trouble"
    DEVICE_REVOKED = "device_revoked"
    REFUSED = "refused"
    NOTED = "noted"
    OFFLINE_HAND_OVER = "offline_hand_over"
    OFFLINE_WAIT = "offline_wait"
    OFFLINE_UNCHECKED = "offline_unchecked"
    OFFLINE_DIGITS = "offline_digits"


@dataclass(frozen=True, slots=True)
class Wording:
    """One outcome as people meet it. Words and steps are English texts of the catalogues.

    ``step`` is told to who hands over, ``own_step`` to the recipient: on the ticket page and at a kiosk.
    """

    tone: Tone
    word: str
    step: str
    own_step: str
    picture: str


ATTEMPT_WORDS: dict[AttemptReason, str] = {
    AttemptReason.NO_CODE: N_("No code was shown at the door."),
    AttemptReason.NOBODY_HOME: N_("Nobody was at home."),
    AttemptReason.REFUSED: N_("The parcel was refused."),
    AttemptReason.WRONG_ADDRESS: N_("The address was not found."),
}
"""Why a visit ended without a handover, as its recipient is told."""

HAND_OVER, DO_NOT = "hand-over", "do-not-hand-over"
CALL_DEPOT, ASK_STAFF, ASK_SENDER = N_("Call the depot"), N_("Ask the staff"), N_("Ask the sender")
DO_NOT_HAND_OVER, OPEN_NEWEST = N_("Do not hand over"), N_("Open the latest email")
NEEDS_NEW_CODE, SHOW_AGAIN = N_("The recipient needs a new code"), N_("Show the code from the email again")
SHOW_CODE, TAKE_PARCEL = N_("Show the code from the email"), N_("Take the parcel")
FITS, WAIT_FOR_NETWORK = N_("Code recognised"), N_("Wait for the network")
SCAN_INSTEAD, PLEASE_WAIT = N_("Scan the code instead"), N_("Please wait")
WAIT, OPENS_OTHER = N_("Wait, or try again"), N_("This code is for another parcel")

CARD = N_("Please show the delivery code from your email")
"""What a driver shows to a recipient, in the recipient's language."""

FOR_RECIPIENTS: tuple[str, ...] = (
    CARD,
    N_("For the recipient"),
    N_("Language"),
    N_("Read aloud"),
    N_("Send the email again"),
    N_("The email was sent again"),
    N_("It was sent just now"),
    N_("No more emails today"),
    N_("No email address known"),
    N_("There is no code to send"),
    N_("This parcel is not known"),
    N_("The parcel arrives"),
    N_("The parcel is waiting"),
    N_("The parcel is waiting in a box"),
    N_("Show the code"),
    N_("Take the parcel"),
    N_("Take the parcel from the box"),
    N_("Your parcels are being fetched"),
    N_("That is a different parcel. One moment."),
    N_("%(count)s at another pickup point"),
    N_("Both screens show this number"),
    N_("Handed over at %(time)s"),
    N_("A newer one was sent at %(time)s"),
    N_("Tries left: %(count)s"),
    N_("No tries left: the digits are locked. Scan the code instead."),
    N_("Waiting at %(point)s"),
)
"""What devices show to recipients besides verdicts: each in the language of whoever stands there, not the page's."""

WORDING: dict[Outcome | Unanswered, Wording] = {
    Outcome.ACCEPTED: Wording(Tone.GREEN, N_("Correct"), N_("Hand over the parcel"), TAKE_PARCEL, HAND_OVER),
    Outcome.WRONG_CODE: Wording(Tone.RED, N_("Wrong code"), SHOW_AGAIN, SHOW_AGAIN, "show-code"),
    Outcome.OLD_CODE: Wording(Tone.RED, N_("Old code"), OPEN_NEWEST, OPEN_NEWEST, "old-code"),
    Outcome.OTHER_PARCEL: Wording(Tone.RED, N_("Other parcel"), OPENS_OTHER, OPENS_OTHER, "other-parcel"),
    Outcome.ALREADY_HANDED_OVER: Wording(
        Tone.RED, N_("Already handed over"), N_("Do not hand over again"), ASK_SENDER, DO_NOT
    ),
    Outcome.EXPIRED: Wording(Tone.RED, N_("Code expired"), NEEDS_NEW_CODE, ASK_SENDER, "old-code"),
    Outcome.REVOKED: Wording(Tone.RED, N_("Code revoked"), DO_NOT_HAND_OVER, ASK_SENDER, DO_NOT),
    Outcome.LOCKED: Wording(Tone.RED, N_("Digits locked"), SCAN_INSTEAD, SHOW_CODE, "scan"),
    Outcome.NOT_OUT_FOR_DELIVERY: Wording(Tone.RED, N_("Not out for delivery"), CALL_DEPOT, ASK_SENDER, "call"),
    Outcome.CODE_NOT_REQUIRED: Wording(
        Tone.NEUTRAL, N_("No code needed"), N_("Hand over as usual"), ASK_STAFF, HAND_OVER
    ),
    Outcome.UNKNOWN_SYMBOL: Wording(Tone.RED, N_("Not a delivery code"), SHOW_CODE, SHOW_CODE, "show-code"),
    # Nothing was compared: whoever hands over mends it, and nobody is sent to look for a mail.
    Outcome.UNKNOWN_PARCEL: Wording(
        Tone.NOTICE, N_("Unknown parcel"), N_("Scan another label"), ASK_STAFF, "unknown-label"
    ),
    Outcome.ONE_RECIPIENT: Wording(
        Tone.NOTICE, N_("One recipient at a time"), N_("Set the others' parcels aside"), ASK_STAFF, "one-recipient"
    ),
    Outcome.NOT_HERE: Wording(Tone.RED, N_("Not here"), DO_NOT_HAND_OVER, ASK_STAFF, "not-here"),
    Outcome.OTHER_TOUR: Wording(Tone.RED, N_("On another tour"), CALL_DEPOT, ASK_SENDER, "other-tour"),
    Outcome.CONFLICT: Wording(Tone.NOTICE, N_("Recorded with a conflict"), CALL_DEPOT, ASK_SENDER, "conflict"),
    Unanswered.UNKNOWN: Wording(Tone.AMBER, N_("No answer yet"), WAIT, PLEASE_WAIT, "try-again"),
    Unanswered.SERVICE_TROUBLE: Wording(Tone.AMBER, N_("The service has a problem"), WAIT, PLEASE_WAIT, "try-again"),
    Unanswered.DEVICE_REVOKED: Wording(Tone.RED, N_("Device blocked"), CALL_DEPOT, ASK_STAFF, "call"),
    Unanswered.REFUSED: Wording(Tone.RED, N_("Not accepted"), CALL_DEPOT, ASK_STAFF, "call"),
    Unanswered.NOTED: Wording(
        Tone.AMBER, N_("Recorded"), N_("The staff will decide"), N_("Please go to the counter"), "no-connection"
    ),
    Unanswered.OFFLINE_HAND_OVER: Wording(
        Tone.AMBER, FITS, N_("Hand over; it will be checked later"), TAKE_PARCEL, HAND_OVER
    ),
    Unanswered.OFFLINE_WAIT: Wording(Tone.AMBER, WAIT_FOR_NETWORK, FITS, PLEASE_WAIT, "no-connection"),
    Unanswered.OFFLINE_UNCHECKED: Wording(
        Tone.AMBER, N_("Cannot be checked"), WAIT_FOR_NETWORK, PLEASE_WAIT, "no-connection"
    ),
    Unanswered.OFFLINE_DIGITS: Wording(Tone.AMBER, N_("Digits need a network"), SCAN_INSTEAD, SHOW_CODE, "scan"),
}
