"""Behind a pooler that gives each transaction another of the server's processes, everything is as without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, Outcome
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import codes_over
from tests.parts.servers.pgbouncer import running_pgbouncer
from tests.parts.servers.postgresql import PostgresServer, name_in
from tests.parts.stores import migrated


@pytest.fixture
def pooled_url(postgres_server: PostgresServer, postgres_url: str) -> Iterator[str]:
    """The URL of an empty database behind pgbouncer."""
    with running_pgbouncer(postgres_server) as port:
        yield f"postgres://postgres@127.0.0.1:{port}/{name_in(postgres_url)}"


@pytest.fixture
def database(pooled_url: str) -> Iterator[Database]:
    """A migrated store behind it."""
    with migrated(pooled_url) as store:
        yield store


def test_two_processes_share_the_connections_of_a_pooler_in_transaction_mode(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Callable[[str], ShownCode],
    clock: TurnableClock,
    ring_file: Path,
    pooled_url: str,
) -> None:
    other = codes_over(Database(pooled_url), ring_file, clock)
    shown = [(reference, announce(reference).payload) for reference in (f"P-{number}" for number in range(20))]
    presentations = [driver.presentation(payload, reference, now=clock()) for reference, payload in shown]

    def present(number: int) -> Outcome:
        return (codes, other)[number % 2].present(presentations[number]).outcome

    with ThreadPoolExecutor(8) as phones:
        assert list(phones.map(present, range(20))) == [Outcome.ACCEPTED] * 20
    for each in (codes, other):
        each.check_committable()
    # Nothing is left for the pooler's next caller, whoever that is.
    for _ in range(4):
        with codes.database.reading() as connection:
            assert connection.execute(sa.text("SHOW enable_seqscan")).scalar() == "on"
            assert connection.execute(sa.text("SHOW lock_timeout")).scalar() == "0"
            assert connection.execute(sa.text("SELECT count(*) FROM pg_prepared_statements")).scalar() == 0
    other.close()
