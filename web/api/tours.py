"""Senders give parcels to devices; a device asks what it carries, loads parcels, and has a mail sent again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.access import Task
from codes.delivering.tours import TourParcel, TourTooLong, UnknownDevice, WishedLater
from codes.identifiers import BadReference
from codes.parcels import UnknownParcel
from codes.recipients.reminding import SentAgain
from web.access import for_device, for_sender, this_device_id
from web.api.parcels import stored_reference
from web.api.requests import AssignmentBody, LoadBody, body_as
from web.parts import parts
from web.problems import Problem
from web.shifts import with_task

blueprint = Blueprint("api_tours", __name__, url_prefix="/api/v1")


@blueprint.post("/assignments")
@for_sender
def assign() -> ResponseReturnValue:
    """Give parcels to a driver's device, named by its id or its name."""
    body = body_as(AssignmentBody)
    references, unknown = {}, []
    for reference in body.references:
        try:
            references[stored_reference(reference)] = reference
        except BadReference:
            unknown.append(reference)
    try:
        assigned = parts().codes.tours.assign(body.device, list(references), replace=body.replace)
    except UnknownDevice as error:
        raise Problem(404, "unknown-device", str(error)) from error
    except TourTooLong as error:
        raise Problem(422, "tour-too-long", str(error)) from error
    return {
        "device_id": str(assigned.device_id),
        "assigned": assigned.assigned,
        "refused": [*unknown, *(references[each] for each in assigned.refused)],
    }


@blueprint.get("/tour")
@for_device
@with_task(Task.HAND_OVER)
def tour() -> ResponseReturnValue:
    """Say what this device carries: what its page needs without network, and nothing of value or name."""
    found = parts().codes.tours.of(this_device_id())
    return {
        "made_at": found.made_at.isoformat(),
        "valid_until": found.valid_until.isoformat(),
        "offline": found.offline,
        "visit_place": found.visit_place,
        "parcels": [_document(parcel) for parcel in found.parcels],
    }


@blueprint.post("/tour/parcels")
@for_device
@with_task(Task.HAND_OVER)
def load() -> ResponseReturnValue:
    """Take a parcel along whose label was scanned."""
    try:
        return _document(parts().codes.tours.load(this_device_id(), body_as(LoadBody).reference))
    except UnknownParcel as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference is to be delivered") from error
    except WishedLater as error:
        raise Problem(409, "wished-later", "its recipient wishes another day", day=str(error.args[0])) from error
    except TourTooLong as error:
        raise Problem(422, "tour-too-long", str(error)) from error


@blueprint.delete("/tour/parcels/<path:reference>")
@for_device
@with_task(Task.HAND_OVER)
def take_off(reference: str) -> ResponseReturnValue:
    """Take a parcel off this device's tour."""
    parts().codes.tours.take_off(this_device_id(), reference)
    return "", 204


@blueprint.post("/tour/mails")
@for_device
@with_task(Task.HAND_OVER, Task.SUPERVISE)
def send_again() -> ResponseReturnValue:
    """Send the recipient the mail with the code once more; where it goes is not said."""
    try:
        result = parts().codes.reminding.send_again(this_device_id(), body_as(LoadBody).reference)
    except (UnknownParcel, BadReference) as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced") from error
    return {"result": result}, 202 if result is SentAgain.SENT else 200


def _document(parcel: TourParcel) -> dict[str, Any]:
    return {
        "reference": parcel.reference,
        "code_required": parcel.code_required,
        "recipient_language": parcel.recipient_language,
        "awaited": parcel.awaited,
        "digests": list(parcel.digests),
        "consignment": parcel.consignment,
        "handed_over_at": parcel.handed_over_at.isoformat() if parcel.handed_over_at else None,
        "not_handed_over": parcel.not_handed_over,
        "wished_point": parcel.wished_point,
    }
