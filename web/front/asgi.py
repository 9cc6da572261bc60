"""The ASGI application: drivers' verifications are answered on the event loop, everything else by Flask in threads."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask

from web.front.bridge import Bridge, Message, Receive, Scope, Send
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        beginning, whole = await beginning_of(receive)
        if whole and scope["method"] == "POST" and scope["path"] == PATH:
            reply = await self._verifications.answer(scope, beginning)
            if reply is not None:
                await send({"type": "http.response.start", "status": 200, "headers": reply.headers})
                await send({"type": "http.response.body", "body": reply.body})
                return
        if not whole and not any(name == b"content-length" for name, _ in scope["headers"]):
            await send({"type": "http.response.start", "status": HTTPStatus.LENGTH_REQUIRED, "headers": CLOSING})
            await send({"type": "http.response.body", "body": b"send the length of the body (Content-Length)\n"})
            return
        await self._flask(scope, beginning, None if whole else receive, send)


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
