"""A WSGI application inside an ASGI server (PEP 3333, ASGI 3.0): a request has a thread only while it is worked on."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Executor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote_to_bytes

from werkzeug.wsgi import FileWrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Made = TypeVar("Made")
Environ = dict[str, Any]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH_SEND = "http.response.pathsend"
"""What a server of ASGI calls it that it can send a file by itself."""
AT_ONCE = 1 << 18
"""So many bytes of an answer are gathered before they are sent; most answers are whole by then."""


class Bridge:
    """Gives requests to a WSGI application, each in one of its threads, and sends on what it answers."""

    def __init__(self, application: WSGIApplication, threads: Executor) -> None:
        self._application = application
        self._threads = threads

    async def __call__(self, environ: Environ, send: Send) -> None:
        """Answer one request whose body is here."""
        loop = asyncio.get_running_loop()
        call = _Call(self._application, environ)
        context = copy_context()  # one for all pieces, whichever thread makes the next: Flask's belongs to it

        async def in_thread(step: Callable[[], Made]) -> Made:
            return await loop.run_in_executor(self._threads, lambda: context.run(step))

        try:
            piece = await in_thread(call.begin)
            await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
            if call.file is not None:
                await send({"type": PATH_SEND, "path": call.file})
                return
            while not call.closed:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await in_thread(call.gather)
            await send({"type": "http.response.body", "body": piece})
        finally:
            if not call.closed:
                await in_thread(call.close)


class SentFile(FileWrapper):
    """A file that the application answers with (PEP 3333, wsgi.file_wrapper).

    The server reads it itself, as far as the caller takes it: whoever asks and never reads holds nothing in memory.
    """

    @property
    def path(self) -> str | None:
        """Return where the file lies; None for what only looks like one, or was read from."""
        name = getattr(self.file, "name", None)
        return name if isinstance(name, str) and self.file.tell() == 0 else None


class _Call:
    """One call of the application, and its answer piece by piece."""

    def __init__(self, application: WSGIApplication, environ: Environ) -> None:
        self._application = application
        self._environ = environ
        self._answer: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.file: str | None = None
        self.closed = False

    def begin(self) -> bytes:
        """Call the application; returns the first piece. From then on status and headers stand."""
        self._answer = self._application(self._environ, self._start)
        if isinstance(self._answer, SentFile):
            self.file = self._answer.path
            if self.file is not None:
                return b""
        self._pieces = iter(self._answer)
        return self.gather()

    def gather(self) -> bytes:
        """Return the next piece; the last one when it is closed after that."""
        gathered, size = list[bytes](), 0
        for piece in self._pieces:
            gathered.append(piece)
            size += len(piece)
            if size >= AT_ONCE:
                return _joined(gathered)
        self.close()
        return _joined(gathered)

    def close(self) -> None:
        """Tell the application that nobody reads on."""
        self.closed = True
        close = getattr(self._answer, "close", None)
        if close is not None:
            close()

    def _start(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _write


def _joined(pieces: list[bytes]) -> bytes:
    """Return one piece as it is: of what is kept compressed, all answers then share the same bytes."""
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _write(_piece: bytes) -> object:
    raise NotImplementedError("no view writes by hand (PEP 3333 has this for old applications)")


def environ_of(scope: Scope) -> Environ:
    """Write a request as PEP 3333 wants it, with an empty body; ``put_body`` puts in what came."""
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("localhost", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": _path(scope).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if PATH_SEND in (scope.get("extensions") or {}):
        environ["wsgi.file_wrapper"] = SentFile
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").upper(), raw_value.decode("latin-1")
        if "_" in name:
            continue  # "X_Forwarded_For" would be taken for the proxy's own header
        key = name.replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        if key in environ:
            # HTTP/2 may send a cookie in several fields (RFC 9113 section 8.2.3).
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


def put_body(environ: Environ, body: bytes) -> None:
    """Give a request its whole body."""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _path(scope: Scope) -> bytes:
    raw = scope.get("raw_path")
    return unquote_to_bytes(raw) if raw else cast(str, scope["path"]).encode()
