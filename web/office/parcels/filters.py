"""The filters of the list of parcels, as an address writes them; what makes no sense narrows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from werkzeug.datastructures import MultiDict

from codes.office.parcel_list import Filters, Matter, State
from web.http.moments import read_day
from web.i18n import N_

STATE_WORDS: Mapping[State, str] = {
    State.ANNOUNCED: N_("Announced"),
    State.OUT: N_("Out for delivery"),
    State.HANDED_OVER: N_("Handed over"),
    State.ENDED: N_("Cancelled or went back"),
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


def filters_in(asked: MultiDict[str, str]) -> Filters:
    """Read the filters of an address."""
    state, day = asked.get("state", ""), None
    with suppress(ValueError):
        day = read_day(asked.get("day", ""))
    return Filters(
        search=asked.get("search", "").strip()[:LONGEST_SEARCH],
        state=State(state) if state in set(State) else None,
        day=day,
        imported=_id_in(asked.get("import", "")),
        tour=_id_in(asked.get("tour", "")),
        sender=asked.get("sender", "").strip()[:100],
        point=_id_in(asked.get("point", "")),
        matters=frozenset(each for each in Matter if each in asked.getlist("show")),
    )


def _id_in(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None
