"""The sender's colours and logo for a ticket page. They have addresses of their own, since no page holds styles."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from codes.integrations.looks import logo_of
from web.http.access import by_address
from web.looks.colours import style_sheet
from web.recipient.own_ticket import ticket_at
from web.services import services

blueprint = Blueprint("ticket_look", __name__, url_prefix="/t/<key>")


@blueprint.get("/look.css")
@by_address
def colours(key: str) -> ResponseReturnValue:
    """Give the sender's colours."""
    look = ticket_at(key).look or abort(404)
    return Response(style_sheet(look.accent, look.ink), mimetype="text/css")


@blueprint.get("/logo.png")
@by_address
def logo(key: str) -> ResponseReturnValue:
    """Give the sender's logo."""
    ticket = ticket_at(key)
    if ticket.look is None or ticket.look.logo_tag is None:
        abort(404)
    return Response(services().codes.read(logo_of, ticket.announced_by) or abort(404), mimetype="image/png")
