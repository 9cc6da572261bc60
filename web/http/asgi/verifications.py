"""Verifications before Flask: a thread for each costs more than judging does (docs/adr/0019)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from flask import Flask
from pydantic import ValidationError
from werkzeug.wrappers import Request

from codes.model import DeviceKind
from codes.store.batching import PipelineClosed
from codes.verification.answering import StoredAnswer
from codes.verification.presentation import BadSignature, Presentation
from web.api.requests import PresentationBody
from web.http.access import device_session
from web.http.monitoring import metrics_of
from web.http.origin import is_foreign
from web.http.problems import Problem
from web.http.security_headers import Reply, reply_to
from web.services import Services

PATH = "/api/v1/verifications"

Outcome = StoredAnswer | Exception


class VerificationFastPath:
    """Answers drivers' devices that this process knows.

    Whatever is not plain is left to the view in ``web/api/devices/verifications.py``, which judges the same
    presentation again under the same id, and says what is wrong with it.
    """

    def __init__(self, app: Flask, services: Services) -> None:
        self._codes = services.codes
        self._metrics = metrics_of(app)
        self._outcomes: deque[tuple[asyncio.Future[Outcome], Outcome]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def answer(self, request: Request, body: bytes) -> Reply | None:
        """Return the answer, or None where the view has to say it."""
        began = time.monotonic()
        if request.query_string or not request.is_json or is_foreign(request):
            return None
        presentation = self._presentation(request, body)
        if presentation is None:
            return None
        outcome = await self._judged(presentation)
        if not isinstance(outcome, StoredAnswer):
            return None
        # As Flask writes it, so that the same answer is the same bytes.
        content = f"{outcome.text}\n".encode()
        self._metrics.count("POST", PATH, 200, time.monotonic() - began)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        return reply_to(request, 200, headers, content)

    def _presentation(self, request: Request, body: bytes) -> Presentation | None:
        device = self._codes.devices.remembered(device_session(request))
        if device is None or device.kind is not DeviceKind.DRIVER:
            return None
        try:
            return PresentationBody.model_validate_json(body).presentation(device.device_id)
        except (ValidationError, Problem):
            return None

    async def _judged(self, presentation: Presentation) -> Outcome:
        self._loop = asyncio.get_running_loop()
        judged: asyncio.Future[Outcome] = self._loop.create_future()

        def on_done(outcome: Outcome) -> Callable[[], object]:
            self._outcomes.append((judged, outcome))
            return self._wake

        try:
            self._codes.submit(presentation, on_done)
        except (BadSignature, PipelineClosed) as error:
            return error
        return await judged

    def _wake(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        while self._outcomes:
            judged, outcome = self._outcomes.popleft()
            if not judged.done():
                judged.set_result(outcome)
