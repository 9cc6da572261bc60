"""Polls of open ticket pages before Flask: most of them learn that nothing is new (docs/adr/0017)."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask import Flask
from werkzeug.wrappers import Request

from codes.recipients.ticket_addresses import ticket_versions
from web.http.monitoring import metrics_of
from web.http.security_headers import Reply, reply_to
from web.services import Services

ROUTE = "/t/<key>/status"
GATHERED_SECONDS = 0.03
"""Polls wait so long for each other: the database is asked once for all of them, and one thread is woken."""
_BEFORE, _AFTER = ROUTE.split("<key>")
_HELD = {b"": False, b"held": True}

Versions = dict[str, int]


class TicketStatusFastPath:
    """Answers pages that this process has told the newest state; whatever it does not know is left to the view."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._polling = services.ticket_polling
        self._codes = services.codes
        self._metrics = metrics_of(app)
        self._thread = ThreadPoolExecutor(1, "ticket-versions")
        self._asked: list[tuple[str, asyncio.Future[int | None]]] = []

    async def answer(self, request: Request) -> Reply | None:
        """Return the answer, or None where the view has to say it."""
        began, path = time.monotonic(), request.path
        held = _HELD.get(request.query_string)
        if held is None or not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
            return None
        key = path[len(_BEFORE) : -len(_AFTER)]
        state = self._polling.state_of(key, request.headers.get("If-None-Match", ""))
        if state is None or await self._version(key) != state.version:
            return None
        headers = self._polling.not_modified(state, held=held)
        self._metrics.count("GET", ROUTE, 304, time.monotonic() - began)
        return reply_to(request, 304, headers)

    def _version(self, key: str) -> asyncio.Future[int | None]:
        """Ask for a parcel's newest version, together with all who ask soon; None if there is none to be had."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_later(GATHERED_SECONDS, self._ask, loop)
        version: asyncio.Future[int | None] = loop.create_future()
        self._asked.append((key, version))
        return version

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._asked = self._asked, []
        found = loop.run_in_executor(self._thread, self._codes.read, ticket_versions, [key for key, _ in asked])
        found.add_done_callback(partial(_tell, asked))


def _tell(asked: list[tuple[str, asyncio.Future[int | None]]], found: asyncio.Future[Versions]) -> None:
    """Say what was found. Where the database did not answer, the view asks it again, and says so."""
    versions = {} if found.exception() else found.result()
    for key, version in asked:
        if not version.done():
            version.set_result(versions.get(key))
