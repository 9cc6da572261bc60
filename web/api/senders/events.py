"""Senders follow what happened, and count it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated

from flask import Blueprint, request
from pydantic import Field, model_validator

from codes.accounts.api_keys import Scope
from codes.integrations.feed import FedEvent, events_from
from codes.office.statistics import by_day
from web.api.answers import DayAnswer, EventAnswer, EventsAnswer, StatisticsAnswer
from web.api.operations import operation
from web.api.requests import Strict
from web.http.access import for_scope, this_sender
from web.services import services

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
@operation({200: EventsAnswer, 304: None}, query=EventsQuery)
def events() -> EventsAnswer:
    """List what happened and was sealed, in an order that never changes; `next` is the cursor to go on with."""
    query = EventsQuery.model_validate(request.args.to_dict())
    found, after = services().codes.read(events_from, query.cursor, query.limit, this_sender().realm)
    return EventsAnswer(events=[_answer(each) for each in found], next=after)


@blueprint.get("/statistics")
@for_scope(Scope.STATISTICS_READ)
@operation({200: StatisticsAnswer, 304: None}, query=StatisticsQuery)
def statistics() -> StatisticsAnswer:
    """Count by day what happened; never by driver."""
    query = StatisticsQuery.model_validate(request.args.to_dict())
    days = services().codes.read(by_day, query.first, query.last, this_sender().realm)
    return StatisticsAnswer(days=[DayAnswer(**asdict(each) | {"day": each.day.isoformat()}) for each in days])


def _answer(event: FedEvent) -> EventAnswer:
    return EventAnswer.from_record(event, type=f"parcel.{event.kind}", facts=dict(event.facts))
