"""The recipient's page at its unguessable address: code, symbol, and what became of the parcel."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.keys.derivation import TICKET_KEY_LENGTH
from codes.life.contests import contestable_until
from codes.life.delegates import delegates_of
from codes.model import CodeState, HolderKind, Outcome
from codes.proving.chain import write_moment
from codes.recipients.code_requests import SentAgain, send_again_from
from codes.recipients.ticket_addresses import note_ticket_opened
from codes.recipients.tickets import Ticket, TicketParcel, TicketState
from codes.recipients.wishes import Wish, offered_to_holder
from web.http.access import by_address
from web.http.links import as_data, symbol_of_link
from web.http.security_headers import sending_to
from web.i18n import N_, current_language, text
from web.i18n.event_words import CONTEST_WORDS
from web.i18n.outcome_words import ATTEMPT_WORDS
from web.i18n.place_words import map_link, why_code, words_at
from web.recipient.own_ticket import CLOSED, code_tag, is_only_looked_at, is_reachable, ticket_at
from web.recipient.wallet import apple_link, google_action
from web.services import services
from web.wallet.google_link import SAVING_AT

blueprint = Blueprint("ticket", __name__, url_prefix="/t/<key>")

PROBLEMS = {
    CodeState.EXPIRED: N_("This code has expired"),
    CodeState.REVOKED: N_("This code was revoked"),
}
STATE_WORDS = {
    TicketState.ANNOUNCED: N_("Announced"),
    TicketState.OUT_FOR_DELIVERY: N_("Out for delivery"),
    TicketState.HANDED_OVER: N_("Handed over"),
    TicketState.CANCELLED: N_("Cancelled"),
    TicketState.RETURNED: N_("Sent back"),
    TicketState.DELIVERED_ELSEWHERE: N_("Delivered elsewhere"),
}
READY, NEAR = N_("Ready to collect"), N_("The driver is near")
DELEGATE_DAYS = 3
ASKED: dict[str, str] = {
    SentAgain.SENT: N_("The email is on its way."),
    SentAgain.TOO_SOON: N_("It was sent just now"),
}


@blueprint.get("", strict_slashes=False)
@by_address
def page(key: str) -> ResponseReturnValue:
    """Show the ticket in its holder's language. A phone may keep it as long as the header says."""
    if len(key) > TICKET_KEY_LENGTH:
        # Of a message, programs take a full stop or a bracket behind the link for a part of it.
        return redirect(url_for("ticket.page", key=key[:TICKET_KEY_LENGTH]))
    ticket = ticket_at(key)
    language, visit = current_language().code, ticket.progress.visit
    problem = PROBLEMS.get(ticket.code.state) if ticket.code else None
    asked = ASKED.get(request.args.get("asked", ""))
    contest_until = services().codes.read(contestable_until, ticket.recorded_at)
    google = google_action(key)
    response = make_response(
        render_template(
            "recipient/ticket.html",
            ticket=ticket,
            address=url_for("ticket.page", key=key),
            tag=code_tag(ticket.code) if ticket.code else "",
            given=[_given(parcel) for parcel in ticket.parcels if parcel.recorded_at],
            contest_words={kind: text(language, word) for kind, word in CONTEST_WORDS.items()},
            state_words={state: text(language, word) for state, word in STATE_WORDS.items()},
            problem=text(language, problem) if problem else None,
            news=_news(ticket),
            look=_look(ticket),
            visit_word=text(language, ATTEMPT_WORDS[visit.reason]) if visit else "",
            stands=text(language, _stands(ticket)),
            asked=text(language, asked) if asked else None,
            reachable=is_reachable(ticket),
            again_from=services().codes.read(send_again_from, ticket.holder_id),
            own=ticket.holder_kind is HolderKind.RECIPIENT,
            corrects_phone=services().codes.settings.wishes.phone and ticket.email is not None,
            wish=_wish_ahead(ticket),
            place=words_at(ticket.place, language),
            why=_why(ticket, language),
            apple=apple_link(key),
            google=google,
            map=map_link(ticket.waiting.place) if ticket.waiting else None,
            opened=request.args.get("open", ""),
            paper="strip" if request.args.get("paper") == "strip" else "a4",
            offered=services().codes.read(offered_to_holder, ticket.holder_id),
            **_delegation(ticket),
        )
    )
    if google:
        # Browsers hold a form's policy against the address that it is led on to, too.
        response.headers["Content-Security-Policy"] = sending_to(SAVING_AT)
    if keep_until := _keep_until(ticket, contest_until):
        response.headers["Doorcode-Keep-Until"] = write_moment(keep_until)
    return response


@blueprint.get("/status")
@by_address
def status(key: str) -> ResponseReturnValue:
    """Tell what became of the parcel, for the page that waits, and when it is to ask again."""
    ticket = ticket_at(key)
    if ticket.is_unopened and not is_only_looked_at():
        # The page asks by script, which readers of links in mail filters do not run.
        services().codes.write(note_ticket_opened, ticket.holder_id)
        ticket = ticket_at(key)
    headers = services().ticket_polling.remember(key, ticket, _look(ticket), held="held" in request.args)
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return "", 304, headers
    tried = ticket.last_presentation
    wrong = tried is not None and tried.outcome is Outcome.WRONG_CODE
    number = tried.match_number if tried and tried.match_number else ticket.match_number
    news = {
        # Of several parcels, one that was just handed over is told as such, though others are still to come.
        "state": TicketState.HANDED_OVER if number else ticket.state,
        "outcome": tried.outcome if tried else None,
        "match_number": number,
        "at": _news(ticket) or None,
        "details": {"tries_left": ticket.tries_left if wrong else None},
        "look": _look(ticket),
    }
    return news, 200, headers


def _why(ticket: Ticket, language: str) -> str:
    sentence, values = why_code(ticket.reason)
    return text(language, sentence, **values)


def _stands(ticket: Ticket) -> str:
    """Return the newest of what can be told of a parcel, in English."""
    if ticket.handed_over_at is not None or ticket.has_ended:
        return STATE_WORDS[ticket.state]
    if ticket.waiting is not None:
        return READY
    if ticket.progress.visit is not None:
        return ATTEMPT_WORDS[ticket.progress.visit.reason]
    return NEAR if ticket.progress.near_at is not None else STATE_WORDS[ticket.state]


def _wish_ahead(ticket: Ticket) -> Wish | None:
    """Return the wish that stands; a day on which nobody was home is over, and the recipient chooses anew."""
    wish, visit = ticket.wish, ticket.progress.visit
    over = wish is not None and wish.day is not None and visit is not None and visit.at > wish.wished_at
    return None if over else wish


def _news(ticket: Ticket) -> str:
    """Return the moment of the newest presentation; what happened before a page was opened is not shouted."""
    return ticket.last_presentation.at.isoformat() if ticket.last_presentation else ""


def _look(ticket: Ticket) -> str:
    """Return what changes when the page would look otherwise, so that it loads itself anew."""
    code, progress = ticket.code, ticket.progress
    shown = (
        ticket.is_blocked,
        code and (code.issued_at, code.state),
        ticket.out_for_delivery_at,
        progress.near_at,
        progress.visit,
    )
    told = (shown, ticket.handed_over_at, ticket.wish, ticket.parcels, ticket.look)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _given(parcel: TicketParcel) -> dict[str, Any]:
    """Return what the page shows of a parcel that came to somebody: what was reported, and until when more can be."""
    codes = services().codes
    return {
        "parcel": parcel,
        "most_bytes": services().scanner.max_upload_bytes,
        "reports": [(each, each.can_be_withdrawn_at(codes.clock())) for each in parcel.reports],
        "contest_until": codes.read(contestable_until, parcel.recorded_at),
        "takes_photo": codes.settings.contest_photos and not any(each.has_photo for each in parcel.reports),
    }


def _keep_until(ticket: Ticket, contest_until: datetime | None) -> datetime | None:
    """Return how long a phone is to keep the page for want of reception; None if there is nothing worth keeping."""
    if ticket.handed_over_at is not None:
        return contest_until
    if ticket.code is None or ticket.code.state in CLOSED or ticket.is_blocked:
        return None
    return ticket.code.expires_at


def _delegation(ticket: Ticket) -> dict[str, Any]:
    """Return who else may receive, and until when somebody could be named; nothing for whom that is no matter."""
    if ticket.holder_kind is not HolderKind.RECIPIENT or ticket.code is None or ticket.handed_over_at is not None:
        return {"delegates": (), "last_day": None, "first_day": None, "proposed_day": None}
    named = [each for each in services().codes.read(delegates_of, ticket.holder_id) if not each.withdrawn_at]
    links = {each.holder_id: url_for("ticket.page", key=each.ticket_key, _external=True) for each in named}
    first, last = services().codes.today(), services().codes.house.days.day_of(ticket.code.expires_at)
    return {
        "delegates": [(each, links[each.holder_id], as_data(symbol_of_link(links[each.holder_id]))) for each in named],
        "first_day": first,
        "last_day": last if last >= first else None,
        "proposed_day": min(last, first + timedelta(days=DELEGATE_DAYS)),
    }
