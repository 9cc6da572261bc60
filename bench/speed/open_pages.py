"""Open ticket pages: each keeps its connection, and asks for news when the service tells it to. A process of its own.

`python -m bench.speed.open_pages PORT FILE`: the file holds a ticket's path a line. When all are open it prints a line;
then it reads `ask SECONDS` or `hold SECONDS` (pages left lying, or all in a hand), and prints what came of each as
JSON.
"""

from __future__ import annotations

import heapq
import json
import random
import select
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

OPENED_PER_SECOND = 150
LONGEST_WAIT_SECONDS = 1.0
AGAIN, TAG = b"doorcode-ask-again:", b"etag:"


@dataclass(slots=True)
class OpenPage:
    """One page: its connection, what it knows, and when it was told to ask again."""

    path: str
    held: bool = False
    connection: socket.socket | None = None
    tag: str = ""
    received: bytes = b""
    pause: float = 1.5
    asked_at: float | None = None

    def ask(self, port: int) -> socket.socket:
        """Send one question; the connection is made with the first."""
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", port))
        query = "?held" if self.held else ""
        known = f"If-None-Match: {self.tag}\r\n" if self.tag else ""
        self.connection.sendall(f"GET {self.path}/status{query} HTTP/1.1\r\nHost: localhost\r\n{known}\r\n".encode())
        self.received, self.asked_at = b"", time.monotonic()
        return self.connection

    def answer(self) -> tuple[int, bytes] | None:
        """Read on; return status and body once the answer is there, and take its orders."""
        assert self.connection is not None
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionResetError
        self.received += piece
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        status, fields = int(head[9:12]), head.lower().split(b"\r\n")
        length = int(next((each[15:] for each in fields if each.startswith(b"content-length:")), b"0"))
        if status != 304 and len(body) < length:
            return None
        for each in fields:
            if each.startswith(AGAIN):
                self.pause = int(each[len(AGAIN) :]) / 1000
            elif each.startswith(TAG):
                self.tag = each[len(TAG) :].strip().decode()
        self.asked_at = None
        return status, body


@dataclass(slots=True)
class Since:
    """What happened since the last command."""

    began: float = field(default_factory=time.monotonic)
    statuses: dict[int, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    green: dict[str, float] = field(default_factory=dict)
    reopened: int = 0

    def note(self, path: str, answer: tuple[int, bytes], asked_at: float, moment: float) -> None:
        """Note one answer."""
        self.waits.append(moment - asked_at)
        self.statuses[answer[0]] = self.statuses.get(answer[0], 0) + 1
        if answer[0] == 200 and json.loads(answer[1])["state"] == "handed_over":
            self.green[path] = moment

    def told(self) -> str:
        """Return it as one line."""
        self.waits.sort()
        p99 = self.waits[int(len(self.waits) * 0.99)] * 1000 if self.waits else 0.0
        seconds = time.monotonic() - self.began
        looks = sum(self.statuses.values())
        figures = {"looks": looks, "looks_a_second": looks / seconds, "p99_ms": p99}
        return json.dumps(figures | {"statuses": self.statuses, "reopened": self.reopened, "green": self.green})


class Pages:
    """All pages in one loop."""

    def __init__(self, port: int, paths: Sequence[str]) -> None:
        self._port = port
        self._pages = [OpenPage(path) for path in paths]
        self._places: dict[int, int] = {}
        self._poll = select.epoll()
        self._due: list[tuple[float, int]] = []
        self._since = Since()

    def open_all(self) -> None:
        """Open the pages one after the other, as people do."""
        now = time.monotonic()
        self._due = [(now + place / OPENED_PER_SECOND, place) for place in range(len(self._pages))]
        while self._due or any(page.asked_at for page in self._pages):
            self._step(asking_again=False)

    def ask(self, seconds: float, *, held: bool) -> Since:
        """Let each page ask from a moment of its own within its pause, as if it had waited all the time."""
        now, self._since = time.monotonic(), Since()
        self._due = []
        for place, page in enumerate(self._pages):
            page.held = held
            if page.asked_at is None:
                self._due.append((now + random.uniform(0, page.pause), place))
        heapq.heapify(self._due)
        while time.monotonic() < now + seconds:
            self._step(asking_again=True)
        return self._since

    def _step(self, *, asking_again: bool) -> None:
        """Ask what is due, and read what has come."""
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            self._ask(heapq.heappop(self._due)[1])
        wait = min(LONGEST_WAIT_SECONDS, self._due[0][0] - time.monotonic()) if self._due else LONGEST_WAIT_SECONDS
        for descriptor, _ in self._poll.poll(max(0.0, wait)):
            place = self._places[descriptor]
            page = self._pages[place]
            asked_at = page.asked_at or 0.0
            try:
                answer = page.answer()
            except ConnectionError:
                self._reopen(place)
                continue
            if answer is None:
                continue
            moment = time.monotonic()
            self._since.note(page.path, answer, asked_at, moment)
            if asking_again:
                heapq.heappush(self._due, (moment + page.pause * random.uniform(0.85, 1.15), place))

    def _ask(self, place: int) -> None:
        page = self._pages[place]
        fresh = page.connection is None
        try:
            opened = page.ask(self._port)
        except ConnectionError:
            self._reopen(place)
            heapq.heappush(self._due, (time.monotonic(), place))
            return
        if fresh:
            self._places[opened.fileno()] = place
            self._poll.register(opened, select.EPOLLIN)

    def _reopen(self, place: int) -> None:
        """Do what a browser does whose connection was closed: ask again over a new one, if it was asking."""
        page = self._pages[place]
        waiting, page.asked_at = page.asked_at, None
        if page.connection is not None:
            self._poll.unregister(page.connection)
            page.connection.close()
            page.connection = None
        self._since.reopened += 1
        if waiting is not None:
            heapq.heappush(self._due, (time.monotonic(), place))


def main(arguments: Sequence[str]) -> None:
    """Open the pages, then do what is asked."""
    port, file = arguments
    pages = Pages(int(port), Path(file).read_text(encoding="utf-8").split())
    pages.open_all()
    print("open", flush=True)
    for line in sys.stdin:
        command, seconds = line.split()
        print(pages.ask(float(seconds), held=command == "hold").told(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
