"""What a holder asks for on the ticket page: a new code, the mail once more, somebody else who receives."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from codes.life.delegates import CannotName
from codes.life.issuing import NothingToRenew
from codes.model import Person
from codes.recipients.wishes import CannotWish
from web.access import by_address
from web.i18n import current_language, language_named
from web.mail.addresses import one_line
from web.pages.own_ticket import code_at, ticket_at
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("ticket_wishes", __name__, url_prefix="/t/<key>")


@blueprint.post("/renew")
@by_address
def renew(key: str) -> ResponseReturnValue:
    """Give the holder a new code; the old one is dead at once."""
    try:
        parts().codes.renew_by_holder(ticket_at(key).holder_id)
    except NothingToRenew as error:
        raise Problem(409, "nothing-to-renew", str(error)) from error
    return redirect(url_for("ticket.page", key=key, asked="renewed"), 303)


@blueprint.post("/send-again")
@by_address
def send_again(key: str) -> ResponseReturnValue:
    """Send the same code by mail once more, to a holder who has one and an address."""
    ticket = ticket_at(key)
    if ticket.email is None or code_at(key) is None:
        abort(404)
    parts().codes.send_again_to_holder(ticket.holder_id)
    return redirect(url_for("ticket.page", key=key, asked="sent"), 303)


@blueprint.post("/delegates")
@by_address
def name_delegate(key: str) -> ResponseReturnValue:
    """Name somebody who receives the parcel instead; they get a ticket of their own."""
    ticket = ticket_at(key)
    name = one_line(request.form.get("name", ""))
    if not name:
        raise Problem(422, "invalid-request", "say who receives the parcel")
    try:
        until = _end_of(date.fromisoformat(request.form.get("until", "")))
        language = language_named(request.form.get("language"), default=current_language().code)
        parts().codes.delegates.name(ticket.holder_id, Person(name, None, language.code), until)
    except ValueError as error:
        raise Problem(422, "invalid-request", "say until which day") from error
    except CannotName as error:
        raise Problem(409, "cannot-name", str(error)) from error
    return redirect(url_for("ticket.page", key=key, _anchor="delegates"), 303)


@blueprint.post("/delegates/<uuid:holder_id>/withdraw")
@by_address
def withdraw_delegate(key: str, holder_id: UUID) -> ResponseReturnValue:
    """Take a delegate's code back at once."""
    try:
        parts().codes.delegates.withdraw(ticket_at(key).holder_id, holder_id)
    except CannotName as error:
        raise Problem(409, "cannot-name", str(error)) from error
    return redirect(url_for("ticket.page", key=key, _anchor="delegates"), 303)


@blueprint.post("/wish")
@by_address
def wish(key: str) -> ResponseReturnValue:
    """Let the parcel come on another day or go to a pickup point; with neither, as it would have come."""
    holder_id, wishes = ticket_at(key).holder_id, parts().codes.wishes
    day, point = request.form.get("day"), request.form.get("point")
    try:
        if day:
            wishes.another_day(holder_id, date.fromisoformat(day))
        elif point:
            wishes.at_point(holder_id, UUID(point))
        else:
            wishes.withdraw(holder_id)
    except ValueError as error:
        raise Problem(422, "invalid-request", "choose a day or a pickup point") from error
    except CannotWish as error:
        raise Problem(409, "cannot-wish", str(error)) from error
    return redirect(url_for("ticket.page", key=key, _anchor="wish"), 303)


def _end_of(day: date) -> datetime:
    """Return the end of a day where the house stands."""
    return datetime.combine(day, time(23, 59, 59)).astimezone()
