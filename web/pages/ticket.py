"""The recipient's page at its unguessable address: code, symbol, and what became of the parcel."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue

from codes.judgement import CodeState
from codes.symbols import code128_png, qr_png
from codes.tickets import ShownCode, Ticket
from web.access import public
from web.i18n import N_, current_language, speak, text
from web.office_words import REPORT_WORDS
from web.parts import parts

blueprint = Blueprint("ticket", __name__, url_prefix="/t/<key>")

PROBLEMS = {
    CodeState.EXPIRED: N_("This code has expired"),
    CodeState.REVOKED: N_("This code was withdrawn"),
}
SYMBOL_PIXELS = 20


@blueprint.get("")
@public
def page(key: str) -> ResponseReturnValue:
    """Show the ticket in its holder's language."""
    ticket = _ticket(key)
    speak(ticket.language)
    problem = PROBLEMS.get(ticket.code.state) if ticket.code else None
    return render_template(
        "ticket.html",
        ticket=ticket,
        address=url_for("ticket.page", key=key),
        contest_until=parts().codes.contests.until(ticket.handed_over_at),
        reports=parts().codes.contests.of(ticket.parcel_id),
        report_words={kind: text(current_language().code, word) for kind, word in REPORT_WORDS.items()},
        problem=text(current_language().code, problem) if problem else None,
        seen_at=ticket.last_presented_at.isoformat() if ticket.last_presented_at else "",
    )


@blueprint.get("/symbol.png")
@public
def symbol(key: str) -> ResponseReturnValue:
    """Draw the code as QR symbol."""
    return _picture(qr_png(_code(key).payload, module_pixels=SYMBOL_PIXELS))


@blueprint.get("/code128.png")
@public
def code128(key: str) -> ResponseReturnValue:
    """Draw the code as bars for laser scanners."""
    return _picture(code128_png(_code(key).payload))


@blueprint.get("/status")
@public
def status(key: str) -> ResponseReturnValue:
    """Tell what became of the parcel, for the page that waits."""
    ticket = _ticket(key)
    if ticket.opened_at is None:
        # The page asks by script, which readers of links in mail filters do not run.
        parts().codes.tours.note_opened(ticket.holder_id)
    return {
        "state": ticket.state,
        "outcome": ticket.last_outcome,
        "match_number": ticket.match_number,
        "at": ticket.last_presented_at.isoformat() if ticket.last_presented_at else None,
    }


def _ticket(key: str) -> Ticket:
    return parts().codes.ticket(key) or abort(404)


def _code(key: str) -> ShownCode:
    """The code to draw; what opens nothing any more is not drawn."""
    ticket = _ticket(key)
    if ticket.code is None or ticket.code.state in PROBLEMS or ticket.handed_over_at is not None:
        abort(404)
    return ticket.code


def _picture(png: bytes) -> Response:
    return Response(png, mimetype="image/png")
