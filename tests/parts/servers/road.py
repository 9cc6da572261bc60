"""A store behind a road that can lead to nowhere, or to another server; what a test of its deadlines imports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codes.store.database import Database
from codes.store.patience import SERVING
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.servers.swallowing_proxy import SwallowingProxy, swallowing_proxy
from tests.parts.stores import migrated


@pytest.fixture
def proxy(server: PostgresServer) -> Iterator[SwallowingProxy]:
    """The only road to the server."""
    with swallowing_proxy(server.folder) as road:
        yield road


@pytest.fixture
def database(server: PostgresServer, proxy: SwallowingProxy) -> Iterator[Database]:
    """A migrated store, reached by the road."""
    with migrated(proxy.url_of(server.fresh_database()), patience=SERVING) as store:
        yield store
