"""Callers who begin a body and do not end it, or send it byte by byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

LINE = "\r\n"


def head(path: str, headers: Mapping[str, str], *, method: str = "POST") -> bytes:
    """Write the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return (LINE.join(lines) + 2 * LINE).encode()


def begun(port: int, path: str, headers: Mapping[str, str], beginning: bytes = b"") -> socket.socket:
    """Send a request's head and the beginning of its body."""
    connection = socket.create_connection(("127.0.0.1", port), 60)
    connection.sendall(head(path, headers) + beginning)
    return connection


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """Read until the service hangs up; returns the status and all that it said."""
    said = b""
    try:
        while piece := connection.recv(1 << 16):
            said += piece
    except ConnectionResetError:
        pass
    return (int(said.split(b" ", 2)[1]) if said else 0), said


@contextmanager
def byte_by_byte(port: int, requests: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[list[socket.socket]]:
    """Let each request's body grow by one byte a second, until the block ends."""
    over = threading.Event()
    with ExitStack() as stack:
        connections = [stack.enter_context(begun(port, path, headers, b"{")) for path, headers in requests]

        def send() -> None:
            while not over.wait(1):
                for each in connections:
                    try:
                        each.sendall(b" ")
                    except OSError:
                        continue

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield connections
        finally:
            over.set()
            sender.join()
