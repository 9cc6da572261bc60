"""Let a database of three nodes fail in every way while drivers hand parcels over, and count what that cost.

`python -m bench.chaos.failover --faults node,hole --rounds 3`. On this machine, and reached from nowhere else: three
nodes with etcd, Patroni and PostgreSQL, HAProxy before them, and the whole product twice, with nginx before it.
Nothing that was answered may be lost, done twice, or answered otherwise when it is asked again; that ends the command
with a failure. Times depend on the machine: each stands beside the one to reach.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from bench.chaos.failover.cluster import running_cluster
from bench.chaos.failover.counting import check_audit, handed_over_twice, lost, mails, wait_for_mails
from bench.chaos.failover.faults import FAULTS, Ground
from bench.chaos.failover.phones import Answered, Phone, enrolled_phone, longest_gap
from bench.chaos.failover.product import Product, running_product
from bench.chaos.killing import Broken
from codes import Announcement, Person
from tests.parts.domain import shown
from tests.parts.servers.smtp_server import SmtpServer, running_smtp_server
from tests.parts.servers.swallowing_proxy import swallowing_proxy
from tests.parts.web.tickets import newest_key

PHONES = 6
BEFORE_SECONDS = 6
WRONG_ONE_IN = 10
PHONE_MAY_ADD_SECONDS = 3
PAGES = ("/", "/static/icons.svg")


@dataclass(frozen=True, slots=True)
class Round:
    """What one fault came to."""

    fault: str
    answers: int
    asked_again: int
    gap: float
    allowed: float
    longest_wait: float
    lost: int
    twice: int
    changed: int
    pages: int
    pages_failed: int

    @property
    def holds(self) -> bool:
        """Tell whether the record came through, and the pages stayed."""
        return not (self.lost or self.twice or self.changed or self.pages_failed)

    @property
    def is_in_time(self) -> bool:
        """Tell whether nobody waited longer than is to be reached."""
        return self.gap <= self.allowed and self.longest_wait <= self.gap + PHONE_MAY_ADD_SECONDS


@dataclass(slots=True)
class Visitor:
    """Somebody who looks at pages and files that need no database, and at a ticket, all the time."""

    client: httpx.Client
    ticket: str
    stop: threading.Event
    asked: int = 0
    failed: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Look on until work is over."""
        while not self.stop.wait(0.5):
            for path in PAGES:
                self.asked += 1
                try:
                    status = self.client.get(path).status_code
                except httpx.TransportError as error:
                    self.failed.append(f"{path}: {type(error).__name__}")
                else:
                    if status >= 400:
                        self.failed.append(f"{path}: {status}")

    def open_ticket(self) -> None:
        """Ask for the ticket too, as whoever has it open does; whether it can be shown does not matter here."""
        while not self.stop.wait(0.5):
            try:
                self.client.get(self.ticket)
            except httpx.TransportError:
                continue


@dataclass(slots=True)
class House:
    """Everything that runs, and what came of it so far."""

    ground: Ground
    product: Product
    smtp: SmtpServer
    phones: list[Phone] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    announced: int = 0

    def enrol(self) -> None:
        """Enrol the phones."""
        made = (
            enrolled_phone(self.product.codes, self.product.url, self.product.trust, self.stop) for _ in range(PHONES)
        )
        self.phones.extend(made)

    def endure(self, name: str) -> Round:
        """Let phones work, cause a fault meanwhile, and look at what became of their answers."""
        fault = FAULTS[name]
        parcels = round((BEFORE_SECONDS + fault.watched_seconds) * 1.5)
        work = [self._announce(parcels) for _ in self.phones]
        self.stop.clear()
        before = [len(phone.answered) for phone in self.phones]
        with httpx.Client(base_url=self.product.url, verify=self.product.trust, timeout=6) as client:
            visitor = Visitor(client, f"/t/{newest_key(self.product.codes)}", self.stop)
            jobs = [visitor.work, visitor.open_ticket]
            threads = [threading.Thread(target=each, daemon=True) for each in jobs]
            for phone, shown_codes in zip(self.phones, work, strict=True):
                threads.append(threading.Thread(target=phone.work, args=(shown_codes,), daemon=True))
            for thread in threads:
                thread.start()
            time.sleep(BEFORE_SECONDS)
            began = time.monotonic()
            fault.cause(self.ground)
            time.sleep(max(0.0, began + fault.watched_seconds - time.monotonic()))
            self.stop.set()
            for thread in threads:
                thread.join()
        for phone in self.phones:
            if phone.trouble:
                raise phone.trouble
        self.ground.cluster.heal()
        answered = [each for phone, start in zip(self.phones, before, strict=True) for each in phone.answered[start:]]
        if visitor.failed:
            print(f"pages that failed: {visitor.failed[:5]}", flush=True)
        return Round(
            fault=name,
            answers=len(answered),
            asked_again=sum(each.tries > 1 for each in answered),
            gap=longest_gap([each.ended for each in answered], began),
            allowed=fault.allowed_seconds,
            longest_wait=max(each.ended - each.began for each in answered),
            lost=lost(self.product, answered),
            twice=handed_over_twice(self.product, answered),
            changed=self._changed(before),
            pages=visitor.asked,
            pages_failed=len(visitor.failed),
        )

    def _announce(self, count: int) -> list[tuple[str, str]]:
        """Announce parcels, and return what a phone is shown: now and then a wrong code before the right one."""
        references = [f"P-{self.announced + number}" for number in range(count)]
        self.announced += count
        people = [Person("Sample Recipient", f"{each.lower()}@example.org") for each in references]
        self.product.codes.announce([Announcement(*each) for each in zip(references, people, strict=True)])
        codes = []
        for number, reference in enumerate(references):
            payload = shown(self.product.codes, reference).payload
            if number % WRONG_ONE_IN == 0:
                codes.append((reference, payload[:-1] + str((int(payload[-1]) + 1) % 10)))
            codes.append((reference, payload))
        return codes

    def _changed(self, since: Sequence[int]) -> int:
        """Ask for every answer of this round once more, and count those that are others now."""

        def changed(phone: Phone, some: Sequence[Answered]) -> int:
            return sum(phone.ask_again(each) != each.answer for each in some)

        with ThreadPoolExecutor(PHONES) as pool:
            asked = [
                pool.submit(changed, phone, phone.answered[n:]) for phone, n in zip(self.phones, since, strict=True)
            ]
            return sum(each.result() for each in asked)


@contextmanager
def running_house() -> Iterator[House]:
    """Start everything."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doorcode-failover-")))
        cluster = stack.enter_context(running_cluster())
        roads = [stack.enter_context(swallowing_proxy(cluster.port)) for _ in range(2)]
        smtp = stack.enter_context(running_smtp_server())
        urls = [cluster.url(road.port) for road in roads]
        product = stack.enter_context(running_product(folder, cluster.url(cluster.port), urls, smtp))
        house = House(Ground(cluster, roads), product, smtp)
        house.enrol()
        yield house


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the long form, for as many minutes as it may take; what is begun then is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, separated by commas")
    parser.add_argument("--rounds", type=int, default=1, help="how often each")
    parser.add_argument("--minutes", type=float, default=30, help="no round begins later")
    options = parser.parse_args(arguments)
    # Whoever stops it has everything taken away that was started.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("stopped"))
    end = time.monotonic() + options.minutes * 60
    done: list[Round] = []
    with running_house() as house:
        for name in options.faults.split(",") * options.rounds:
            if time.monotonic() > end:
                print("The time is over; what is left is not begun.")
                break
            done.append(house.endure(name))
            print(line_of(done[-1]), flush=True)
        drained = wait_for_mails(house.product)
        queued, missing, twice = mails(house.product, house.smtp)
        audit = check_audit(house.product)
        told = house.product.told_of_tickets()
    print(
        f"mails {queued:,}, lost {missing}, twice {twice}; the last was out {drained:.0f} s after the last round",
        flush=True,
    )
    print(f"audit: {audit}")
    figures = {"mails": queued, "mails_lost": missing, "mails_twice": twice, "tickets_in_logs": told}
    print(json.dumps({"rounds": [asdict(each) | {"in_time": each.is_in_time} for each in done], **figures}))
    return 0 if done and all(each.holds for each in done) and not missing and not told else 1


def line_of(each: Round) -> str:
    """Say in a line what a fault came to."""
    return (
        f"{each.fault:11} gap {each.gap:5.1f} s of {each.allowed:.0f}, longest wait {each.longest_wait:5.1f} s, "
        f"{each.answers} answers, {each.asked_again} asked again, lost {each.lost}, twice {each.twice}, "
        f"changed {each.changed}, pages {each.pages - each.pages_failed} of {each.pages}"
        f"{'' if each.is_in_time else '   LATE'}"
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as error:
        sys.exit(f"broken: {error}")
