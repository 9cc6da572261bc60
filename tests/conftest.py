"""The real parts that tests are given: databases, an SMTP server, a clock that can be turned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codes.database import Database
from tests.parts.clock import TurnableClock
from tests.parts.postgresql import PostgresServer, running_postgres
from tests.parts.running_service import RunningService, running_service
from tests.parts.smtp_server import SmtpServer, running_smtp_server


@pytest.fixture
def clock() -> TurnableClock:
    """A clock that stands still until the test turns it."""
    return TurnableClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test run alone, with durable commits."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of an empty PostgreSQL database."""
    return postgres_server.fresh_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'store' / 'doorcode.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store; the test runs once on each kind of database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A migrated store; the test runs once on each kind of database."""
    store = Database(store_url)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """An SMTP server that takes every message; a test may change its ``behaviour``."""
    with running_smtp_server() as server:
        yield server


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """The whole service with sample data, started as a person starts it."""
    with running_service(tmp_path, "--demo") as running:
        yield running
