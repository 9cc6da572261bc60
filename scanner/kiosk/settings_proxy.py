"""The settings behind a PIN: the page on this computer asks, the service answers, and the kiosk only passes on."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

MOST_BYTES = 1000
_CALLS = frozenset(
    {
        ("POST", "/api/v1/kiosk/settings"),
        ("DELETE", "/api/v1/kiosk/settings"),
        ("PUT", "/api/v1/kiosk/order"),
        ("DELETE", "/api/v1/kiosk"),
    }
)
_CHANGING = frozenset({"/api/v1/kiosk/order", "/api/v1/kiosk"})
_SILENT = (503, json.dumps({"title": "the service is away"}).encode())


class SettingsProxy:
    """Lets a page open this kiosk's settings. Without the service they stay shut: a PIN is compared nowhere else."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.when_changed: Callable[[], None] = lambda: None

    def pass_on(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Ask the service as this kiosk; gives status and answer. What is none of the settings' calls is not found."""
        if (method, path) not in _CALLS:
            return 404, b""
        try:
            answer = self._client.request(method, path, content=body, headers={"Content-Type": "application/json"})
        except httpx.HTTPError:
            return _SILENT
        if answer.is_success and path in _CHANGING:
            self.when_changed()
        return answer.status_code, answer.content
