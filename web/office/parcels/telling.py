"""The office's ways to recipients without a smartphone: a call to the registered number, a letter on paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from codes.accounts.staff import Member, Role
from codes.recipients import code_requests
from codes.recipients.tickets import Ticket
from codes.store.transaction import Transaction
from codes.values.symbols import code128_png, qr_png
from web.http.access import for_roles, this_member
from web.http.links import as_data
from web.i18n import current_language, speak
from web.i18n.place_words import words_at
from web.office.parcels.parcels import parcel_or_404
from web.recipient.own_ticket import written_by
from web.services import services

blueprint = Blueprint("telling", __name__, url_prefix="/office")

SYMBOL_PIXELS = 16
BAR_PIXELS = 6


@blueprint.post("/read-out/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def read_out(reference: str) -> ResponseReturnValue:
    """Show the digits once, to be read out to the registered number and to nobody who calls."""
    if not services().codes.settings.read_out_by_phone:
        abort(404)
    ticket = _told(reference, code_requests.read_out)
    return render_template("office/parcels/read-out.html", here="office.parcels", ticket=ticket)


@blueprint.post("/letters/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def letter(reference: str) -> ResponseReturnValue:
    """Write a letter in the recipient's language, to be printed on A4."""
    if not services().codes.settings.print_letters:
        abort(404)
    return letters_page([_told(reference, code_requests.print_letter)])


def letters_page(tickets: Sequence[Ticket], left: Sequence[str] = ()) -> str:
    """Return a page of letters, each in its recipient's language; ``left`` are parcels that have none."""
    language = current_language().code
    sheets = [Markup(_sheet(ticket)) for ticket in tickets]
    speak(language if len(sheets) > 1 else tickets[0].language)
    return render_template("recipient/letters.html", sheets=sheets, left=left)


def _sheet(ticket: Ticket) -> str:
    assert ticket.code is not None
    speak(ticket.language)
    return render_template(
        "recipient/letter.html",
        ticket=ticket,
        place=words_at(ticket.place, current_language().code),
        house=written_by(ticket),
        symbol=as_data(qr_png(ticket.code.payload, module_pixels=SYMBOL_PIXELS)),
        bars=as_data(code128_png(ticket.code.payload, module_pixels=BAR_PIXELS, height_pixels=60 * BAR_PIXELS)),
    )


def _told(reference: str, tell: Callable[[Transaction, UUID, Member], Ticket]) -> Ticket:
    return services().codes.write(tell, parcel_or_404(reference).holder_id, this_member())
