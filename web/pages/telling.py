"""The office's ways to recipients without a smartphone: a call to the registered number, a letter on paper."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from codes.accounts.access import Member, Role
from codes.recipients.telling import CannotTell
from codes.recipients.tickets import Ticket
from codes.symbols import code128_png, qr_png
from web.access import for_roles, this_member
from web.i18n import speak
from web.pages.addresses import as_data
from web.pages.finding import parcel_or_404
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("telling", __name__, url_prefix="/office")

SYMBOL_PIXELS = 16
BAR_PIXELS = 6


@blueprint.post("/read-out/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def read_out(reference: str) -> ResponseReturnValue:
    """Show the digits once, to be read out to the registered number and to nobody who calls."""
    if not parts().codes.settings.read_out_by_phone:
        abort(404)
    ticket = _told(reference, parts().codes.telling.by_phone)
    return render_template("office/read-out.html", here="office.parcels", ticket=ticket)


@blueprint.post("/letters/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def letter(reference: str) -> ResponseReturnValue:
    """Write a letter in the recipient's language, to be printed on A4."""
    if not parts().codes.settings.print_letters:
        abort(404)
    ticket = _told(reference, parts().codes.telling.on_paper)
    assert ticket.code is not None
    speak(ticket.language)
    return render_template(
        "letter.html",
        ticket=ticket,
        house=parts().mail.sender_name,
        symbol=as_data(qr_png(ticket.code.payload, module_pixels=SYMBOL_PIXELS)),
        bars=as_data(code128_png(ticket.code.payload, module_pixels=BAR_PIXELS, height_pixels=60 * BAR_PIXELS)),
    )


def _told(reference: str, tell: Callable[[UUID, Member], Ticket]) -> Ticket:
    try:
        return tell(parcel_or_404(reference).holder_id, this_member())
    except CannotTell as error:
        raise Problem(409, "cannot-tell", str(error)) from error
