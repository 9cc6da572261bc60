"""The waiting room before the application: one look at the database tells an open ticket page that nothing is new."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from codes import DeliveryCodes
from codes.tickets import Ticket, TicketState
from web.hardening import CONTENT_SECURITY_POLICY, HARDENING
from web.pacing import Pace, Pacing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AGAIN = "Doorcode-Ask-Again"
"""The header that tells a page after how many milliseconds it asks again."""
NEAR_FOR = timedelta(minutes=30)
TRIED_FOR = timedelta(minutes=10)
MOST_REMEMBERED = 50_000
_BEFORE, _AFTER = "/t/", "/status"
_HEADERS = [*HARDENING, ("Content-Security-Policy", CONTENT_SECURITY_POLICY), ("Cache-Control", "no-store")]
_HEADERS += [("Referrer-Policy", "no-referrer"), ("Content-Length", "0")]


@dataclass(slots=True)
class _Seen:
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


class WaitingRoom:
    """Remembers what the pages of this process know; whatever it does not know it leaves to the application."""

    def __init__(
        self, codes: DeliveryCodes, looks_per_second: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._codes = codes
        self._monotonic = monotonic
        self._pacing = Pacing(looks_per_second)
        self._turn = threading.Lock()
        self._seen: dict[str, _Seen] = {}

    def before(self, application: WSGIApplication) -> WSGIApplication:
        """Return the application with the waiting room before it."""

        def admit(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            path: str = environ["PATH_INFO"]
            if path.startswith(_BEFORE) and path.endswith(_AFTER) and environ["REQUEST_METHOD"] == "GET":
                key, known = path[len(_BEFORE) : -len(_AFTER)], environ.get("HTTP_IF_NONE_MATCH", "")
                headers = self._nothing_new(key, known, held=environ.get("QUERY_STRING") == "held")
                if headers:
                    start_response("304 NOT MODIFIED", headers)
                    return [b""]
            return application(environ, start_response)

        return admit

    def told(self, key: str, ticket: Ticket, look: str, *, held: bool) -> dict[str, str]:
        """Remember what a page is told now; returns the headers that go with it."""
        now = self._codes.clock()
        seen = _Seen(
            tag=f'"{ticket.version}.{look}"',
            version=ticket.version,
            on_its_way=ticket.state is TicketState.OUT_FOR_DELIVERY,
            at_the_door_until=_at_the_door_until(ticket),
            changes_at=_changes_at(ticket, now),
            asked=self._monotonic(),
        )
        with self._turn:
            before = self._seen.pop(key, None)
            self._seen[key] = seen
            if len(self._seen) > MOST_REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return self._headers(seen, seen.asked - before.asked if before else None, now, held=held)

    def _nothing_new(self, key: str, known: str, *, held: bool) -> list[tuple[str, str]] | None:
        seen, now = self._seen.get(key), self._codes.clock()
        if seen is None or seen.tag != known or (seen.changes_at is not None and now >= seen.changes_at):
            return None
        if self._codes.glance.version(key) != seen.version:
            return None
        moment = self._monotonic()
        waited, seen.asked = moment - seen.asked, moment
        return [*_HEADERS, *self._headers(seen, waited, now, held=held).items()]

    def _headers(self, seen: _Seen, waited: float | None, now: datetime, *, held: bool) -> dict[str, str]:
        pause = self._pacing.pause(seen.pace(now, held=held), waited, self._monotonic())
        return {"ETag": seen.tag, AGAIN: str(round(pause * 1000))}


def _at_the_door_until(ticket: Ticket) -> datetime | None:
    if ticket.handed_over_at is not None:
        return None
    near, tried = ticket.course.near_at, ticket.course.tried
    ends = [near + NEAR_FOR] if near else []
    return max([*ends, tried.at + TRIED_FOR] if tried else ends, default=None)


def _changes_at(ticket: Ticket, now: datetime) -> datetime | None:
    moments: list[Any] = [ticket.over_at, ticket.code.expires_at if ticket.code else None]
    return min((each for each in moments if each is not None and each > now), default=None)
