"""A counter has the slip of a handover printed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import UUID4, UUID7

from codes.accounts.staff import Task
from codes.pickup.points import point_of_device
from codes.verification.slips import slip_of
from web.api.devices.pickup import this_counter
from web.api.operations import operation
from web.api.requests import Strict, body_as
from web.http.access import for_device
from web.http.problems import Problem
from web.http.shift_guard import with_task
from web.i18n import current_language, local_time, text
from web.printing.slips import blank, deliver, print_slip
from web.services import services

blueprint = Blueprint("api_slips", __name__, url_prefix="/api/v1/slips")


class SlipBody(Strict):
    """The presentation that was accepted."""

    presentation_id: UUID4 | UUID7


@blueprint.post("")
@for_device
@with_task(Task.HAND_OVER)
@operation({204: None}, 404, 409, body=SlipBody)
def print_one() -> ResponseReturnValue:
    """Print the slip of a handover at this counter's pickup point."""
    counter, body, codes = this_counter(), body_as(SlipBody), services().codes
    slip = codes.read(slip_of, UUID(str(body.presentation_id)), counter)
    if slip is None:
        raise Problem(404, "no-handover", "this counter handed nothing over under that presentation")
    here = codes.read(point_of_device, counter)
    point, printing = here.name if here else None, services().printing
    address = printing.printer_of(point)
    if address is None:
        raise Problem(409, "no-printer", "no printer is set up here: name it in config.yaml under printing.printers")
    language = current_language().code
    printer = blank()
    print_slip(
        printer,
        slip,
        point=point or "",
        time=local_time(language, slip.handed_over_at, codes.house),
        words=lambda message: text(language, message),
        columns=printing.columns,
    )
    deliver(address, printer.output)
    return "", 204
