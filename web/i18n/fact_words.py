"""The facts of recorded events in words: what each is called, and what its values mean.

The proof and the table hold every fact as it was recorded; here stands what a person reads of them.
`tests/web/i18n/test_fact_words.py` sees to it that each fact either has words or is for machines.
"""

from __future__ import annotations

from collections.abc import Mapping

from codes.model import AttemptReason, Conflict, HolderKind, InHandBy, Means, ReportKind
from web.i18n import N_
from web.i18n.event_words import REASON_WORDS
from web.i18n.office_words import MESSAGE_WORDS, REPORT_WORDS
from web.i18n.outcome_words import ATTEMPT_WORDS, WORDING

FACT_WORDS: Mapping[str, str] = {
    "at_door": N_("At the door"),
    "attempted": N_("Tried at"),
    "back": N_("Withdrawn"),
    "by": N_("By"),
    "code_required": N_("Code needed"),
    "conflict": N_("Conflict"),
    "corrected": N_("Recipient corrected"),
    "day": N_("Day"),
    "deadline": N_("Waits until"),
    "device": N_("Device"),
    "expires": N_("Valid until"),
    "fields": N_("What changed"),
    "first": N_("Signed by"),
    "holder": N_("Whose code"),
    "issued": N_("Issued"),
    "kind": N_("What was reported"),
    "label": N_("Label that was read"),
    "match": N_("Match number"),
    "means": N_("Shown as"),
    "message": N_("Message"),
    "name": N_("Shelf"),
    "offline": N_("Without network"),
    "opened": N_("Ticket page opened"),
    "outcome": N_("Outcome"),
    "point": N_("Pickup point"),
    "reason": N_("Reason"),
    "reference": N_("Tracking number"),
    "second": N_("Confirmed by"),
    "sender": N_("Sender"),
    "size": N_("Size"),
    "staff": N_("Member of staff"),
    "status": N_("Reply from the mail server"),
    "until": N_("Valid until"),
    "why": N_("Why"),
}

FOR_MACHINES = frozenset(
    {"address", "announced", "answer", "code", "consignment", "epoch", "key", "label_salt", "of", "person"}
    | {"photo", "place", "presentation", "recipient", "reason_sealed", "record", "report", "sender_sealed", "shelf"}
    | {"signature", "signed", "stay", "terms", "ticket", "token", "visit", "wish", "words"}
)
"""What only a check needs: ids that nothing is called by, digests, signatures."""

_SAID_BY = {
    "house": N_("our organisation"),
    "office": N_("the office"),
    "command": N_("a command"),
    "dispatcher": N_("the office"),
    "sender": N_("the sender"),
    "holder": N_("the recipient"),
    "recipient": N_("the recipient"),
    "delegate": N_("somebody whom the recipient named"),
    "driver": N_("the driver"),
    InHandBy.LABEL: N_("its label"),
    InHandBy.CHOICE: N_("chosen from the list"),
    InHandBy.CODE: N_("the code alone"),
}
VALUE_WORDS: Mapping[str, Mapping[str, str]] = {
    "by": _SAID_BY,
    "why": _SAID_BY,
    "holder": {each: _SAID_BY[each] for each in HolderKind},
    "means": {
        Means.PAYLOAD: N_("symbol"),
        Means.DIGITS: N_("six digits"),
        Means.TAP: N_("nothing, no code was needed"),
    },
    "conflict": {
        Conflict.RENEWED: N_("the code had been renewed"),
        Conflict.REVOKED: N_("the code had been revoked"),
        Conflict.EXPIRED: N_("the code had expired"),
        Conflict.BLOCKED: N_("the parcel was blocked"),
        Conflict.HANDED_OVER_BEFORE: N_("the parcel had been handed over before"),
    },
    "kind": {each: REPORT_WORDS[each] for each in ReportKind},
    "message": {str(each): words for each, words in MESSAGE_WORDS.items()},
    "outcome": {each: wording.word for each, wording in WORDING.items()},
    "reason": {**REASON_WORDS, **{each: ATTEMPT_WORDS[each] for each in AttemptReason}},
    "fields": {
        "name": N_("Name"),
        "email": N_("Email address"),
        "language": N_("Language"),
        "postcode": N_("Postcode"),
        "phone": N_("Phone"),
        "street": N_("Street and number"),
        "city": N_("City"),
        "note": N_("Note for the driver"),
    },
}
"""What stands in a fact, by its name; what is not listed is shown as it stands."""
