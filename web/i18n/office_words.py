"""Words of the back office alone: which mail it was, what was reported, who may do what."""

from __future__ import annotations

from collections.abc import Mapping

from codes.accounts.api_keys import Scope
from codes.accounts.heartbeats import CameraState
from codes.accounts.staff import Role, Task
from codes.model import AddressWarning, DeviceKind, MessageKind, ReportKind
from web.i18n import N_

MESSAGE_WORDS: Mapping[MessageKind, str] = {
    MessageKind.CODE_ISSUED: N_("Delivery code"),
    MessageKind.CODE_RENEWED: N_("New delivery code"),
    MessageKind.PARCEL_JOINED: N_("Parcel added"),
    MessageKind.DELIVERY_DAY: N_("Out for delivery"),
    MessageKind.DRIVER_NEAR: N_("The driver is near"),
    MessageKind.READY_TO_COLLECT: N_("Ready to collect"),
    MessageKind.COLLECT_SOON: N_("Will not be kept much longer"),
    MessageKind.WRONG_TRIES: N_("Wrong tries"),
    MessageKind.HANDED_OVER: N_("Handed over"),
    MessageKind.HANDOVER_CONFLICT: N_("Handover with a conflict"),
    MessageKind.NOT_HANDED_OVER: N_("Not handed over"),
    MessageKind.REPORTED: N_("Report from a recipient"),
    MessageKind.REPORT_ANSWERED: N_("Answer to a report"),
    MessageKind.DELEGATE_NAMED: N_("Somebody named to receive it"),
    MessageKind.WISH_NOTED: N_("Request noted"),
    MessageKind.CODE_TOLD: N_("Code viewed by staff"),
    MessageKind.REDIRECTED: N_("Redirected"),
    MessageKind.CODE_MOVED: N_("The code goes to somebody else"),
    MessageKind.CANCELLED: N_("Cancelled"),
    MessageKind.RETURNED: N_("Went back to the sender"),
    MessageKind.DELIVERED_ELSEWHERE: N_("Delivered elsewhere"),
}

REPORT_WORDS: Mapping[ReportKind, str] = {
    ReportKind.NOT_RECEIVED: N_("Not received"),
    ReportKind.OPENED: N_("Opened"),
    ReportKind.NOT_ORDERED: N_("Not what was ordered"),
    ReportKind.DAMAGED: N_("Damaged"),
    ReportKind.LOST: N_("Lost"),
}

WARNING_WORDS: Mapping[AddressWarning, str] = {
    AddressWarning.FINAL_DOT: N_("The email address ends with a full stop. Nothing may arrive there."),
    AddressWarning.NO_MAIL_SERVER: N_("The domain of the email address has no mail server. Nothing arrives there."),
}

FIELD_WORDS: Mapping[str, str] = {
    "name": N_("Name"),
    "place": N_("Address"),
    "opening": N_("Opening hours"),
    "days_kept": N_("Days until a parcel goes back"),
    "room": N_("Parcels it has room for"),
    "size": N_("Parcels up to size"),
    "url": N_("Address"),
    "kind": N_("Used as"),
    "kinds": N_("Events"),
    "language": N_("Language"),
    "scopes": N_("What it may do"),
    "secret": N_("Webhook secret"),
}
"""What a form's field is sent as, and what its page calls it."""

ROLE_WORDS: Mapping[Role, str] = {
    Role.DISPATCHER: N_("Dispatcher"),
    Role.COUNTER: N_("Counter staff"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMIN: N_("Administrator"),
}

TASK_WORDS: Mapping[Task, str] = {
    Task.HAND_OVER: N_("Hand over"),
    Task.INTAKE: N_("Check in"),
    Task.SUPERVISE: N_("Sign without a code"),
}

SCOPE_WORDS: Mapping[Scope, str] = {
    Scope.PARCELS_READ: N_("See parcels and where they are"),
    Scope.PARCELS_WRITE: N_("Announce, correct, block and report parcels"),
    Scope.PROOFS_READ: N_("Get proofs of delivery"),
    Scope.EVENTS_READ: N_("Read what happens to parcels"),
    Scope.STATISTICS_READ: N_("Read the figures of days"),
    Scope.WEBHOOKS: N_("Add, change and remove webhooks"),
    Scope.TICKETS_READ: N_("Get the addresses of ticket pages: whoever has one has the code"),
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
    CameraState.CLEAN_GLASS: N_("Glass needs cleaning"),
}

LIST_TOO_LONG = (N_("These are too many parcels for one file"), N_("Narrow the list down with its filters first."))
"""What stands instead of a table that would be cut off: what happened, and what to do."""
