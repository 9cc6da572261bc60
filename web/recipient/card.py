"""What a shop shows on its own page: the ticket's card in a frame, or a picture that says how the parcel stands."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from codes.model import CodeState
from codes.recipients.shop_pages import ShownState, shown_state, status_named
from codes.recipients.tickets import ShownCode, Ticket
from web.http.access import by_address, public
from web.http.security_headers import framed_by
from web.i18n import N_, current_language, speak, text
from web.i18n.place_words import words_at
from web.recipient.own_ticket import code_tag, ticket_at
from web.services import services

card_blueprint = Blueprint("ticket_card", __name__, url_prefix="/t/<key>")
picture_blueprint = Blueprint("status_picture", __name__, url_prefix="/status")

STATE_WORDS = {
    ShownState.ANNOUNCED: N_("Announced"),
    ShownState.OUT_FOR_DELIVERY: N_("Out for delivery"),
    ShownState.NOT_HANDED_OVER: N_("Delivery attempted"),
    ShownState.READY_TO_COLLECT: N_("Ready to collect"),
    ShownState.HANDED_OVER: N_("Handed over"),
    ShownState.CANCELLED: N_("Cancelled"),
    ShownState.RETURNED: N_("Sent back"),
    ShownState.DELIVERED_ELSEWHERE: N_("Delivered elsewhere"),
}
SIGN_PIXELS, EDGE_PIXELS = 12, 72
"""A picture has no way to measure its words: so wide is each sign of them at most, and what stands around them."""


@card_blueprint.get("/card")
@by_address
def card(key: str) -> ResponseReturnValue:
    """Show how the parcel stands, and its code where the house allows that, for a frame on a page of a named origin."""
    ticket, embedding = ticket_at(key), services().embedding
    if not embedding.origins:
        abort(404)
    speak(ticket.language)
    language = current_language().code
    code = _live_code(ticket) if embedding.code else None
    page = render_template(
        "recipient/card.html",
        state=text(language, STATE_WORDS[shown_state(ticket)]),
        house=services().mail.sender_name,
        look=ticket.look,
        address=url_for("ticket.page", key=key),
        code=code,
        tag=code_tag(code) if code else "",
        place=words_at(ticket.place, language),
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = framed_by(embedding.origins)
    return response


@picture_blueprint.get("/<name>.svg")
@public
def picture(name: str) -> ResponseReturnValue:
    """Draw in one word how a parcel stands. From this address nothing leads to its code, its ticket or its people."""
    state, language = services().codes.read(status_named, name) or abort(404)
    speak(language)
    words = text(current_language().code, STATE_WORDS[state])
    width = EDGE_PIXELS + SIGN_PIXELS * len(words)
    drawn = render_template("recipient/status.svg", words=words, width=width)
    # Pages of shops are other sites, and are to show it.
    return Response(drawn, mimetype="image/svg+xml", headers={"Cross-Origin-Resource-Policy": "cross-origin"})


def _live_code(ticket: Ticket) -> ShownCode | None:
    if ticket.code is None or ticket.code.state is not CodeState.LIVE:
        return None
    return None if ticket.handed_over_at is not None or ticket.is_blocked else ticket.code
