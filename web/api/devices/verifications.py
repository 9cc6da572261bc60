"""Devices present codes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Task
from codes.model import DeviceKind
from codes.pickup.stays import shelves_of_parcels
from codes.verification.answering import answer_document
from web.api.answers import PresentedAnswer
from web.api.operations import operation
from web.api.requests import PresentationBody, body_as
from web.http.access import for_presenting, this_device_id
from web.http.shift_guard import with_task
from web.services import services

blueprint = Blueprint("api_verifications", __name__, url_prefix="/api/v1/verifications")


@blueprint.post("")
@for_presenting
@with_task(Task.HAND_OVER)
@operation({200: PresentedAnswer}, body=PresentationBody)
def present() -> ResponseReturnValue:
    """Judge a presented code; the same presentation gets the same answer for ever."""
    presentation = body_as(PresentationBody).presentation(this_device_id())
    answer = services().codes.present(presentation)
    document = answer_document(answer)
    if answer.accepted and services().codes.devices.kind_of(presentation.device_id) is DeviceKind.KIOSK:
        _say_where(document)
    return document


def _say_where(document: dict[str, Any]) -> None:
    """At a kiosk nobody fetches the parcel for its recipient."""
    places = services().codes.read(
        shelves_of_parcels, this_device_id(), [each["reference"] for each in document["parcels"]]
    )
    for each in document["parcels"]:
        if each["reference"] in places:
            each["shelf"], each["hatch"] = places[each["reference"]]
