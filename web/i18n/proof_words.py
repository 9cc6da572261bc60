"""Words of a proof of delivery: what its grade says, and what else there is to say of the handover."""

from __future__ import annotations

from collections.abc import Mapping

from codes.proving.proof import Grade, Remark
from web.i18n import N_

STORY_SENTENCES: Mapping[Grade, str] = {
    Grade.SYMBOL_AND_LABEL: N_(
        "%(moment)s: the parcel %(parcel)s was handed over to somebody who showed the recipient's symbol."
    ),
    Grade.DIGITS: N_("%(moment)s: the parcel %(parcel)s was handed over to somebody who had the recipient's code."),
    Grade.DELEGATE: N_(
        "%(moment)s: the parcel %(parcel)s was handed over to somebody who had the code of a person "
        "the recipient had named."
    ),
    Grade.SUPERVISED: N_(
        "%(moment)s: the parcel %(parcel)s was handed over without a code; "
        "two members of staff take responsibility for it."
    ),
    Grade.NO_CODE_NEEDED: N_("%(moment)s: the parcel %(parcel)s was handed over; it needed no code."),
    Grade.NONE: N_("No handover of the parcel %(parcel)s is recorded."),
}
"""What happened, when, and to whom."""

UNCONTESTED = N_("This handover was not contested as of %(moment)s (the last event in this proof).")
"""What came after its last event a proof does not know: a report, or that one was taken back."""

GRADE_SENTENCES: Mapping[Grade, tuple[str, str]] = {
    Grade.SYMBOL_AND_LABEL: (
        N_("The recipient's symbol and this parcel's label were read by the same enrolled device."),
        N_("It does not show who held the symbol, nor what was in the parcel."),
    ),
    Grade.DIGITS: (
        N_("A right code was presented for this parcel, but its digits were typed or its label was not read."),
        N_("It does not show who told the code, nor that this parcel was at hand, nor what was in it."),
    ),
    Grade.DELEGATE: (
        N_("The code of a person whom the recipient had named was presented for this parcel."),
        N_("It does not show who held that code, nor what was in the parcel."),
    ),
    Grade.SUPERVISED: (
        N_("Two members of staff answer by name for a handover without a code."),
        N_("It does not show that the recipient was there, nor what was in the parcel."),
    ),
    Grade.NO_CODE_NEEDED: (
        N_("This parcel needed no code; an enrolled device recorded that it was handed over."),
        N_("It does not show that the recipient was there, nor what was in the parcel."),
    ),
    Grade.NONE: (N_("No handover is recorded."), N_("It does not show where the parcel is.")),
}
"""What a grade proves and does not, as the proof file says it."""

REMARK_SENTENCES: Mapping[Remark, str] = {
    Remark.OFFLINE: N_("Handed over offline: the device could not ask the service at that moment."),
    Remark.RENEWED: N_("Handed over offline, although the code had been renewed."),
    Remark.REVOKED: N_("Handed over offline, although the code had been revoked."),
    Remark.EXPIRED: N_("Handed over offline, although the code had expired."),
    Remark.BLOCKED: N_("Handed over offline, although the parcel was blocked."),
    Remark.SECOND_HANDOVER: N_("A device recorded later that it had handed this parcel over offline, too."),
    Remark.OTHER_CONFLICT: N_("Handed over offline, although the service would have refused."),
    Remark.CONTESTED: N_(
        "This handover was contested as of %(moment)s (the last event in this proof), and nobody had answered yet."
    ),
    Remark.ANSWERED: N_("This handover was contested, and the report was answered."),
}
"""What stands beside the grade, because it weakens what a handover is worth; some with the last event's moment."""
