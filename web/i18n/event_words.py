"""Words for what happened to a parcel, which the office lists and the proof tells recipients in their language."""

from __future__ import annotations

from collections.abc import Mapping

from codes.model import AttemptReason, EventKind, Outcome, ReportKind
from web.i18n import N_
from web.i18n.outcome_words import ATTEMPT_WORDS, WORDING

EVENT_WORDS: Mapping[EventKind, str] = {
    EventKind.ANNOUNCED: N_("Announced"),
    EventKind.POLICY_DECIDED: N_("Code requirement decided"),
    EventKind.CODE_ISSUED: N_("Code issued"),
    EventKind.CODE_RENEWED: N_("Code renewed"),
    EventKind.CODE_PROLONGED: N_("Code extended"),
    EventKind.CODE_SENT_AGAIN: N_("Code sent again"),
    EventKind.CODE_REVOKED: N_("Code revoked"),
    EventKind.PARCEL_BLOCKED: N_("Blocked by staff"),
    EventKind.PARCEL_UNBLOCKED: N_("Unblocked"),
    EventKind.CANCELLED: N_("Cancelled"),
    EventKind.RETURNED: N_("Went back to the sender"),
    EventKind.DELIVERED_ELSEWHERE: N_("Delivered elsewhere"),
    EventKind.CODE_READ_OUT: N_("Code read out by phone"),
    EventKind.CODE_PRINTED: N_("Code printed as a letter"),
    EventKind.DELEGATE_NAMED: N_("Delegate named"),
    EventKind.DELEGATE_WITHDRAWN: N_("Delegate withdrawn"),
    EventKind.WISHED: N_("Recipient's request"),
    EventKind.WISH_WITHDRAWN: N_("Request cancelled"),
    EventKind.REDIRECTED: N_("Redirected"),
    EventKind.CORRECTED: N_("Recipient corrected"),
    EventKind.OUT_FOR_DELIVERY: N_("Out for delivery"),
    EventKind.DRIVER_NEAR: N_("The driver is near"),
    EventKind.ARRIVED_AT_POINT: N_("At the pickup point"),
    EventKind.PUT_ON_SHELF: N_("Put on a shelf"),
    EventKind.REMINDED_TO_COLLECT: N_("Reminded to collect"),
    EventKind.LEFT_POINT: N_("Sent back"),
    EventKind.TICKET_OPENED: N_("Ticket page opened"),
    EventKind.TICKET_TOLD: N_("Ticket page address given to the sender"),
    EventKind.MAIL_HANDED_TO_SMTP: N_("Email sent"),
    EventKind.MAIL_FAILED: N_("Email not delivered"),
    EventKind.MAIL_BOUNCED: N_("Email bounced"),
    EventKind.TEXT_HANDED_TO_GATEWAY: N_("Text message sent"),
    EventKind.TEXT_FAILED: N_("Text message not delivered"),
    EventKind.PRESENTED: N_("Code presented"),
    EventKind.HANDED_OVER: N_("Handed over"),
    EventKind.HANDOVER_CONFLICT: N_("Handover with a conflict"),
    EventKind.NOT_HANDED_OVER: N_("Not handed over"),
    EventKind.SUPERVISED_HANDOVER: N_("Supervised handover"),
    EventKind.REPORTED: N_("Problem reported"),
    EventKind.REPORT_ANSWERED: N_("Report answered"),
    EventKind.REPORT_WITHDRAWN: N_("Report withdrawn"),
    EventKind.ERASED: N_("Personal data erased"),
}

CONTEST_WORDS: Mapping[ReportKind, str] = {
    ReportKind.NOT_RECEIVED: N_("I did not receive this parcel"),
    ReportKind.OPENED: N_("It was opened"),
    ReportKind.NOT_ORDERED: N_("It is not what was ordered"),
    ReportKind.DAMAGED: N_("It is damaged"),
}
"""What a recipient says of a handover, as the form offers it, and page and mails repeat it."""

# The keys stand in `config.yaml`, so others are possible; those are shown as they are written.
REASON_WORDS: Mapping[str, str] = {
    "high_value": N_("high value"),
    "low_value": N_("low value"),
    "gift": N_("a gift"),
    "nobody_attends": N_("unattended"),
    "sender_asked": N_("the sender asked for it"),
    "sender_declined": N_("the sender declined it"),
    "lost_before": N_("lost or disputed before"),
    "disputed_before": N_("lost or disputed before"),
    "no_rule": N_("no rule applies"),
}


def more_of(kind: EventKind, facts: Mapping[str, object]) -> str | None:
    """Return the English text that makes an event plainer, such as the outcome of a presentation."""
    if kind is EventKind.PRESENTED and facts.get("outcome") in set(Outcome):
        return WORDING[Outcome(str(facts["outcome"]))].word
    if kind is EventKind.POLICY_DECIDED:
        return REASON_WORDS.get(str(facts.get("reason")), str(facts.get("reason") or "").replace("_", " ")) or None
    if kind in (EventKind.WISHED, EventKind.REDIRECTED):
        return str(facts["day"]) if facts.get("day") else N_("pickup point")
    if kind is EventKind.NOT_HANDED_OVER and facts.get("reason") in set(AttemptReason):
        return ATTEMPT_WORDS[AttemptReason(str(facts["reason"]))]
    if kind in (EventKind.ARRIVED_AT_POINT, EventKind.PUT_ON_SHELF):
        return str(facts["name"]) if facts.get("name") else None
    return None
