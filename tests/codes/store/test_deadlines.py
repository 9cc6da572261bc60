"""Whatever the database does, whoever presents is told within his phone's patience, and at once when it is back."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, Outcome
from codes.recipients.tickets import ShownCode
from codes.store.database import DatabaseError, NotCommitting
from codes.store.patience import SERVING
from codes.verification.presentation import Presentation
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import UNKNOWN, ask_until_known, codes_over, handovers
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.servers.road import database, proxy
from tests.parts.servers.swallowing_proxy import SwallowingProxy

__all__ = ["database", "proxy"]

Announce = Callable[[str], ShownCode]
SURELY_SECONDS = 30
KINDS = ("frozen", "swallowed", "standby")


@pytest.fixture
def trouble(server: PostgresServer, proxy: SwallowingProxy) -> Callable[[str], AbstractContextManager[None]]:
    """Let the database say nothing, in one of three ways."""
    return lambda kind: {
        "frozen": server.frozen,
        "swallowed": proxy.hole,
        "standby": server.without_standby,
    }[kind]()


@pytest.mark.parametrize("kind", KINDS)
def test_while_the_database_says_nothing_everybody_is_told_so_in_time_and_answered_at_once_afterwards(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    trouble: Callable[[str], AbstractContextManager[None]],
    kind: str,
) -> None:
    references = [f"P-{number}" for number in range(6)]
    first, *others = (driver.presentation(announce(each).payload, each, now=clock()) for each in references)
    assert codes.present(first).outcome is Outcome.ACCEPTED

    def ask_in_vain(presentation: Presentation) -> None:
        with pytest.raises(UNKNOWN):
            codes.present(presentation)

    with ThreadPoolExecutor(5) as phones:
        with trouble(kind):
            asked = [phones.submit(ask_in_vain, each) for each in others]
            for each in asked:
                each.result(SURELY_SECONDS)
            # Once more: by now the connection was given up, and none is to be had.
            phones.submit(ask_in_vain, others[0]).result(SURELY_SECONDS)
        answers = list(phones.map(lambda each: ask_until_known(codes, each), others))
    assert answers == [Outcome.ACCEPTED] * 5
    assert [handovers(codes, reference) for reference in references] == [1] * 6


def test_while_a_standby_is_away_one_commit_waits_for_it_and_no_more(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, server: PostgresServer
) -> None:
    presentations = [driver.presentation(announce(each).payload, each, now=clock()) for each in ("P-1", "P-2", "P-3")]
    with server.without_standby():
        for presentation in presentations:
            with pytest.raises(UNKNOWN):
                codes.present(presentation)
        with pytest.raises(NotCommitting, match="standby"):
            codes.present(presentations[0])
        with codes.database.reading() as connection:
            waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            assert connection.execute(waiting).scalar_one() == 1
        with pytest.raises(NotCommitting, match="standby"):
            codes.check_committable()
    assert ask_until_known(codes, presentations[0]) is Outcome.ACCEPTED
    codes.check_committable()


@pytest.mark.parametrize("kind", KINDS)
def test_whether_a_presentation_could_be_committed_is_told_in_time(
    codes: DeliveryCodes, trouble: Callable[[str], AbstractContextManager[None]], kind: str
) -> None:
    codes.check_committable()
    with trouble(kind):
        for _ in range(2):
            with pytest.raises(UNKNOWN):
                codes.check_committable()


def test_a_held_lock_of_sqlite_leaves_nobody_waiting(
    sqlite_database: Database, ring_file: Path, clock: TurnableClock
) -> None:
    database = Database(str(sqlite_database.url), patience=SERVING)
    codes = codes_over(database, ring_file, clock)
    with _turn_taken(database), pytest.raises(DatabaseError, match="no answer"):
        codes.check_committable()
    codes.check_committable()
    codes.close()


@contextmanager
def _turn_taken(database: Database) -> Iterator[None]:
    with Path(f"{database.url.database}.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def test_the_times_leave_the_phone_some_of_its_own() -> None:
    phone = re.search(r"PATIENCE_MS = (\d+);", Path("web/static/js/lib/service/api.js").read_text())
    assert phone is not None
    assert SERVING.reply_seconds < SERVING.answer_seconds < int(phone[1]) / 1000 - 1
