"""A road to a server that can swallow everything, as a hole in the network does: nobody is told, nothing arrives."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

Server = Path | int
"""The folder with a PostgreSQL's socket, or a port of this machine."""


class SwallowingProxy:
    """Passes bytes on between callers at a port of this machine and a server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._swallows = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where callers come in."""
        return int(self._listener.getsockname()[1])

    def url_of(self, url: str) -> str:
        """Return the address of a database by this road."""
        name = url.partition("@/")[2].partition("?")[0]
        return f"postgresql://postgres@127.0.0.1:{self.port}/{quote(name)}"

    @contextmanager
    def hole(self) -> Iterator[None]:
        """Swallow everything until the block ends; what was swallowed never comes, and its connections stay deaf."""
        self._swallows = True
        try:
            yield
        finally:
            self._swallows = False

    def lead_to(self, server: Server) -> None:
        """Lead to another server from now on, and cut everybody off the one before, as HAProxy does."""
        self._server = server
        for pair in self._pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let nobody in any more, and end what is open."""
        self._listener.close()
        for pair in self._pairs:
            for each in pair:
                each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                try:
                    server = self._reach()
                except OSError:
                    caller.close()
                    continue
                self._pairs.append((caller, server))
                deaf = threading.Event()
                for source, target in ((caller, server), (server, caller)):
                    threading.Thread(target=self._pass_on, args=(source, target, deaf), daemon=True).start()

    def _reach(self) -> socket.socket:
        if isinstance(self._server, int):
            return socket.create_connection(("127.0.0.1", self._server))
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self._server / ".s.PGSQL.5432"))
        except OSError:
            server.close()
            raise
        return server

    def _pass_on(self, source: socket.socket, target: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if self._swallows:
                    deaf.set()
                if not deaf.is_set():
                    target.sendall(piece)
        if not deaf.is_set():
            with suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)


@contextmanager
def swallowing_proxy(server: Server) -> Iterator[SwallowingProxy]:
    """Open a road to a server."""
    proxy = SwallowingProxy(server)
    try:
        yield proxy
    finally:
        proxy.close()
