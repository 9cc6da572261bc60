"""Senders follow what happened, and count it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import Field, model_validator

from codes.accounts.api_keys import Scope
from codes.integrations.feed import FedEvent, events_from
from codes.office.statistics import by_day
from web.access import for_scope, this_sender
from web.api.requests import Strict
from web.parts import parts

blueprint = Blueprint("api_events", __name__, url_prefix="/api/v1")


class EventsQuery(Strict):
    """Where to go on, and how many places of the log to read."""

    cursor: Annotated[int, Field(ge=0, le=2**53)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class StatisticsQuery(Strict):
    """From which day to which, both included; at most a year."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> StatisticsQuery:
        if not timedelta(0) <= self.last - self.first <= timedelta(days=366):
            raise ValueError("last is first or later, by a year at most")
        if self.last == date.max:
            raise ValueError("last is too late")
        return self


@blueprint.get("/events")
@for_scope(Scope.EVENTS_READ)
def events() -> ResponseReturnValue:
    """List what happened and was sealed, in an order that never changes; `next` is the cursor to go on with."""
    query = EventsQuery.model_validate(request.args.to_dict())
    with parts().codes.database.reading() as connection:
        found, after = events_from(connection, query.cursor, query.limit, test=this_sender().test)
    return {"events": [event_document(each) for each in found], "next": after}


@blueprint.get("/statistics")
@for_scope(Scope.STATISTICS_READ)
def statistics() -> ResponseReturnValue:
    """Count by day what happened; never by driver."""
    query = StatisticsQuery.model_validate(request.args.to_dict())
    days = by_day(parts().codes.database, query.first, query.last)
    return {"days": [asdict(each) | {"day": each.day.isoformat()} for each in days]}


def event_document(event: FedEvent) -> dict[str, object]:
    """Return an event as it is told outside, here and by webhooks."""
    return {
        "event_id": event.event_id,
        "type": f"parcel.{event.kind}",
        "at": event.at.isoformat(),
        "parcel_id": str(event.parcel_id),
        "reference": event.reference,
        "facts": dict(event.facts),
    }
