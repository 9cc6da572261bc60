"""Kill the mail worker with kill -9 at random moments while it sends, again and again, and count what arrived.

`python -m bench.chaos.chaos_mail --kills 100`. What must hold is checked after every kill: a message whose end was
written down is never sent again, and of those that the server took no more than one, the one just in its hands, is not
yet written down. That one is sent again under the same Message-ID. At the end every message has arrived.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
import yaml

from bench.chaos.killing import Broken, arguments_for, end_leases, ground, kill_often, tell
from codes import Announcement, DeliveryCodes, Person, tables
from tests.parts.servers.smtp_server import Behaviour, SmtpServer
from web.commands.opening import opened
from web.configuration import load_settings

STUCK_AFTER_SECONDS = 120
# Time for the server to notice that nobody is there any more.
SETTLES_SECONDS = 0.05
SECONDS_A_MAIL = 0.05
PRELOADED = [
    "app",
    "codes",
    "web.processes.housekeeping",
    "web.mail.delivery",
    "web.mail.returned.folder",
    "web.mail.mail_worker",
]


@dataclass(slots=True)
class Result:
    """What a run came to."""

    kills: int = 0
    kills_while_sending: int = 0
    kills_in_the_window: int = 0
    mails: int = 0
    arrived: int = 0
    arrived_twice: int = 0


@dataclass(slots=True)
class MailChaos:
    """One worker under attack."""

    config: Path
    smtp: SmtpServer
    codes: DeliveryCodes
    chance: random.Random
    workers: ForkServerContext
    result: Result = field(default_factory=Result)
    seen: Counter[UUID] = field(default_factory=Counter)
    written_down: set[UUID] = field(default_factory=set)

    def kill_once(self, mails: int) -> None:
        """Announce parcels, let a worker begin with their mails, and kill it."""
        self._announce(mails)
        before = self.smtp.connections
        worker = self._start()
        while self.smtp.connections == before and worker.is_alive():
            time.sleep(0.002)
        time.sleep(self.chance.uniform(0.0, mails * SECONDS_A_MAIL))
        worker.kill()
        worker.join()
        time.sleep(SETTLES_SECONDS)
        self.result.kills += 1
        self._look()
        end_leases(self.codes)

    def finish(self) -> Result:
        """Let the rest go out, and check that everything arrived."""
        worker = self._start()
        waiting, end = self._waiting(), time.monotonic() + STUCK_AFTER_SECONDS
        while waiting:
            time.sleep(0.1)
            if (now := self._waiting()) != waiting:
                waiting, end = now, time.monotonic() + STUCK_AFTER_SECONDS
            elif time.monotonic() > end:
                raise Broken(f"{waiting} mails never went out")
        worker.terminate()
        worker.join()
        taken = self._taken()
        queued = self._ids(tables.messages.c.id.is_not(None))
        if set(taken) != queued:
            raise Broken(f"{len(queued)} mails were queued, {len(taken)} different ones arrived")
        self.result.mails, self.result.arrived = len(queued), sum(taken.values())
        self.result.arrived_twice = self.result.arrived - len(queued)
        if self.result.arrived_twice > self.result.kills_in_the_window:
            raise Broken(f"{self.result}: more doubles than kills between the server's answer and the commit")
        return self.result

    def _announce(self, mails: int) -> None:
        first = self.result.kills * mails
        people = [Person("Sample Recipient", f"sample{first + number}@example.org") for number in range(mails)]
        self.codes.announce([Announcement(f"P-{first + n}", person) for n, person in enumerate(people)])

    def _start(self) -> ForkServerProcess:
        worker = self.workers.Process(target=work, args=(str(self.config),), daemon=True)
        worker.start()
        return worker

    def _look(self) -> None:
        """Compare what the server took since the last kill with what is written down."""
        taken, sent = self._taken(), self._ids(tables.messages.c.sent_at.is_not(None))
        fresh = taken - self.seen
        if again := fresh.keys() & self.written_down:
            raise Broken(f"{again} were sent again after their end was written down")
        in_the_window = fresh.keys() - sent
        if len(in_the_window) > 1:
            raise Broken(f"{len(in_the_window)} mails were taken and not written down at one kill")
        self.result.kills_while_sending += bool(fresh)
        self.result.kills_in_the_window += len(in_the_window)
        self.seen, self.written_down = taken, sent

    def _taken(self) -> Counter[UUID]:
        return Counter(UUID(str(mail["Message-ID"]).strip("<>").partition("@")[0]) for mail in self.smtp.messages)

    def _ids(self, which: sa.ColumnElement[bool]) -> set[UUID]:
        with self.codes.database.reading() as connection:
            return set(connection.execute(sa.select(tables.messages.c.id).where(which)).scalars())

    def _waiting(self) -> int:
        return len(self._ids(tables.messages.c.due_at.is_not(None)))


def work(config: str) -> None:
    """Be the worker, as `app.py worker` is."""
    from app import main

    main(["--config", config, "worker"])


@contextmanager
def mail_house(database: str, seed: int) -> Iterator[MailChaos]:
    """Start everything: a database, an SMTP server that takes its time, and a process that forks workers."""
    slow = Behaviour(seconds_before_answer=0.003, seconds_after_taking=0.01)
    with ground(database, slow) as under:
        config = under.folder / "config.yaml"
        config.write_text(yaml.safe_dump(under.settings), encoding="utf-8")
        workers = multiprocessing.get_context("forkserver")
        workers.set_forkserver_preload(PRELOADED)
        with opened(load_settings(config)) as codes:
            yield MailChaos(config, under.smtp, codes, random.Random(seed), workers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the long form."""
    parser = arguments_for(__doc__, kills=100)
    parser.add_argument("--mails", type=int, default=6, help="new ones for each kill")
    options = parser.parse_args(arguments)
    with mail_house(options.database, options.seed) as chaos:
        kill_often(
            options.kills,
            lambda: chaos.kill_once(options.mails),
            lambda: f"{sum(chaos.seen.values())} mails taken",
        )
        result = chaos.finish()
    tell(options.database, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
