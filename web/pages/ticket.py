"""The recipient's page at its unguessable address: code, symbol, and what became of the parcel."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.judgement import CodeState
from codes.model import HolderKind, Outcome
from codes.proving.chain import write_moment
from codes.recipients.tickets import Ticket
from web.access import by_address
from web.i18n import COOKIE, N_, current_language, speak, text
from web.office_words import REPORT_WORDS
from web.pages.addresses import as_data, symbol_of_link
from web.pages.own_ticket import CLOSED, code_tag, ticket_at
from web.parts import parts
from web.wording import ATTEMPT_WORDS

blueprint = Blueprint("ticket", __name__, url_prefix="/t/<key>")

PROBLEMS = {
    CodeState.EXPIRED: N_("This code has expired"),
    CodeState.REVOKED: N_("This code was withdrawn"),
}
DELEGATE_DAYS = 3
ASKED = {"renewed": N_("Your new code is here. The old one opens nothing more."), "sent": N_("The mail is on its way.")}


@blueprint.get("")
@by_address
def page(key: str) -> ResponseReturnValue:
    """Show the ticket in its holder's language. A phone may keep it as long as the header says."""
    ticket = ticket_at(key)
    # Who has chosen a language here is not asked again; everybody else reads the one the sender named.
    if COOKIE not in request.cookies:
        speak(ticket.language)
    language, visit = current_language().code, ticket.course.visit
    problem = PROBLEMS.get(ticket.code.state) if ticket.code else None
    asked = ASKED.get(request.args.get("asked", ""))
    contest_until = parts().codes.contests.until(ticket.handed_over_at)
    response = make_response(
        render_template(
            "ticket.html",
            ticket=ticket,
            address=url_for("ticket.page", key=key),
            tag=code_tag(ticket.code) if ticket.code else "",
            contest_until=contest_until,
            reports=parts().codes.contests.of(ticket.parcel_id),
            report_words={kind: text(language, word) for kind, word in REPORT_WORDS.items()},
            problem=text(language, problem) if problem else None,
            news=_news(ticket),
            look=_look(ticket),
            visit_word=text(language, ATTEMPT_WORDS[visit.reason]) if visit else "",
            asked=text(language, asked) if asked else None,
            own=ticket.holder_kind is HolderKind.RECIPIENT,
            paper="strip" if request.args.get("paper") == "strip" else "a4",
            offered=parts().codes.wishes.offered(ticket.holder_id),
            **_delegation(ticket),
        )
    )
    if keep_until := _keep_until(ticket, contest_until):
        response.headers["Doorcode-Keep-Until"] = write_moment(keep_until)
    return response


@blueprint.get("/status")
@by_address
def status(key: str) -> ResponseReturnValue:
    """Tell what became of the parcel, for the page that waits, and when it is to ask again."""
    ticket = ticket_at(key)
    if ticket.opened_at is None:
        # The page asks by script, which readers of links in mail filters do not run.
        parts().codes.tours.note_opened(ticket.holder_id)
        ticket = ticket_at(key)
    headers = parts().waiting.told(key, ticket, _look(ticket), held="held" in request.args)
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return "", 304, headers
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
    return news, 200, headers


def _news(ticket: Ticket) -> str:
    """Return the moment of the newest presentation; what happened before a page was opened is not shouted."""
    return ticket.course.tried.at.isoformat() if ticket.course.tried else ""


def _look(ticket: Ticket) -> str:
    """Return what changes when the page would look otherwise, so that it loads itself anew."""
    code, course = ticket.code, ticket.course
    shown = (code and (code.issued_at, code.state), ticket.out_for_delivery_at, course.near_at, course.visit)
    return hashlib.sha256(repr((shown, ticket.handed_over_at, ticket.wish)).encode()).hexdigest()[:12]


def _keep_until(ticket: Ticket, contest_until: datetime | None) -> datetime | None:
    """Return how long a phone is to keep the page for want of reception; None if there is nothing worth keeping."""
    if ticket.handed_over_at is not None:
        return contest_until
    return ticket.code.expires_at if ticket.code and ticket.code.state not in CLOSED else None


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
