"""The ticket at an address: found, gone, or over; and what of its code may still be drawn."""

from __future__ import annotations

import hashlib

from flask import abort

from codes.judgement import CodeState
from codes.recipients.tickets import ShownCode, Ticket
from web.parts import parts
from web.problems import Problem

CLOSED = frozenset({CodeState.EXPIRED, CodeState.REVOKED})
"""Codes that open nothing any more."""


def ticket_at(key: str) -> Ticket:
    """Return the ticket at this address; 404 if there is none, 410 once its purpose is over."""
    ticket = parts().codes.ticket(key) or abort(404)
    if ticket.is_over_at(parts().codes.clock()):
        raise Problem(410, "ticket-over", "this page has ended with its parcel")
    return ticket


def code_at(key: str, tag: str | None = None) -> ShownCode:
    """Return the code to draw; neither what opens nothing any more nor a newer one than was asked for."""
    ticket = ticket_at(key)
    if ticket.code is None or ticket.code.state in CLOSED or ticket.handed_over_at is not None:
        abort(404)
    if tag is not None and tag != code_tag(ticket.code):
        abort(404)
    return ticket.code


def code_tag(code: ShownCode) -> str:
    """Return what tells one code of a holder from the next, in the addresses of its pictures."""
    return hashlib.sha256(code.payload.encode()).hexdigest()[:12]
