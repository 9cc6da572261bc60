"""The ASGI application: what is asked most is answered on the event loop, everything else by Flask in threads."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from web.http.access import Guard, NotSignedIn, device_session, guard_of, is_known
from web.http.asgi.body_reader import EMPTY, Body, BodyMemory, BodyShare, may_have_body, read_body, read_on
from web.http.asgi.bridge import Bridge, Message, Receive, Scope, Send, environ_of, put_body
from web.http.asgi.ticket_status import TicketStatusFastPath
from web.http.asgi.verifications import PATH, VerificationFastPath
from web.http.bodies import REFUSED_BODY, SMALL, BodyKind, kind_of, limits
from web.http.origin import proxy_correction
from web.http.security_headers import Reply
from web.services import Services


class AsgiApp:
    """Takes what the server received."""

    def __init__(self, app: Flask, services: Services) -> None:
        server = services.server
        self._app = app
        self._codes = services.codes
        self._threads = ThreadPoolExecutor(server.threads, "wsgi")
        self._flask = Bridge(app, self._threads)
        # What the database holds up takes the threads of all others, and a monitoring program is to hear just that.
        self._monitored = {
            "/healthz": Bridge(app, ThreadPoolExecutor(1, "healthz")),
            "/readyz": Bridge(app, ThreadPoolExecutor(2, "readyz")),
        }
        self._verifications = VerificationFastPath(app, services)
        self._ticket_status = TicketStatusFastPath(app, services)
        self._correct_for_proxies = proxy_correction(server.trusted_proxies, server.proxy_networks)
        self._limits = limits(services)
        self._memory = BodyMemory(server.body_memory_megabytes << 20, alone=self._limits[BodyKind.PROOF])
        self._body_seconds = server.body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        environ = environ_of(scope)
        self._correct_for_proxies(environ)
        request = Request(environ)
        if may_have_body(scope):
            await self._read_and_answer(request, receive, send)
        else:
            await self._answer(request, EMPTY, send)

    async def _read_and_answer(self, request: Request, receive: Receive, send: Send) -> None:
        known = self._codes.devices.remembered(device_session(request)) is not None
        share = self._memory.share(request.remote_addr or "", known=known)
        most = partial(self._most_bytes, share=share)
        began = time.monotonic()

        async def release_and_send(message: Message) -> None:
            # Who has heard the whole answer may send the next body at once.
            if message["type"] != "http.response.start" and not message.get("more_body", False):
                share.release()
            await send(message)

        try:
            body = await read_body(request, receive, share, most, self._body_seconds)
            await self._answer(request, body, release_and_send)
        finally:
            share.release()
        if body.rest:
            await read_on(receive, began + self._body_seconds - time.monotonic())

    async def _answer(self, request: Request, body: Body, send: Send) -> None:
        reply = await self._fast(request, body.content) if body.refused is None else None
        if reply is not None:
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            await send({"type": "http.response.body", "body": reply.body})
            return
        put_body(request.environ, body.content)
        if body.refused is not None:
            request.environ[REFUSED_BODY] = body.refused
        await self._monitored.get(request.path, self._flask)(request.environ, send)

    async def _fast(self, request: Request, body: bytes) -> Reply | None:
        """Return the answer to a plain case of what is asked most."""
        if request.method == "POST" and request.path == PATH:
            return await self._verifications.answer(request, body)
        return await self._ticket_status.answer(request) if request.method == "GET" else None

    async def _most_bytes(self, request: Request, share: BodyShare) -> int:
        """Return how much a caller may send; whoever has to be known and is not is refused by Flask, unread."""
        try:
            rule, _ = self._app.url_map.bind_to_environ(request.environ).match(return_rule=True)
        except HTTPException:
            return SMALL
        most = self._limits[kind_of(self._app, rule.endpoint, rule.rule, request.method)]
        guard = guard_of(self._app, rule.endpoint)
        if most > SMALL and guard is not Guard.PUBLIC:
            loop = asyncio.get_running_loop()
            if not await loop.run_in_executor(self._threads, is_known, self._codes, guard, request):
                raise NotSignedIn
            share.admit()
        return most
