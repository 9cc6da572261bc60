"""The short form of `make chaos-failover`: another server leads, by hand, and nothing that was answered is lost.

What a hole in the network does stands in `test_deadlines.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from codes import Database, DeliveryCodes, Outcome
from codes.recipients.tickets import ShownCode
from codes.store.patience import SERVING
from codes.store.schema import migrate
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import ask_until_known, handovers
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.servers.swallowing_proxy import SwallowingProxy, swallowing_proxy

PARCELS = 12


@pytest.fixture
def proxy(server: PostgresServer) -> Iterator[SwallowingProxy]:
    """The only road to the server that leads."""
    with swallowing_proxy(server.folder) as road:
        yield road


@pytest.fixture
def database(server: PostgresServer, proxy: SwallowingProxy) -> Iterator[Database]:
    """A migrated store, reached by the road."""
    store = Database(proxy.url_of(server.fresh_database()), patience=SERVING)
    migrate(store)
    yield store
    store.close()


def test_when_the_primary_is_killed_or_stopped_the_standby_has_every_answer(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Callable[[str], ShownCode],
    clock: TurnableClock,
    server: PostgresServer,
    proxy: SwallowingProxy,
) -> None:
    def fail_over(name: str, end: Callable[[], None], following: PostgresServer) -> None:
        references = [f"P-{name}-{number}" for number in range(PARCELS)]
        shown = [(each, announce(each).payload) for each in references]
        presentations = [driver.presentation(payload, each, now=clock()) for each, payload in shown]
        with ThreadPoolExecutor(3) as phones:
            asked = [phones.submit(ask_until_known, codes, each) for each in presentations]
            wait(asked, return_when=FIRST_COMPLETED)
            end()
            following.promote()
            proxy.lead_to(following.folder)
            assert [each.result() for each in asked] == [Outcome.ACCEPTED] * PARCELS
        assert [ask_until_known(codes, each) for each in presentations] == [Outcome.ACCEPTED] * PARCELS
        assert [handovers(codes, each) for each in references] == [1] * PARCELS

    with server.standby() as second:
        fail_over("killed", server.kill, second)
        with second.standby() as third:
            fail_over("stopped", second.stop, third)
