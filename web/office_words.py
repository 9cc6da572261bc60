"""Words of the back office: what happened to a parcel, which mail it was, why a code is needed."""

from __future__ import annotations

from collections.abc import Mapping

from codes.access import Role
from codes.model import DeviceKind, EventKind, MessageKind, Outcome, ReportKind
from codes.signs import CameraState
from web.i18n import N_
from web.wording import WORDING

EVENT_WORDS: Mapping[EventKind, str] = {
    EventKind.ANNOUNCED: N_("Announced"),
    EventKind.POLICY_DECIDED: N_("Need of a code decided"),
    EventKind.CODE_ISSUED: N_("Code issued"),
    EventKind.CODE_RENEWED: N_("Code renewed"),
    EventKind.CODE_SENT_AGAIN: N_("Code sent again"),
    EventKind.CODE_REVOKED: N_("Code withdrawn"),
    EventKind.DELEGATE_NAMED: N_("Delegate named"),
    EventKind.DELEGATE_WITHDRAWN: N_("Delegate withdrawn"),
    EventKind.OUT_FOR_DELIVERY: N_("Out for delivery"),
    EventKind.DRIVER_NEAR: N_("Driver near"),
    EventKind.MAIL_HANDED_TO_SMTP: N_("Mail sent"),
    EventKind.MAIL_FAILED: N_("Mail not delivered"),
    EventKind.PRESENTED: N_("Code presented"),
    EventKind.HANDED_OVER: N_("Handed over"),
    EventKind.NOT_HANDED_OVER: N_("Not handed over"),
    EventKind.SUPERVISED_HANDOVER: N_("Supervised handover"),
    EventKind.REPORTED: N_("Reported afterwards"),
    EventKind.REPORT_ANSWERED: N_("Report answered"),
    EventKind.ERASED: N_("Personal data erased"),
}

MESSAGE_WORDS: Mapping[MessageKind, str] = {
    MessageKind.CODE_ISSUED: N_("Delivery code"),
    MessageKind.CODE_RENEWED: N_("New delivery code"),
    MessageKind.DELIVERY_DAY: N_("Out for delivery"),
    MessageKind.DRIVER_NEAR: N_("Driver near"),
    MessageKind.READY_TO_COLLECT: N_("Ready to collect"),
    MessageKind.WRONG_TRIES: N_("Wrong tries"),
    MessageKind.HANDED_OVER: N_("Handed over"),
    MessageKind.NOT_HANDED_OVER: N_("Not handed over"),
    MessageKind.REPORTED: N_("Report of a recipient"),
    MessageKind.REPORT_ANSWERED: N_("Answer to a report"),
}

REPORT_WORDS: Mapping[ReportKind, str] = {
    ReportKind.NOT_RECEIVED: N_("Not received"),
    ReportKind.OPENED: N_("Opened, or not what was ordered"),
    ReportKind.LOST: N_("Lost"),
}

ROLE_WORDS: Mapping[Role, str] = {
    Role.DISPATCHER: N_("Dispatcher"),
    Role.COUNTER: N_("Counter staff"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMIN: N_("Administrator"),
}

DEVICE_WORDS: Mapping[DeviceKind, str] = {
    DeviceKind.DRIVER: N_("Driver's phone"),
    DeviceKind.COUNTER: N_("Counter"),
    DeviceKind.KIOSK: N_("Kiosk"),
}

CAMERA_WORDS: Mapping[CameraState, str] = {
    CameraState.ON: N_("Camera works"),
    CameraState.LOST: N_("No camera"),
    CameraState.TOO_DARK: N_("Picture too dark"),
    CameraState.TOO_BRIGHT: N_("Picture too bright"),
    CameraState.CLEAN_GLASS: N_("Glass to be cleaned"),
}

# The keys stand in `config.yaml`, so others are possible; those are shown as they are written.
REASON_WORDS: Mapping[str, str] = {
    "high_value": N_("high value"),
    "low_value": N_("low value"),
    "gift": N_("a gift"),
    "nobody_attends": N_("nobody attends there"),
    "sender_asked": N_("the sender asked for it"),
    "sender_declined": N_("the sender declined it"),
    "lost_before": N_("lost or disputed before"),
    "disputed_before": N_("lost or disputed before"),
    "no_rule": N_("no rule fits"),
}


def more_of(kind: EventKind, facts: Mapping[str, object]) -> str | None:
    """Return the English text that makes an event plainer, such as the outcome of a presentation."""
    if kind is EventKind.PRESENTED and facts.get("outcome") in set(Outcome):
        return WORDING[Outcome(str(facts["outcome"]))].word
    if kind is EventKind.POLICY_DECIDED:
        return REASON_WORDS.get(str(facts.get("reason")), str(facts.get("reason") or "").replace("_", " ")) or None
    return None
