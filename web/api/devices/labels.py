"""A device scanned a label and asks what is to be done with the parcel."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint
from pydantic import StringConstraints

from codes.accounts.staff import Task
from codes.model import Outcome
from codes.verification.labels import standing_of_label
from web.api.answers import Answered, Moment
from web.api.operations import operation
from web.api.requests import MAX_LABEL_LENGTH, Strict, body_as
from web.http.access import for_device, this_device_id
from web.http.shift_guard import with_task
from web.services import services

blueprint = Blueprint("api_labels", __name__, url_prefix="/api/v1/labels")


class LabelBody(Strict):
    """The text of a label as it was read or typed."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_LENGTH)]


class LabelAnswer(Answered):
    """Which parcel it names, and what stands against handing it over; without an outcome its code is to be shown."""

    reference: str | None
    outcome: Outcome | None
    handed_over_at: Moment | None
    place: str | None
    other_tour: bool


@blueprint.post("")
@for_device
@with_task(Task.HAND_OVER, Task.INTAKE, Task.SUPERVISE)
@operation({200: LabelAnswer}, 429, body=LabelBody)
def ask() -> LabelAnswer:
    """Say which parcel a label names and whether this device may hand it over; nothing is said of its recipient."""
    standing = services().codes.write(standing_of_label, this_device_id(), body_as(LabelBody).label)
    return LabelAnswer.from_record(standing)
