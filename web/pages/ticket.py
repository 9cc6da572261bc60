"""The recipient's page at its unguessable address: code, symbol, and what became of the parcel."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.asking_again import TooOften
from codes.delegates import CannotName
from codes.issuing import NothingToRenew
from codes.judgement import CodeState
from codes.model import HolderKind, Outcome, Person
from codes.symbols import code128_png, keepsake_png, qr_png
from codes.tickets import ShownCode, Ticket
from web.access import public
from web.i18n import COOKIE, N_, current_language, language_named, speak, text
from web.mail.addresses import one_line
from web.office_words import REPORT_WORDS
from web.pages.addresses import as_data, symbol_of_link
from web.parts import parts
from web.problems import Problem
from web.wording import ATTEMPT_WORDS

blueprint = Blueprint("ticket", __name__, url_prefix="/t/<key>")

PROBLEMS = {
    CodeState.EXPIRED: N_("This code has expired"),
    CodeState.REVOKED: N_("This code was withdrawn"),
}
SYMBOL_PIXELS = 20
DELEGATE_DAYS = 3
ASKED = {"renewed": N_("Your new code is here. The old one opens nothing more."), "sent": N_("The mail is on its way.")}


@blueprint.get("")
@public
def page(key: str) -> ResponseReturnValue:
    """Show the ticket in its holder's language."""
    ticket = _ticket(key)
    # Who has chosen a language here is not asked again; everybody else reads the one the sender named.
    if COOKIE not in request.cookies:
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
        news=_news(ticket),
        look=_look(ticket),
        visit_word=text(current_language().code, ATTEMPT_WORDS[ticket.course.visit.reason])
        if ticket.course.visit
        else "",
        asked=text(current_language().code, ASKED[request.args["asked"]])
        if request.args.get("asked") in ASKED
        else None,
        own=ticket.holder_kind is HolderKind.RECIPIENT,
        paper="strip" if request.args.get("paper") == "strip" else "a4",
        **_delegation(ticket),
    )


@blueprint.post("/renew")
@public
def renew(key: str) -> ResponseReturnValue:
    """Give the holder a new code; the old one is dead at once."""
    try:
        parts().codes.renew_by_holder(_ticket(key).holder_id)
    except NothingToRenew as error:
        raise Problem(409, "nothing-to-renew", str(error)) from error
    except TooOften as error:
        raise Problem(429, "too-often", str(error)) from error
    return redirect(url_for("ticket.page", key=key, asked="renewed"), 303)


@blueprint.post("/send-again")
@public
def send_again(key: str) -> ResponseReturnValue:
    """Send the same code by mail once more."""
    try:
        parts().codes.send_again_to_holder(_code_holder(key))
    except TooOften as error:
        raise Problem(429, "too-often", str(error)) from error
    return redirect(url_for("ticket.page", key=key, asked="sent"), 303)


@blueprint.post("/delegates")
@public
def name_delegate(key: str) -> ResponseReturnValue:
    """Name somebody who receives the parcel instead; they get a ticket of their own."""
    ticket = _ticket(key)
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
@public
def withdraw_delegate(key: str, holder_id: UUID) -> ResponseReturnValue:
    """Take a delegate's code back at once."""
    try:
        parts().codes.delegates.withdraw(_ticket(key).holder_id, holder_id)
    except CannotName as error:
        raise Problem(409, "cannot-name", str(error)) from error
    return redirect(url_for("ticket.page", key=key, _anchor="delegates"), 303)


@blueprint.get("/symbol.png")
@public
def symbol(key: str) -> ResponseReturnValue:
    """Draw the code as QR symbol."""
    return _picture(qr_png(_code(key).payload, module_pixels=SYMBOL_PIXELS))


@blueprint.get("/picture.png")
@public
def picture(key: str) -> ResponseReturnValue:
    """Draw symbol and digits as one picture, to be kept where there is no reception."""
    code = _code(key)
    return _picture(keepsake_png(code.payload, code.digits))


@blueprint.get("/code128.png")
@public
def code128(key: str) -> ResponseReturnValue:
    """Draw the code as bars for laser scanners."""
    return _picture(code128_png(_code(key).payload))


@blueprint.get("/status")
@public
def status(key: str) -> ResponseReturnValue:
    """Tell what became of the parcel, for the page that waits; one look where nothing has happened."""
    version = parts().codes.ticket_version(key)
    if version is None:
        abort(404)
    if request.if_none_match.contains(str(version)):
        return "", 304, {"ETag": f'"{version}"'}
    ticket = _ticket(key)
    if ticket.opened_at is None:
        # The page asks by script, which readers of links in mail filters do not run.
        parts().codes.tours.note_opened(ticket.holder_id)
    tried = ticket.course.tried
    wrong = tried is not None and tried.outcome is Outcome.WRONG_CODE
    news = {
        "state": ticket.state,
        "outcome": tried.outcome if tried else None,
        "match_number": ticket.match_number,
        "at": _news(ticket) or None,
        "details": {"tries_left": ticket.tries_left if wrong else None},
        "look": _look(ticket),
    }
    return news, 200, {"ETag": f'"{ticket.version}"'}


def _news(ticket: Ticket) -> str:
    """Return the moment of the newest presentation; what happened before a page was opened is not shouted."""
    return ticket.course.tried.at.isoformat() if ticket.course.tried else ""


def _look(ticket: Ticket) -> str:
    """Return what changes when the page would look otherwise, so that it loads itself anew."""
    code, course = ticket.code, ticket.course
    shown = (code and (code.issued_at, code.state), ticket.out_for_delivery_at, course.near_at, course.visit)
    return hashlib.sha256(repr((shown, ticket.handed_over_at)).encode()).hexdigest()[:12]


def _delegation(ticket: Ticket) -> dict[str, Any]:
    """Return who else may receive, and until when somebody could be named; nothing for whom that is no matter."""
    if ticket.holder_kind is not HolderKind.RECIPIENT or ticket.code is None or ticket.handed_over_at is not None:
        return {"delegates": (), "last_day": None, "first_day": None, "proposed_day": None}
    now = parts().codes.clock()
    named = [each for each in parts().codes.delegates.of(ticket.holder_id) if not each.withdrawn_at]
    links = {each.holder_id: url_for("ticket.page", key=each.ticket_key, _external=True) for each in named}
    first, last = now.astimezone().date(), ticket.code.expires_at.astimezone().date()
    return {
        "delegates": [(each, links[each.holder_id], as_data(symbol_of_link(links[each.holder_id]))) for each in named],
        "first_day": first,
        "last_day": last if last >= first else None,
        "proposed_day": min(last, first + timedelta(days=DELEGATE_DAYS)),
    }


def _end_of(day: date) -> datetime:
    """Return the end of a day where the house stands."""
    return datetime.combine(day, time(23, 59, 59)).astimezone()


def _code_holder(key: str) -> UUID:
    """The holder whose code can be sent: there has to be one, and an address."""
    ticket = _ticket(key)
    if ticket.email is None or _code(key) is None:
        abort(404)
    return ticket.holder_id


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
