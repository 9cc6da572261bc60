"""Waiting for a server that was just started."""

from __future__ import annotations

import time

from web.processes.serving import is_open


def wait_until_open(host: str, port: int, seconds: float = 30) -> bool:
    """Wait until something accepts connections there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_open(host, port):
            return True
        time.sleep(0.05)
    return False
