"""Connections that nobody uses keep nobody else waiting."""

from __future__ import annotations

import resource
import socket
from contextlib import ExitStack

import httpx

from tests.parts.running_service import RunningService

IDLE = 3000


def test_thousands_of_idle_connections_shut_nobody_out(service: RunningService) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * IDLE)), hard))
    with ExitStack() as stack:
        for _ in range(IDLE):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", service.port), 60))
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert httpx.get(f"{service.url}/healthz", timeout=30).status_code == 200
