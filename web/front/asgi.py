"""The ASGI application: what is asked most is answered on the event loop, everything else by Flask in threads."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask

from web.front.bridge import Bridge, Message, Receive, Scope, Send
from web.front.looks import QuickLooks
from web.front.replies import Reply
from web.front.verifications import PATH, QuickVerifications
from web.parts import Parts

AT_ONCE = 1 << 16
"""Bodies up to so many bytes are read before a thread is taken, so that a slow phone holds none."""
CLOSING = [(b"content-type", b"text/plain")]


class Front:
    """Takes what the server received."""

    def __init__(self, app: Flask, parts: Parts) -> None:
        self._flask = Bridge(app, parts.server.threads)
        self._verifications = QuickVerifications(app, parts)
        self._looks = QuickLooks(app, parts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        beginning, whole = await beginning_of(receive)
        reply = await self._quick(scope, beginning) if whole else None
        if reply is not None:
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            await send({"type": "http.response.body", "body": reply.body})
            return
        if not whole and not any(name == b"content-length" for name, _ in scope["headers"]):
            await send({"type": "http.response.start", "status": HTTPStatus.LENGTH_REQUIRED, "headers": CLOSING})
            await send({"type": "http.response.body", "body": b"send the length of the body (Content-Length)\n"})
            return
        await self._flask(scope, beginning, None if whole else receive, send)

    async def _quick(self, scope: Scope, body: bytes) -> Reply | None:
        """Return the answer to a plain case of what is asked most."""
        if scope["method"] == "POST" and scope["path"] == PATH:
            return await self._verifications.answer(scope, body)
        return await self._looks.answer(scope) if scope["method"] == "GET" else None


async def beginning_of(receive: Receive) -> tuple[bytes, bool]:
    """Read a body's beginning; tells whether that is all of it."""
    message: Message = await receive()
    body = bytearray(message.get("body", b""))
    while message.get("more_body", False):
        if len(body) >= AT_ONCE:
            return bytes(body), False
        message = await receive()
        body += message.get("body", b"")
    return bytes(body), True
