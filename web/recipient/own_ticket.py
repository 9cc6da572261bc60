"""The ticket at an address: found, gone, or over; and what of its code may still be drawn."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from flask import abort, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from codes.model import CodeState
from codes.recipients.ticket_addresses import FormerTicket, former_ticket
from codes.recipients.tickets import ShownCode, Ticket, ticket_of_key
from web.http.problems import Problem
from web.i18n import COOKIE, N_, current_language, local_time, speak, text
from web.services import services

MOVED = {
    False: (
        "mail",
        N_("A newer message was sent"),
        N_("It was sent on %(moment)s, and its link leads to your ticket. This page no longer shows anything."),
    ),
    True: (
        "old-code",
        N_("This ticket was withdrawn"),
        N_("It was withdrawn on %(moment)s. Please ask the person who named you."),
    ),
}
"""What an old address says, by whether its holder was withdrawn: a picture, a heading, a sentence."""
CLOSED = frozenset({CodeState.EXPIRED, CodeState.REVOKED})
"""Codes that open nothing any more."""


class TicketMoved(Problem):
    """An old address: it shows when it was replaced, and takes nothing."""

    def __init__(self, former: FormerTicket) -> None:
        super().__init__(410, "ticket-moved", "there is a newer address, or the holder was withdrawn")
        self.former = former


def moved_page(former: FormerTicket) -> str:
    """Say what became of a ticket in its holder's language, as its page did."""
    _speak_to_holder(former.language)
    language = current_language().code
    picture, heading, line = MOVED[former.withdrawn]
    line = text(language, line, moment=local_time(language, former.ended_at, services().codes.house))
    return render_template("notice.html", picture=picture, heading=text(language, heading), lines=[line])


def ticket_at(key: str) -> Ticket:
    """Return the ticket at this address; 404 if there is none, 410 once it was replaced or its purpose is over.

    From here on the request is answered in its holder's language, unless they have chosen another one here.
    """
    ticket = services().codes.read(ticket_of_key, key)
    if ticket is None:
        raise TicketMoved(services().codes.read(former_ticket, key) or abort(404))
    _speak_to_holder(ticket.language)
    if ticket.is_over_at(services().codes.clock()):
        raise Problem(410, "ticket-over", "this page has ended with its parcel")
    g.ticket_page = url_for("ticket.page", key=key)
    return ticket


def ticket_page() -> str | None:
    """Return the ticket page that this request is about, if it is about one."""
    page: str | None = g.get("ticket_page")
    return page


def page_above() -> str | None:
    """Return the ticket page of a form whose address is opened by itself, as a browser does that brings a tab back."""
    own = _key_asked_for()
    return url_for("ticket.page", key=own) if request.method == "GET" and own else None


def know_ticket() -> None:
    """Look the ticket up whose form was refused unread, so that the answer is in its language and has the way back."""
    own = _key_asked_for()
    if own and ticket_page() is None:
        with suppress(Problem, HTTPException):
            ticket_at(own)


def _key_asked_for() -> str:
    asked, _, key = request.path.removeprefix("/").partition("/")
    return key.partition("/")[0] if asked == "t" else ""


def is_only_looked_at() -> bool:
    """Tell whether nobody asked for this yet: a browser fetches ahead, or a filter asks what a link leads to."""
    ahead = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or request.headers.get("X-Moz")
    return request.method == "HEAD" or (ahead or "").startswith("prefetch")


def is_reachable(ticket: Ticket) -> bool:
    """Tell whether a message with a new code reaches its holder; on this page it is never shown."""
    return ticket.email is not None or (ticket.phone is not None and services().mail.gateway is not None)


def code_at(key: str, tag: str | None = None) -> ShownCode:
    """Return the code to draw; neither what opens nothing any more nor a newer one than was asked for."""
    code = open_code(ticket_at(key))
    if code is None or (tag is not None and tag != code_tag(code)):
        abort(404)
    return code


def open_code(ticket: Ticket) -> ShownCode | None:
    """Return a ticket's code if it still opens something."""
    over = ticket.handed_over_at is not None or ticket.is_blocked
    return None if over or ticket.code is None or ticket.code.state in CLOSED else ticket.code


def written_by(ticket: Ticket) -> str:
    """Return who a ticket's pages, papers and passes say they are by: its sender, where that is set, or the house."""
    return ticket.look.name if ticket.look else services().mail.sender_name


def _speak_to_holder(language: str) -> None:
    if COOKIE not in request.cookies:
        speak(language)


def code_tag(code: ShownCode) -> str:
    """Return what tells one code of a holder from the next, in the addresses of its pictures."""
    return hashlib.sha256(code.payload.encode()).hexdigest()[:12]
