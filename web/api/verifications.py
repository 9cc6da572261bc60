"""Devices present codes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.access import Task
from codes.judging.answers import answer_document
from codes.judging.presentation import BadSignature
from codes.judging.presenting import DeviceRevoked, OtherContent, ParcelMissing
from codes.model import DeviceKind
from web.access import DeviceIsRevoked, for_presenting, this_device_id
from web.api.requests import PresentationBody, body_as
from web.parts import parts
from web.problems import Problem
from web.shifts import with_task

blueprint = Blueprint("api_verifications", __name__, url_prefix="/api/v1/verifications")


@blueprint.post("")
@for_presenting
@with_task(Task.HAND_OVER)
def present() -> ResponseReturnValue:
    """Judge a presented code; the same presentation gets the same answer for ever."""
    presentation = body_as(PresentationBody).presentation(this_device_id())
    try:
        answer = parts().codes.present(presentation)
    except BadSignature as error:
        raise Problem(403, "bad-signature", "this was not signed by this device's key; enrol it anew") from error
    except DeviceRevoked as error:
        raise DeviceIsRevoked from error
    except ParcelMissing as error:
        raise Problem(422, "parcel-missing", "scan the parcel's label first") from error
    except OtherContent as error:
        raise Problem(422, "other-content", str(error)) from error
    document = answer_document(answer)
    if answer.accepted and parts().codes.devices.kind_of(presentation.device_id) is DeviceKind.KIOSK:
        _say_where(document)
    return document


def _say_where(document: dict[str, Any]) -> None:
    """At a kiosk nobody fetches the parcel for its recipient."""
    places = parts().codes.stays.places(this_device_id(), [each["reference"] for each in document["parcels"]])
    for each in document["parcels"]:
        if each["reference"] in places:
            each["shelf"], each["hatch"] = places[each["reference"]]
