"""Flask behind ASGI gets what it would get from a WSGI server, and its answers arrive as it makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask, Response, request, send_file, stream_with_context

from tests.parts.web.own_loop import run
from web.http.asgi.bridge import AT_ONCE, PATH_SEND, Bridge, Message, Receive, Scope, Send, environ_of, put_body


class Bridged:
    """Any application behind the bridge, as the front calls it."""

    def __init__(self, application: Any) -> None:
        self._bridge = Bridge(application, ThreadPoolExecutor(4))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ, body = environ_of(scope), b""
        while (message := await receive()).get("more_body", False):
            body += message["body"]
        put_body(environ, body + message["body"])
        await self._bridge(environ, send)


def asked(application: Any, method: str = "GET", path: str = "/", **more: Any) -> httpx.Response:
    """Ask once, as a browser does."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=Bridged(application))
        async with httpx.AsyncClient(transport=transport, base_url="https://sample.example") as client:
            return await client.request(method, path, **more)

    return run(ask())


def seen(**more: Any) -> dict[str, Any]:
    """Return what an application is told of a request."""
    told: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told.update(environ)
        start_response("204 No Content", [])
        return []

    assert asked(application, **more).status_code == 204
    return told


def test_an_application_is_told_what_was_asked() -> None:
    told = seen(method="POST", path="/t/a%C3%A4%2Fb?q=%20ü", content=b"{}", headers={"Content-Type": "text/plain"})
    assert told["PATH_INFO"].encode("latin-1").decode() == "/t/aä/b"
    assert told["QUERY_STRING"] == "q=%20%C3%BC"
    assert (told["REQUEST_METHOD"], told["CONTENT_TYPE"], told["CONTENT_LENGTH"]) == ("POST", "text/plain", "2")
    assert (told["wsgi.url_scheme"], told["HTTP_HOST"]) == ("https", "sample.example")
    assert told["REMOTE_ADDR"] == "127.0.0.1"


def test_cookies_in_several_fields_are_one_and_no_field_can_look_like_another() -> None:
    headers = [("cookie", "a=1"), ("cookie", "b=2"), ("x_forwarded_for", "10.0.0.1"), ("accept", "x"), ("accept", "y")]
    told = seen(headers=headers)
    assert told["HTTP_COOKIE"] == "a=1; b=2"
    assert "HTTP_X_FORWARDED_FOR" not in told
    assert told["HTTP_ACCEPT"].endswith("x,y")


def test_a_file_is_left_to_the_server_which_reads_what_the_caller_takes(tmp_path: Path) -> None:
    app, file = Flask("sample"), tmp_path / "file.bin"
    file.write_bytes(bytes(AT_ONCE * 3))

    @app.get("/<kind>")
    def sent(kind: str) -> Response:
        return send_file(file if kind == "file" else BytesIO(file.read_bytes()), mimetype="application/wasm")

    def messages(path: str, *headers: tuple[bytes, bytes], extensions: dict[str, Any] | None = None) -> list[Message]:
        scope = {"method": "GET", "path": path, "query_string": b"", "http_version": "1.1", "scheme": "http"}
        told: list[Message] = []

        async def send(message: Message) -> None:
            told.append(message)

        environ = environ_of(scope | {"headers": list(headers), "extensions": extensions})
        run(Bridge(app, ThreadPoolExecutor(1))(environ, send))
        return told

    can = {PATH_SEND: dict[str, Any]()}
    start, end = messages("/file", extensions=can)
    assert (start["status"], end) == (200, {"type": PATH_SEND, "path": str(file)})
    for told in (
        messages("/file"),
        messages("/memory", extensions=can),
        messages("/file", (b"range", b"bytes=0-9"), extensions=can),
    ):
        assert {each["type"] for each in told[1:]} == {"http.response.body"}
        wanted = 10 if told[0]["status"] == 206 else AT_ONCE * 3
        assert sum(len(each["body"]) for each in told[1:]) == wanted


def test_a_long_answer_is_sent_piece_by_piece_in_one_context() -> None:
    app = Flask("sample")

    @app.get("/")
    def long() -> Response:
        def lines() -> Iterator[bytes]:
            for number in range(5):
                yield f"{request.args['name']} {number} ".encode() + b"x" * AT_ONCE

        return Response(stream_with_context(lines()))

    answer = asked(app, path="/?name=ä")
    assert len(answer.content) == 5 * (AT_ONCE + len("ä 0 ".encode()))
    assert answer.text.count("ä") == 5


def test_an_answer_that_nobody_reads_on_is_closed() -> None:
    closed = threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * AT_ONCE

        def close(self) -> None:
            closed.set()

    def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Endless()

    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 3:
            raise ConnectionError("the reader is gone")

    scope: Scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/"}
    scope.update(query_string=b"", headers=[])
    with pytest.raises(ConnectionError):
        run(Bridged(application)(scope, receive, send))
    assert closed.is_set()
    assert [each["type"] for each in sent[:2]] == ["http.response.start", "http.response.body"]


def test_a_view_that_breaks_is_an_error_and_the_next_works() -> None:
    app = Flask("sample")

    @app.get("/")
    def broken() -> str:
        raise ValueError("sample fault")

    assert asked(app).status_code == 500
    assert asked(app, path="/none").status_code == 404
