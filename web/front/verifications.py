"""Verifications before Flask: a thread for each costs more than judging does (docs/adr/0019)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import lru_cache

from flask import Flask
from pydantic import ValidationError
from werkzeug.http import parse_cookie

from codes.judging.answers import Recorded
from codes.judging.presentation import Presentation
from codes.model import DeviceKind
from codes.store.committing import CommitterClosed
from web.access import DEVICE_COOKIE
from web.api.requests import PresentationBody
from web.front.bridge import Scope
from web.front.replies import Hardening, Reply
from web.monitoring import meters_of
from web.parts import Parts
from web.problems import Problem

PATH = "/api/v1/verifications"
JSON = (b"content-type", b"application/json")
OWN_SITE = {b"same-origin", b"none"}

Headers = dict[bytes, bytes]
Outcome = Recorded | Exception


class QuickVerifications:
    """Answers drivers' devices that this process knows.

    Whatever is not plain is left to the view in ``web/api/verifications.py``, which judges the same
    presentation again under the same id, and says what is wrong with it.
    """

    def __init__(self, app: Flask, parts: Parts) -> None:
        self._codes = parts.codes
        self._meters = meters_of(app)
        self._most = parts.server.max_json_kilobytes * 1024
        self._hardening = Hardening(parts.server)
        self._outcomes: deque[tuple[asyncio.Future[Outcome], Outcome]] = deque()
        self._is_woken = False

    async def answer(self, scope: Scope, body: bytes) -> Reply | None:
        """Return the answer, or None where the view has to say it."""
        began = time.monotonic()
        headers: Headers = dict(scope["headers"])
        if scope["query_string"] or len(body) > self._most or not _from_own_page(headers):
            return None
        presentation = self._presentation(headers, body)
        if presentation is None:
            return None
        outcome = await self._judged(presentation)
        if not isinstance(outcome, Recorded):
            return None
        # As Flask writes it, so that the same answer is the same bytes.
        content = f"{outcome.text}\n".encode()
        self._meters.note("POST", PATH, 200, time.monotonic() - began)
        length = (b"content-length", b"%d" % len(content))
        return Reply(200, [JSON, *self._hardening.of(scope), length], content)

    def _presentation(self, headers: Headers, body: bytes) -> Presentation | None:
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
            return None
        device = self._codes.devices.remembered(_session_in(headers.get(b"cookie", b"")))
        if device is None or device.kind is not DeviceKind.DRIVER:
            return None
        try:
            return PresentationBody.model_validate_json(body).presentation(device.device_id)
        except (ValidationError, Problem):
            return None

    async def _judged(self, presentation: Presentation) -> Outcome:
        loop = asyncio.get_running_loop()
        judged: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            """Wake the loop once for a whole group: each waking costs as much as what it is woken for."""
            self._outcomes.append((judged, outcome))
            if not self._is_woken:
                self._is_woken = True
                loop.call_soon_threadsafe(self._tell)

        try:
            self._codes.hand_in(presentation, settle)
        except CommitterClosed as error:
            return error
        return await judged

    def _tell(self) -> None:
        # What is appended from here on wakes the loop again, or is still seen below.
        self._is_woken = False
        while self._outcomes:
            judged, outcome = self._outcomes.popleft()
            if not judged.done():
                judged.set_result(outcome)


@lru_cache(1024)
def _session_in(cookies: bytes) -> str:
    """Return a device's session; a device sends the same cookies with all that it asks."""
    return str(parse_cookie(cookies.decode("latin-1")).get(DEVICE_COOKIE, ""))


def _from_own_page(headers: Headers) -> bool:
    """Tell whether no other site can have sent it; in doubt the view looks closer."""
    site = headers.get(b"sec-fetch-site")
    return site in OWN_SITE if site is not None else b"origin" not in headers
