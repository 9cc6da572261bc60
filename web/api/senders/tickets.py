"""Senders are told where a parcel's ticket is, for their own pages. Whoever opens it sees the code."""

from __future__ import annotations

from flask import Blueprint, url_for

from codes.accounts.api_keys import Scope
from codes.recipients.shop_pages import tell_ticket, told_ticket
from web.api.answers import TicketAnswer
from web.api.operations import operation
from web.api.senders.parcels import found
from web.http.access import for_scope, this_sender
from web.services import services

blueprint = Blueprint("api_tickets", __name__, url_prefix="/api/v1/parcels")


@blueprint.get("/<path:reference>/ticket")
@for_scope(Scope.TICKETS_READ)
@operation({200: TicketAnswer, 304: None}, 404, 429)
def ticket(reference: str) -> TicketAnswer:
    """Tell the key that announced a parcel where its ticket page is; the parcel's record says that it was told."""
    codes, parcel = services().codes, found(reference)
    whose = parcel.parcel_id, parcel.holder_id, this_sender()
    told = codes.read(told_ticket, *whose) or codes.write(tell_ticket, *whose)
    pages = services().pages_url.rstrip("/")
    card = url_for("ticket_card.card", key=told.ticket_key) if services().embedding.origins else None
    return TicketAnswer(
        ticket=pages + url_for("ticket.page", key=told.ticket_key),
        card=card and pages + card,
        status_picture=pages + url_for("status_picture.picture", name=told.status_name),
    )
