"""What a body holds is given back in time."""

from __future__ import annotations

from codes.proving.attachment import LARGEST_SHEET
from tests.parts.web.own_loop import run
from web.http.asgi.application import AsgiApp
from web.http.asgi.bridge import Message


def test_who_has_heard_an_answer_may_send_the_next_body_at_once(asgi: AsgiApp) -> None:
    sheet = b"%PDF-1.7".ljust(LARGEST_SHEET)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/proofs/check",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-length", str(len(sheet)).encode())],
        "client": ("192.0.2.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    statuses: list[int] = []

    async def ask(times: int) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": sheet, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            elif not message.get("more_body", False) and times > 1:
                await ask(times - 1)

        await asgi(dict(scope), receive, send)

    run(ask(3))
    assert statuses == [200, 200, 200]
