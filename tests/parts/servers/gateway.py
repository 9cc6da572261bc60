"""A real HTTP server that plays a provider of text messages; it can refuse, delay, and hang."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class GatewayServer:
    """A running server, what it answers, and what it was asked."""

    url: str = ""
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    requests: list[Request] = field(default_factory=list)


@contextmanager
def running_gateway() -> Iterator[GatewayServer]:
    """Run a server until the block ends."""
    house, over = GatewayServer(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            house.requests.append(Request(self.command, self.path, dict(self.headers), body))
            if house.hangs:
                over.wait()
                self.close_connection = True
                return
            self.send_response(house.status)
            for name, value in {"Content-Length": "0", **house.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    house.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield house
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
