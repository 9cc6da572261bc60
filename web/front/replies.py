"""Answers that are made before Flask, with the headers that every answer has."""

from __future__ import annotations

import io
from typing import NamedTuple

from web.front.bridge import Scope, environ_of
from web.hardening import headers_of_answers
from web.proxies import behind_proxies
from web.settings import ServerSettings

Fields = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: Fields
    body: bytes


class Hardening:
    """The headers that Flask's answers have; ``secret`` says whether the address is known by its holder alone."""

    def __init__(self, server: ServerSettings, *, secret: bool = False) -> None:
        hops, networks = server.trusted_proxies, server.proxy_networks
        self._scheme = behind_proxies(lambda environ, _: [environ["wsgi.url_scheme"].encode()], hops, networks)
        self._is_proxied = hops > 0
        self._headers = {each: written(headers_of_answers(secure=each, secret=secret)) for each in (True, False)}

    def of(self, scope: Scope) -> Fields:
        """Return the headers of the answer to one request."""
        return self._headers[self._is_secure(scope)]

    def _is_secure(self, scope: Scope) -> bool:
        if not self._is_proxied:
            return bool(scope["scheme"] == "https")
        return b"".join(self._scheme(environ_of(scope, io.BytesIO(), 0), None)) == b"https"


def written(headers: list[tuple[str, str]]) -> Fields:
    """Return headers as ASGI wants them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers]
