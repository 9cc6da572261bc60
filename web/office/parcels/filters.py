"""The filters of the list of parcels, as an address writes them; what makes no sense narrows nothing."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from codes.office.parcel_list import Filters, Matter, State
from web.i18n import N_
from web.office.lists import asked_choice, asked_day, asked_id, asked_text

STATE_WORDS: Mapping[State, str] = {
    State.ANNOUNCED: N_("Announced"),
    State.OUT: N_("Out for delivery"),
    State.HANDED_OVER: N_("Handed over"),
    State.ENDED: N_("Cancelled or went back"),
    State.DELIVERED_ELSEWHERE: N_("Delivered elsewhere"),
}
MATTER_WORDS: Mapping[Matter, str] = {
    Matter.REPORTED: N_("Reported"),
    Matter.VISIT_FAILED: N_("Visit failed"),
    Matter.LOCKED: N_("Digits locked"),
    Matter.BLOCKED: N_("Blocked"),
    Matter.MAIL_FAILED: N_("Email not delivered"),
    Matter.ADDRESS: N_("Address in doubt"),
    Matter.CONFLICT: N_("Conflict"),
}
LONGEST_SEARCH = 254


def asked_filters() -> Filters:
    """Read the filters of the request's address."""
    return Filters(
        search=asked_text("search", LONGEST_SEARCH),
        state=asked_choice("state", State),
        day=asked_day(),
        imported=asked_id("import"),
        tour=asked_id("tour"),
        sender=asked_text("sender", 100),
        point=asked_id("point"),
        matters=frozenset(each for each in Matter if each in request.args.getlist("show")),
    )
