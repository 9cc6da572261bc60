"""Looks of open ticket pages before Flask: most of them learn that nothing is new (docs/adr/0017)."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask import Flask

from web.front.bridge import Scope
from web.front.replies import Hardening, Reply, written
from web.monitoring import meters_of
from web.parts import Parts

ROUTE = "/t/<key>/status"
GATHERED_SECONDS = 0.03
"""Looks wait so long for each other: the database is asked once for all of them, and one thread is woken."""
_BEFORE, _AFTER = ROUTE.split("<key>")
_HELD = {b"": False, b"held": True}

Versions = dict[str, int]


class QuickLooks:
    """Answers pages that this process has told the newest state; whatever it does not know is left to the view."""

    def __init__(self, app: Flask, parts: Parts) -> None:
        self._room = parts.waiting
        self._versions = parts.codes.glance.versions
        self._meters = meters_of(app)
        self._hardening = Hardening(parts.server, secret=True)
        self._thread = ThreadPoolExecutor(1, "looks")
        self._asked: list[tuple[str, asyncio.Future[int | None]]] = []

    async def answer(self, scope: Scope) -> Reply | None:
        """Return the answer, or None where the view has to say it."""
        began, path = time.monotonic(), scope["path"]
        held = _HELD.get(scope["query_string"])
        if held is None or not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
            return None
        key, tag = path[len(_BEFORE) : -len(_AFTER)], dict(scope["headers"]).get(b"if-none-match", b"")
        seen = self._room.seen(key, tag.decode("latin-1"))
        if seen is None or await self._version(key) != seen.version:
            return None
        headers = written(list(self._room.nothing_new(seen, held=held).items()))
        self._meters.note("GET", ROUTE, 304, time.monotonic() - began)
        return Reply(304, [*self._hardening.of(scope), *headers], b"")

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
        found = loop.run_in_executor(self._thread, self._versions, [key for key, _ in asked])
        found.add_done_callback(partial(_tell, asked))


def _tell(asked: list[tuple[str, asyncio.Future[int | None]]], found: asyncio.Future[Versions]) -> None:
    """Say what was found. Where the database did not answer, the view asks it again, and says so."""
    versions = {} if found.exception() else found.result()
    for key, version in asked:
        if not version.done():
            version.set_result(versions.get(key))
