"""What a holder asks for on the ticket page: a new code, the mail once more, somebody else who receives."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from codes.life import delegates
from codes.life.delegates import AlreadyOver, CannotName, TooManyAtOnce, TooManyNamed
from codes.model import Person
from codes.recipients import code_requests, wishes
from codes.recipients.code_requests import Asker, SentAgain
from codes.recipients.correcting import correct_own_phone
from codes.store.budgets import TooOften
from codes.values.phones import LONGEST, BadPhone, read_phone
from web.http.access import by_address
from web.http.forms import wished_in
from web.http.moments import read_day
from web.http.problems import Problem
from web.i18n import current_language, language_named
from web.outside_text import one_line
from web.recipient.own_ticket import is_reachable, open_code, ticket_at
from web.services import services

blueprint = Blueprint("ticket_wishes", __name__, url_prefix="/t/<key>")


@blueprint.post("/renew")
@by_address
def renew(key: str) -> ResponseReturnValue:
    """Send a new code and address to where the holder is registered; the old ones are dead at once."""
    ticket = ticket_at(key)
    if not is_reachable(ticket):
        raise Problem(409, "no-address", "nobody is registered to whom a new code could be sent; ask the sender")
    enough = services().codes.write(code_requests.renew, ticket.holder_id, Asker.HOLDER)
    if not enough:
        raise TooOften("a new code was asked for too often today")
    return redirect(url_for("ticket.page", key=key), 303)


@blueprint.post("/send-again")
@by_address
def send_again(key: str) -> ResponseReturnValue:
    """Send the same code by mail once more, to a holder who has one and an address."""
    ticket = ticket_at(key)
    if ticket.email is None or open_code(ticket) is None:
        raise Problem(409, "nothing-to-send", "there is no address or no code (any more)")
    result = services().codes.write(code_requests.send_again, ticket.holder_id, Asker.HOLDER)
    if result is SentAgain.TOO_OFTEN:
        raise TooOften("the mail was asked for too often today")
    return redirect(url_for("ticket.page", key=key, asked=result), 303)


@blueprint.post("/delegates")
@by_address
def name_delegate(key: str) -> ResponseReturnValue:
    """Name somebody who receives the parcel instead; they get a ticket of their own."""
    ticket = ticket_at(key)
    name = one_line(request.form.get("name", ""))
    if not name:
        raise Problem(422, "nobody-named", "say who receives the parcel")
    try:
        until = services().codes.house.days.last_second_of(read_day(request.form.get("until", "")))
        language = language_named(request.form.get("language"), default=current_language().code)
        services().codes.write(delegates.name_delegate, ticket.holder_id, Person(name, None, language.code), until)
    except (ValueError, OverflowError, AlreadyOver) as error:
        raise Problem(422, "wrong-day", "say until which day") from error
    except TooManyNamed as error:
        raise Problem(409, "too-many-named", str(error)) from error
    except TooManyAtOnce as error:
        raise Problem(409, "too-many-at-once", str(error)) from error
    except CannotName as error:
        raise Problem(409, "cannot-name", str(error)) from error
    return redirect(url_for("ticket.page", key=key, _anchor="named"), 303)


@blueprint.post("/delegates/<uuid:holder_id>/withdraw")
@by_address
def withdraw_delegate(key: str, holder_id: UUID) -> ResponseReturnValue:
    """Take a delegate's code back at once."""
    try:
        services().codes.write(delegates.withdraw_delegate, ticket_at(key).holder_id, holder_id)
    except CannotName as error:
        raise Problem(409, "cannot-name", str(error)) from error
    return redirect(url_for("ticket.page", key=key, _anchor="named"), 303)


@blueprint.post("/phone")
@by_address
def correct_phone(key: str) -> ResponseReturnValue:
    """Let the recipient's phone be another one, where the house allows it; the code is renewed and sent."""
    ticket = ticket_at(key)
    try:
        phone = read_phone(request.form.get("phone", "")[:LONGEST], services().codes.house.country)
    except BadPhone as error:
        raise Problem(422, "wrong-phone", str(error)) from error
    texts = services().mail.gateway is not None
    services().codes.write(correct_own_phone, ticket.holder_id, phone, texts=texts)
    return redirect(url_for("ticket.page", key=key), 303)


@blueprint.post("/wish")
@by_address
def wish(key: str) -> ResponseReturnValue:
    """Let the parcel come on another day or go to a pickup point; with neither, as it would have come."""
    holder_id, codes = ticket_at(key).holder_id, services().codes
    if wished := wished_in(request.form):
        codes.write(wishes.make_wish, holder_id, wished)
    else:
        codes.write(wishes.withdraw_wish, holder_id)
    return redirect(url_for("ticket.page", key=key, _anchor="wish"), 303)
