"""Senders give parcels to devices; a device asks what it carries, loads parcels, and has a mail sent again."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Task
from codes.delivering import assignments
from codes.delivering.tours import come_near_on_tour, give_tour, given_tour
from codes.model import DeviceKind
from codes.recipients.code_requests import SentAgain, send_again_at_door
from codes.values.tracking_numbers import BadReference
from web.api.answers import AssignedAnswer, LoadedAnswer, ReminderAnswer, TourAnswer, TourParcelAnswer
from web.api.operations import operation
from web.api.requests import AssignmentBody, LoadBody, body_as
from web.api.senders.parcels import stored_reference
from web.http.access import for_device, for_sender, this_device, this_device_id, this_sender
from web.http.problems import Problem
from web.http.shift_guard import with_task
from web.services import services

blueprint = Blueprint("api_tours", __name__, url_prefix="/api/v1")


@blueprint.post("/assignments")
@for_sender
@operation({200: AssignedAnswer}, 404, body=AssignmentBody)
def assign() -> AssignedAnswer:
    """Give parcels to a driver's device, named by its id or its name."""
    body = body_as(AssignmentBody)
    references, unknown, realm = {}, [], this_sender().realm
    for reference in body.references:
        try:
            references[stored_reference(reference)] = reference
        except BadReference:
            unknown.append(reference)
    assigned = services().codes.write(
        assignments.assign, body.device, list(references), replace=body.replace, realm=realm
    )
    return AssignedAnswer(
        device_id=assigned.device_id,
        assigned=assigned.assigned,
        refused=[*unknown, *(references[each] for each in assigned.refused)],
    )


@blueprint.get("/tour")
@for_device
@operation({200: TourAnswer})
def tour() -> TourAnswer:
    """Say what this device carries: what its page needs without network, and nothing of value or mail address."""
    codes, device_id = services().codes, _this_driver()
    found = codes.read(given_tour, device_id) or codes.write(give_tour, device_id)
    return TourAnswer.from_record(
        found, parcels=[TourParcelAnswer.from_record(each, digests=list(each.digests)) for each in found.parcels]
    )


@blueprint.post("/tour/parcels")
@for_device
@operation({200: LoadedAnswer}, 404, 409, body=LoadBody)
def load() -> LoadedAnswer:
    """Take a parcel along whose label was scanned."""
    parcel = services().codes.write(assignments.load, _this_driver(), body_as(LoadBody).reference)
    return LoadedAnswer.from_record(parcel, digests=list(parcel.digests))


@blueprint.delete("/tour/parcels/<path:reference>")
@for_device
@operation({204: None}, 404)
def take_off(reference: str) -> ResponseReturnValue:
    """Take a parcel off this device's tour."""
    services().codes.write(assignments.take_off, _this_driver(), reference)
    return "", 204


@blueprint.post("/tour/near")
@for_device
@operation({204: None}, 404, 409, body=LoadBody)
def come_near() -> ResponseReturnValue:
    """Tell the recipient of a stop on this device's tour that the driver is near; within one visit only once."""
    services().codes.write(come_near_on_tour, _this_driver(), body_as(LoadBody).reference)
    return "", 204


@blueprint.post("/tour/mails")
@for_device
@with_task(Task.HAND_OVER, Task.SUPERVISE)
@operation({200: ReminderAnswer, 202: ReminderAnswer}, 404, body=LoadBody)
def send_again() -> tuple[ReminderAnswer, int]:
    """Send the recipient the mail with the code once more; where it goes is not said."""
    result = services().codes.write(send_again_at_door, this_device_id(), body_as(LoadBody).reference)
    return ReminderAnswer(result=result), 202 if result is SentAgain.SENT else 200


def _this_driver() -> UUID:
    device = this_device()
    if device.kind is not DeviceKind.DRIVER:
        raise Problem(403, "not-a-driver", "only a driver's device has a tour; take parcels in at the counter instead")
    return device.device_id
