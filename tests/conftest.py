"""The real parts that tests are given: databases, an SMTP server, a clock that can be turned."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from app import FEW_COLLECTIONS
from codes.store.database import Database
from codes.store.schema import migrate
from tests.parts.clock import TurnableClock
from tests.parts.running_service import RunningService, running_service
from tests.parts.servers.postgresql import PostgresServer, running_postgres
from tests.parts.servers.smtp_server import SmtpServer, running_smtp_server
from tests.parts.stores import empty_sqlite

IN_MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 << 30
ONE_AUTHORITY = Path(__file__).parent / "parts" / "servers" / "authority.pem"
STARTING = ("running_service", "RunningService", "service_environment")
"""Who uses one of these starts a process of the service."""


def pytest_configure() -> None:
    """Let what tests write lie in memory where there is plenty; none of them cuts the power, but all wait for disks."""
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free >= ENOUGH_BYTES:
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None
    # Each call over httpx reads whom it trusts. All authorities take it 18 ms, and no test leaves this machine.
    os.environ["SSL_CERT_FILE"] = str(ONE_AUTHORITY)
    # How fast an example runs says what else this machine does, and decides no test.
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the dearest part that it uses, so that `make quick` can leave it out.

    Files with dear ones come first, or at the end one process would work on the last of them alone.
    """
    dear: set[Path] = set()
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = getattr(item, "callspec", None)
        starts_services = any(hasattr(getattr(item, "module", None), name) for name in STARTING)
        if "playwright" in fixtures or "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
        if "postgres_server" in fixtures or "server" in fixtures or (parameters and "postgres" in parameters.id):
            item.add_marker(pytest.mark.postgres)
        if starts_services or "service" in fixtures:
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("slow") or item.get_closest_marker("browser"):
            dear.add(item.path)
    items.sort(key=lambda item: item.path not in dear)


def pytest_collection_finish() -> None:
    """Let the collector pass by what was loaded and stays, and come as rarely as in the service."""
    gc.freeze()
    gc.set_threshold(FEW_COLLECTIONS)


def pytest_unconfigure() -> None:
    """Let it look through all once more, or libraries would report at the end what was never given back."""
    gc.unfreeze()


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
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    url = postgres_server.fresh_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'store' / 'doorcode.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store; the test runs once on each kind of database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The URL of a PostgreSQL database with the newest schema, to be copied."""
    store = Database(url := postgres_server.fresh_database())
    migrate(store)
    store.close()
    return url


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite store."""
    store = Database(sqlite_url)
    Path(store.url.database or "").write_bytes(empty_sqlite())
    yield store
    store.close()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[Database]:
    """A migrated PostgreSQL store."""
    store = Database(url := postgres_server.fresh_database(like=migrated_postgres))
    yield store
    store.close()
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated store; the test runs once on each kind of database."""
    store: Database = request.getfixturevalue(f"{request.param}_database")
    return store


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
