"""The short form of `make chaos-failover`: another server leads, by hand, and nothing that was answered is lost.

What a hole in the network does stands in `test_deadlines.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from codes import DeliveryCodes, Outcome
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import ask_until_known, handovers
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.servers.road import database, proxy
from tests.parts.servers.swallowing_proxy import SwallowingProxy

__all__ = ["database", "proxy"]

PARCELS = 12


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
