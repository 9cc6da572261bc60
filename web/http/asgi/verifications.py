"""Verifications before Flask: a thread for each costs more than judging does (docs/adr/0019)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from flask import Flask
from pydantic import ValidationError
from werkzeug.wrappers import Request

from codes.keys.keyring import KeyRingError
from codes.model import DeviceKind
from codes.store.batching import PipelineClosed
from codes.store.database import NoAnswer
from codes.verification.answering import StoredAnswer
from codes.verification.presentation import BadSignature, Presentation
from web.api.requests import PresentationBody, read_json
from web.http.access import device_session
from web.http.monitoring import metrics_of
from web.http.origin import is_foreign
from web.http.problems import Problem, problem_for
from web.http.security_headers import Reply, reply_to
from web.processes.troubles import UNCONFIRMED
from web.services import Services

PATH = "/api/v1/verifications"

AnswerOrError = StoredAnswer | Exception


class VerificationFastPath:
    """Answers drivers' devices that this process knows.

    Whatever is not plain is left to the view in ``web/api/devices/verifications.py``, which judges the same
    presentation again under the same id, and says what is wrong with it.
    """

    def __init__(self, app: Flask, services: Services) -> None:
        self._codes = services.codes
        self._answer_seconds = services.codes.database.patience.answer_seconds
        self._metrics = metrics_of(app)
        self._results: deque[tuple[asyncio.Future[AnswerOrError], AnswerOrError]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def answer(self, request: Request, body: bytes) -> Reply | None:
        """Return the answer, or None where the view has to say it."""
        began = time.monotonic()
        if request.query_string or not request.is_json or is_foreign(request):
            return None
        presentation = self._presentation(request, body)
        if presentation is None:
            return None
        result = await self._judged(presentation)
        if isinstance(result, (*UNCONFIRMED, KeyRingError)):
            return self._unknown(request, result, began)
        if not isinstance(result, StoredAnswer):
            return None
        # As Flask writes it, so that the same answer is the same bytes.
        content = f"{result.text}\n".encode()
        self._metrics.count("POST", PATH, 200, time.monotonic() - began)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        return reply_to(request, 200, headers, content)

    def _unknown(self, request: Request, error: Exception, began: float) -> Reply:
        """The view would only wait for the database once more, and the phone has no more time."""
        response = problem_for(error).response()
        self._metrics.count("POST", PATH, response.status_code, time.monotonic() - began)
        return reply_to(request, response.status_code, dict(response.headers), response.get_data())

    def _presentation(self, request: Request, body: bytes) -> Presentation | None:
        device = self._codes.devices.remembered(device_session(request))
        if device is None or device.kind is not DeviceKind.DRIVER:
            return None
        try:
            return read_json(PresentationBody, body).presentation(device.device_id)
        except (ValidationError, Problem):
            return None

    async def _judged(self, presentation: Presentation) -> AnswerOrError:
        self._loop = asyncio.get_running_loop()
        judged: asyncio.Future[AnswerOrError] = self._loop.create_future()

        def on_done(result: AnswerOrError) -> Callable[[], object]:
            self._results.append((judged, result))
            return self._wake

        try:
            self._codes.verification.submit(presentation, on_done)
        except (BadSignature, PipelineClosed) as error:
            return error
        late = self._loop.call_later(self._answer_seconds, self._give_up, judged)
        try:
            return await judged
        finally:
            late.cancel()

    def _give_up(self, judged: asyncio.Future[AnswerOrError]) -> None:
        if not judged.done():
            judged.set_result(NoAnswer(f"no answer of the database within {self._answer_seconds:g} s"))

    def _wake(self) -> None:
        assert self._loop is not None
        # Where the loop has ended, nobody waits any more; whoever commits has others to tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        while self._results:
            judged, result = self._results.popleft()
            if not judged.done():
                judged.set_result(result)
