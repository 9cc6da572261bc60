"""A receiver of webhooks that takes, refuses, hangs, drips or leads away, by what its path says; what to tell it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

from codes import Announcement, DeliveryCodes, Person
from codes.integrations.webhooks import add_webhook


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class WebhookReceiver:
    """Listens on the loopback interface; ``answers`` maps a path to a status, or to what else is to be done."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: dict[str, int | str] = {}
        self.done = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def at(self, path: str) -> list[Received]:
        """Return what came to a path."""
        return [each for each in self.received if each.path == path]


@contextmanager
def running_receiver() -> Iterator[WebhookReceiver]:
    """Receive until the block ends."""
    receiver = WebhookReceiver()
    receiver.server.daemon_threads = True
    thread = threading.Thread(target=lambda: receiver.server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.done.set()
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()


def _handler(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(Received(self.path, dict(self.headers), body))
            answer = receiver.answers.get(self.path, 204)
            if answer == "hang":
                receiver.done.wait(30)
            elif answer == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not receiver.done.wait(0.05):
                    self.wfile.write(b"X")
            elif isinstance(answer, int):
                self.send_response(answer)
                self.end_headers()
                self.wfile.write(b"x" * 5000 if answer == 500 else b"")
            else:
                self.send_response(302)
                self.send_header("Location", answer)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            """A sender that hung up is no fault of this receiver."""
            try:
                super().handle()
            except ConnectionError:
                return

    return Handler


def happen(codes: DeliveryCodes, *references: str) -> None:
    """Announce parcels, and seal it."""
    codes.announce([Announcement(each, Person(f"Sample {each}", f"{each.lower()}@example.org")) for each in references])
    codes.seal()


def add(codes: DeliveryCodes, receiver: WebhookReceiver, path: str = "/", **more: object) -> UUID:
    """Add a webhook that leads to a path of the receiver."""
    return codes.write(add_webhook, f"to {path}", receiver.url + path, **more)  # type: ignore[arg-type]
