"""The application as the server calls it, and who answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from codes import Database
from web.front.asgi import Front

Watch = Callable[[type], list[bool]]


@pytest.fixture
def store(database: Database) -> Database:
    """A migrated store; the test runs once on each kind of database."""
    return database


@pytest.fixture
def front(app: Flask) -> Front:
    """The application as the server calls it."""
    return Front(app, app.extensions["doorcode"])


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
