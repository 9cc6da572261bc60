"""What open ticket pages know, and when each is to ask again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from codes import DeliveryCodes
from codes.recipients.tickets import Ticket, TicketState
from web.http.limits.poll_interval import Pace, PollIntervals

ASK_AGAIN = "Doorcode-Ask-Again"
"""The header that tells a page after how many milliseconds it asks again."""
NEAR_FOR = timedelta(minutes=30)
TRIED_FOR = timedelta(minutes=10)
MOST_REMEMBERED = 50_000


@dataclass(slots=True)
class PageState:
    """What a page was told last. It looks otherwise by itself at ``changes_at``."""

    tag: str
    version: int
    on_its_way: bool
    at_the_door_until: datetime | None
    changes_at: datetime | None
    asked: float

    def pace(self, now: datetime, *, held: bool) -> Pace:
        if self.at_the_door_until is not None and now < self.at_the_door_until:
            return Pace.AT_THE_DOOR
        if held:
            return Pace.IN_HAND
        return Pace.ON_ITS_WAY if self.on_its_way else Pace.CALM


class TicketPolling:
    """Remembers what the pages of this process know."""

    def __init__(
        self, codes: DeliveryCodes, polls_per_second: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._codes = codes
        self._monotonic = monotonic
        self._intervals = PollIntervals(polls_per_second)
        self._turn = threading.Lock()
        self._seen: dict[str, PageState] = {}

    def remember(self, key: str, ticket: Ticket, look: str, *, held: bool) -> dict[str, str]:
        """Remember what a page is told now; returns the headers that go with it."""
        now = self._codes.clock()
        state = PageState(
            tag=f'"{ticket.version}.{look}"',
            version=ticket.version,
            on_its_way=ticket.state is TicketState.OUT_FOR_DELIVERY,
            at_the_door_until=_at_the_door_until(ticket),
            changes_at=_changes_at(ticket, now),
            asked=self._monotonic(),
        )
        with self._turn:
            before = self._seen.pop(key, None)
            self._seen[key] = state
            if len(self._seen) > MOST_REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return self._headers(state, state.asked - before.asked if before else None, now, held=held)

    def state_of(self, key: str, tag: str) -> PageState | None:
        """Return what a page knows, if nothing but an event of its parcel could be news to it."""
        state = self._seen.get(key)
        if (
            state is None
            or state.tag != tag
            or (state.changes_at is not None and self._codes.clock() >= state.changes_at)
        ):
            return None
        return state

    def not_modified(self, state: PageState, *, held: bool) -> dict[str, str]:
        """Return the headers that go with the answer to a page that knows everything."""
        moment = self._monotonic()
        waited, state.asked = moment - state.asked, moment
        return self._headers(state, waited, self._codes.clock(), held=held)

    def _headers(self, state: PageState, waited: float | None, now: datetime, *, held: bool) -> dict[str, str]:
        pause = self._intervals.seconds(state.pace(now, held=held), waited, self._monotonic())
        return {"ETag": state.tag, ASK_AGAIN: str(round(pause * 1000))}


def _at_the_door_until(ticket: Ticket) -> datetime | None:
    if ticket.handed_over_at is not None:
        return None
    near, tried = ticket.progress.near_at, ticket.last_presentation
    ends = [near + NEAR_FOR] if near else []
    return max([*ends, tried.at + TRIED_FOR] if tried else ends, default=None)


def _changes_at(ticket: Ticket, now: datetime) -> datetime | None:
    moments: list[Any] = [ticket.over_at, ticket.code.expires_at if ticket.code else None]
    return min((each for each in moments if each is not None and each > now), default=None)
