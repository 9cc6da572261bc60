"""The application as the server calls it, and who answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from codes import Database, DeliveryCodes
from tests.parts.application import Watch, codes_over
from tests.parts.clock import TurnableClock
from web.configuration import Settings
from web.http.asgi.application import AsgiApp


@pytest.fixture
def codes(database: Database, tmp_path: Path, settings: Settings, clock: TurnableClock) -> Iterator[DeliveryCodes]:
    """Delivery codes over a store; the test runs once on each kind of database."""
    delivery_codes = codes_over(database, tmp_path, settings, clock)
    yield delivery_codes
    delivery_codes.close()


@pytest.fixture
def asgi(app: Flask) -> AsgiApp:
    """The application as the server calls it."""
    return AsgiApp(app, app.extensions["doorcode"])


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Gives, request by request, whether one of those that stand before Flask has answered."""

    def watch(quick: Any) -> list[bool]:
        told: list[bool] = []
        answer = quick.answer

        async def watched(*arguments: Any) -> Any:
            reply = await answer(*arguments)
            told.append(reply is not None)
            return reply

        monkeypatch.setattr(quick, "answer", watched)
        return told

    return watch
