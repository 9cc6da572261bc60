"""Send prepared HTTP requests over kept connections, and say how long the answers took. A process of its own.

`python -m bench.speed.load PORT CLIENTS SECONDS FILE`: the file holds one request body a line, after the head's first
line.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[2]
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """What a round of load came to. ``unsent`` is how many requests were left over."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    outcomes: dict[str, int]
    unsent: int

    @property
    def rate(self) -> float:
        """Return the answers per second."""
        return self.answered / self.seconds


def request(path: str, headers: dict[str, str], body: dict[str, Any]) -> bytes:
    """Write a POST request of HTTP/1.1."""
    content = json.dumps(body, separators=(",", ":")).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(content)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def measure(port: int, requests: Sequence[bytes], clients: int, seconds: float, folder: Path) -> Measured:
    """Let another process send the requests, each at most once, for so many seconds."""
    file = folder / "requests"
    file.write_bytes(b"\0".join(requests))
    command = [sys.executable, "-m", "bench.speed.load", str(port), str(clients), str(seconds), str(file)]
    done = subprocess.run(command, cwd=HOME, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


class Client:
    """One connection with one request on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, content: bytes) -> None:
        """Send a whole request; it is smaller than any socket's buffer."""
        self.received, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(content)

    def answer(self) -> bytes | None:
        """Read on; return the body once it is there."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the service hung up")
        self.received += piece
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return body if len(body) >= length else None


def run(port: int, clients: int, seconds: float, requests: list[bytes]) -> Measured:
    """Keep every client busy until the time is over or the requests are used up."""
    waiting, poll = {}, select.epoll()
    latencies: list[float] = []
    answers: list[bytes] = []
    unsent = iter(requests)
    begin = time.perf_counter()
    end = begin + seconds
    for content in [each for each, _ in zip(unsent, range(clients), strict=False)]:
        client = Client(port)
        waiting[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
        client.send(content)
    while waiting:
        ready = poll.poll(PATIENCE_SECONDS)
        if not ready:
            raise TimeoutError("the service does not answer")
        for descriptor, _ in ready:
            client = waiting[descriptor]
            body = client.answer()
            if body is None:
                continue
            now = time.perf_counter()
            latencies.append(now - client.sent_at)
            answers.append(body)
            following = next(unsent, None) if now < end else None
            if following is None:
                poll.unregister(descriptor)
                waiting.pop(descriptor).socket.close()
            else:
                client.send(following)
    taken = time.perf_counter() - begin
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
    outcomes = Counter(json.loads(body).get("outcome", body.decode()[:200]) for body in answers)
    return Measured(len(latencies), taken, p50, p99, dict(outcomes), sum(1 for _ in unsent))


def main(arguments: Sequence[str]) -> None:
    """Run one round and print it as JSON."""
    port, clients, seconds, file = arguments
    measured = run(int(port), int(clients), float(seconds), Path(file).read_bytes().split(b"\0"))
    print(json.dumps({name: getattr(measured, name) for name in Measured.__slots__}))


if __name__ == "__main__":
    main(sys.argv[1:])
