"""Devices report visits that ended without a handover. A neutral outcome: nobody is blamed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.access import Task
from codes.delivering.place import Place
from codes.delivering.visits import AlreadyHandedOver, Visit
from codes.identifiers import BadReference
from codes.parcels import UnknownParcel
from web.access import for_device, this_device_id
from web.api.requests import VisitBody, body_as
from web.parts import parts
from web.problems import Problem
from web.shifts import with_task

blueprint = Blueprint("api_visits", __name__, url_prefix="/api/v1/visits")


@blueprint.post("")
@for_device
@with_task(Task.HAND_OVER)
def end_without_handover() -> ResponseReturnValue:
    """Record the reason and tell the recipient; the same visit again changes nothing."""
    body = body_as(VisitBody)
    place = Place(**body.place.model_dump()) if body.place else None
    visit = Visit(UUID(str(body.visit_id)), this_device_id(), body.reference, body.reason, body.attempted_at, place)
    try:
        parts().codes.visits.end_without_handover(visit)
    except (UnknownParcel, BadReference) as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced") from error
    except AlreadyHandedOver as error:
        raise Problem(409, "already-handed-over", str(error)) from error
    return "", 204
