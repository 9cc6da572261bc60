"""Devices report visits that ended without a handover. A neutral outcome: nobody is blamed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Task
from codes.delivering import visits
from codes.delivering.visits import MeasuredPlace, Visit, VisitResult
from codes.store.budgets import seconds_left_of_day
from web.api.operations import operation
from web.api.requests import VisitBody, body_as
from web.http.access import for_device, this_device_id
from web.http.problems import Problem
from web.http.shift_guard import with_task
from web.services import services

blueprint = Blueprint("api_visits", __name__, url_prefix="/api/v1/visits")


@blueprint.post("")
@for_device
@with_task(Task.HAND_OVER)
@operation({204: None}, 404, 409, 429, body=VisitBody)
def end_without_handover() -> ResponseReturnValue:
    """Record the reason and tell the recipient; the same visit again changes nothing."""
    body, codes = body_as(VisitBody), services().codes
    place = MeasuredPlace(**body.place.model_dump()) if body.place else None
    visit = Visit(UUID(str(body.visit_id)), this_device_id(), body.reference, body.reason, body.attempted_at, place)
    result = codes.write(visits.end_without_handover, visit)
    if result is VisitResult.COUNTED:
        told = "too many visits were reported today; this one is only counted"
        raise Problem(429, "too-many-visits", told, retry_after=seconds_left_of_day(codes.clock()))
    return "", 204
