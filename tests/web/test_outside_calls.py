"""A call to somebody outside is over after its time, however slowly and however much is answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest

from tests.parts.web.own_loop import run
from web.outside_calls import NotAnswered, ask


@contextmanager
def answering(*pieces: bytes, then: bytes = b"") -> Iterator[str]:
    """Let one caller have these pieces, and then another one again and again until the caller hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _ = listener.accept()
            with caller, suppress(OSError):
                caller.recv(65536)
                for piece in pieces:
                    caller.sendall(piece)
                caller.settimeout(0.02)
                while then:
                    caller.sendall(then)
                    with suppress(TimeoutError):
                        if not caller.recv(1):
                            return

        thread = Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/secret"
        thread.join()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("pieces", "then", "words"),
    [
        ((), b"H", "it answers too slowly"),
        ((HEAD,), b"X-A: b\r\n", "it answers too slowly"),
        ((HEAD, b"X-A: "), b"b", "it answers too slowly"),
        ((HEAD, b"Content-Length: 99\r\n\r\n"), b"b", "it answers too slowly"),
        ((HEAD, b"Content-Length: 99\r\n\r\n", b"b" * 99), b"", "it answers too much"),
        ((HEAD, b"Content-Length: 99\r\n\r\n", b"b"), b"", "RemoteProtocolError"),
    ],
)
def test_whoever_drips_or_says_too_much_is_given_up(pieces: tuple[bytes, ...], then: bytes, words: str) -> None:
    with answering(*pieces, then=then) as url, pytest.raises(NotAnswered, match=words) as error:
        ask("GET", url, seconds=0.15, most_bytes=50)
    assert "secret" not in str(error.value)


def test_of_what_nobody_reads_nothing_is_waited_for() -> None:
    with answering(HEAD, b"Content-Length: 99\r\n\r\n", then=b"b") as url:
        answer = ask("POST", url, seconds=5, most_bytes=0, content=b"x")
    assert (answer.status, answer.is_success, answer.content) == (200, True, b"")


@pytest.mark.parametrize("url", ["http://xn--/", "http://a..b/", "ftp://127.0.0.1/", "http://127.0.0.1:1/"])
def test_what_cannot_be_asked_is_as_if_it_were_away(url: str) -> None:
    with pytest.raises(NotAnswered):
        ask("GET", url, seconds=5, most_bytes=50)


def test_it_may_be_asked_where_a_loop_runs_already() -> None:
    async def asked() -> int:
        with answering(HEAD, b"Content-Length: 0\r\n\r\n") as url:
            return ask("GET", url, seconds=5, most_bytes=50).status

    assert run(asked()) == 200
