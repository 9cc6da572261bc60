"""One POST to a webhook's address: to the judged address, within a time that ends, and never any further."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from codes.integrations.webhook_queue import REPLY_LENGTH, ReceiverReply
from web.settings import WebhookSettings
from web.webhooks.outside import Address, NotOutside, addresses_outside

_PORTS = {"http": 80, "https": 443}


class Poster:
    """Sends bodies to addresses. Redirects are not followed: they count as an answer that is no success."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._trust = ssl.create_default_context(cafile=settings.ca_file)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> ReceiverReply:
        """Send once, and say what came of it; each expected ending is an answer, not an exception."""
        parts, started = urlsplit(url), time.monotonic()
        try:
            host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
            addresses = addresses_outside(host, port, self._settings.allowed_networks)
            status, text = self._converse(parts, port, addresses, body, headers)
        except NotOutside as error:
            return ReceiverReply(None, _since(started), f"not sent: {error}")
        except TimeoutError:
            return ReceiverReply(None, _since(started), f"no answer within {self._settings.timeout_seconds:g} seconds")
        except ssl.SSLError as error:
            return ReceiverReply(None, _since(started), f"no safe connection ({error.reason or type(error).__name__})")
        except (OSError, http.client.HTTPException, ValueError) as error:
            return ReceiverReply(None, _since(started), f"no answer ({type(error).__name__})")
        return ReceiverReply(status, _since(started), text)

    def _converse(
        self, parts: SplitResult, port: int, addresses: Sequence[Address], body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        end = time.monotonic() + self._settings.timeout_seconds
        with self._connected(parts, port, addresses, end) as way:
            over = threading.Event()

            def cut() -> None:
                """End it under the thread that waits: a receiver that sends a byte now and then never times out."""
                over.set()
                with suppress(OSError):
                    # Not TLS's own shutdown, which would be another wait.
                    socket.socket.shutdown(way, socket.SHUT_RDWR)

            watch = threading.Timer(max(0.0, end - time.monotonic()), cut)
            watch.daemon = True
            watch.start()
            try:
                answer = _ask(parts, way, body, headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                if over.is_set():
                    raise TimeoutError from error
                raise
            finally:
                watch.cancel()
            # What was cut off looks like an answer that ended.
            if over.is_set():
                raise TimeoutError
            return answer

    def _connected(self, parts: SplitResult, port: int, addresses: Sequence[Address], end: float) -> socket.socket:
        """Connect to the first address that lets us."""
        last: OSError = OSError("no address")
        for address in addresses:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                way = socket.create_connection((str(address), port), timeout=left)
            except OSError as error:
                last = error
                continue
            if parts.scheme == "http":
                return way
            # The certificate is checked for the name, whatever address the name led to.
            return self._trust.wrap_socket(way, server_hostname=parts.hostname, do_handshake_on_connect=False)
        raise last


def _ask(parts: SplitResult, way: socket.socket, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    if isinstance(way, ssl.SSLSocket):
        way.do_handshake()
    connection = http.client.HTTPConnection(parts.hostname or "")
    connection.sock = way
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = {"Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "Doorcode", "Connection": "close"}
    try:
        connection.request("POST", target, body, {**own, **headers})
        answer = connection.getresponse()
        return answer.status, _plain(answer.read(REPLY_LENGTH))
    finally:
        connection.close()


def _plain(data: bytes) -> str:
    """Keep what can be read of an answer's beginning."""
    text = data.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text)[:REPLY_LENGTH]


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
