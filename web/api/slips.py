"""A counter has the slip of a handover printed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import UUID4, UUID7

from codes.accounts.access import Task
from codes.pickup.slips import slip_of
from web.access import for_device
from web.api.pickup import this_counter
from web.api.requests import Strict, body_as
from web.i18n import current_language, local_time, text
from web.parts import parts
from web.printing.slips import NoPrinter, blank, deliver, print_slip
from web.problems import Problem
from web.shifts import with_task

blueprint = Blueprint("api_slips", __name__, url_prefix="/api/v1/slips")


class SlipBody(Strict):
    """The presentation that was accepted."""

    presentation_id: UUID4 | UUID7


@blueprint.post("")
@for_device
@with_task(Task.HAND_OVER)
def print_one() -> ResponseReturnValue:
    """Print the slip of a handover at this counter's pickup point."""
    counter, body, codes = this_counter(), body_as(SlipBody), parts().codes
    slip = slip_of(codes.database, UUID(str(body.presentation_id)), counter)
    if slip is None:
        raise Problem(404, "no-handover", "this counter handed nothing over under that presentation")
    here = codes.pickup_points.of_device(counter)
    point, printing = here.name if here else None, parts().printing
    address = printing.printer_of(point)
    if address is None:
        raise Problem(409, "no-printer", "no printer is set up here: name it in config.yaml under printing.printers")
    language = current_language().code
    try:
        printer = blank()
        print_slip(
            printer,
            slip,
            point=point or "",
            time=local_time(language, slip.handed_over_at),
            words=lambda message: text(language, message),
            columns=printing.columns,
        )
        deliver(address, printer.output)
    except NoPrinter as error:
        raise Problem(409, "printer-silent", str(error)) from error
    return "", 204
