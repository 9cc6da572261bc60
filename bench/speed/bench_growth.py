"""Verifications a second as the store grows, and parcels announced a second in bulk: `make bench-growth`.

Stores of every size stand side by side and are measured in turn, so that what else the machine does falls on all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median

import httpx

from bench.speed.load import measure
from bench.speed.service_under_load import ServiceUnderLoad, service_under_load
from codes import Announcement, Person
from codes.accounts.api_keys import add_key
from codes.service import DeliveryCodes
from tests.parts.clock import TurnableClock
from tests.parts.fill import BEGINNING, MONTH, fill
from tests.parts.rounds import rounds
from tests.parts.running_service import settings_for
from tests.parts.servers.postgresql import running_postgres
from web.commands.opening import open_codes
from web.configuration import Settings

SIZES = (10_000, 1_000_000, 10_000_000)
CLIENTS = 8
WARMING = 2
"""So many first rounds of each store count for nothing: what was just started has nothing at hand yet."""
ROUNDS = 4
SECONDS = 1
PRESENTED = 15_000
"""So many parcels of each store can be presented; they lie spread among the others."""
TOGETHER = 50
BATCH = 500
BATCHES = 20
POSTGRES_WORKERS = 1


@dataclass(slots=True)
class Grown:
    """A store of one size, with its service and what was measured."""

    parcels: int
    service: ServiceUnderLoad
    requests: list[bytes]
    rates: list[float] = field(default_factory=list)

    def measure(self, folder: Path) -> None:
        """Hand parcels over for some seconds, or as many as are left."""
        if not self.requests:
            return
        measured = measure(self.service.service.port, self.requests, CLIENTS, SECONDS, folder)
        if set(measured.outcomes) != {"accepted"}:
            raise RuntimeError(f"not every parcel was handed over: {measured.outcomes}")
        del self.requests[: len(self.requests) - measured.unsent]
        self.rates.append(measured.rate)

    @property
    def rate(self) -> float:
        """Return the median of the rounds after the first ones."""
        return median(self.rates[WARMING:])


def grown(stack: ExitStack, folder: Path, parcels: int, url: str | None) -> Grown:
    """Fill a store, and start a service on it."""
    started = time.perf_counter()
    settings = Settings.model_validate(settings_for(folder) | {"database_url": url})
    clock = TurnableClock(BEGINNING)
    codes = open_codes(settings)
    spread = DeliveryCodes(codes.database, codes.ring, codes.sealing_key, settings.codes, settings.policy.rules, clock)
    fill(codes.database, parcels - PRESENTED // 2 if parcels > PRESENTED else 0)
    presented = min(PRESENTED, parcels)
    references = [f"REAL-{number}" for number in range(presented)]
    for number in range(0, presented, TOGETHER):
        some = references[number : number + TOGETHER]
        spread.announce([Announcement(each, Person("Sample Recipient"), value=Decimal(500)) for each in some])
        clock.turn(timedelta(seconds=MONTH.total_seconds() / (presented / TOGETHER)))
    codes.seal()  # else the worker seals what was filled, for minutes, while verifications are measured
    spread.close()
    random.Random(parcels).shuffle(references)
    workers = POSTGRES_WORKERS if url else 1
    service = stack.enter_context(service_under_load(folder, url, workers))
    print(f"  {parcels:>10,} parcels in {time.perf_counter() - started:.0f} s", flush=True)
    return Grown(parcels, service, service.requests(references))


def announced_per_second(service: ServiceUnderLoad) -> float:
    """Announce parcels in batches over HTTP, each with a code and a mail in the queue."""
    key = service.codes.write(add_key, "Bench")
    recipient = {"name": "Sample Recipient", "email": "sample@example.org", "language": "de"}
    batches = [
        [
            {"reference": f"BULK-{number}-{each}", "recipient": recipient, "value": "129.90", "currency": "EUR"}
            for each in range(BATCH)
        ]
        for number in range(BATCHES)
    ]
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        started = time.perf_counter()
        for batch in batches:
            answer = client.post(f"{service.service.url}/api/v1/parcels/batch", json=batch).raise_for_status()
            if any(not each["code_required"] for each in answer.json()["parcels"]):
                raise RuntimeError("a parcel got no code")
        return BATCH * BATCHES / (time.perf_counter() - started)


def compare(folder: Path, sizes: Sequence[int], urls: Sequence[str | None]) -> tuple[list[float], float]:
    """Measure stores of all sizes in turn; returns their rates, and how fast parcels are announced to the smallest."""
    with ExitStack() as stack:
        stores = []
        for size, url in zip(sizes, urls, strict=True):
            home = folder / str(size)
            home.mkdir(parents=True)
            stores.append(grown(stack, home, size, url))
        os.sync()  # what was filled is not still being written when the first is measured
        for _ in range(WARMING + ROUNDS):
            for store in stores:
                store.measure(folder)
        announced = announced_per_second(stores[0].service)
    return [store.rate for store in stores], announced


def on_sqlite(sizes: Sequence[int]) -> tuple[list[float], float]:
    """Measure on files."""
    with tempfile.TemporaryDirectory() as name:
        return compare(Path(name), sizes, [None] * len(sizes))


def on_postgresql(sizes: Sequence[int]) -> tuple[list[float], float]:
    """Measure on a server of our own."""
    with tempfile.TemporaryDirectory() as name, running_postgres() as server:
        return compare(Path(name), sizes, [server.fresh_database() for _ in sizes])


def main() -> None:
    """Print the tables and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", default=",".join(map(str, SIZES)), help="sizes, smallest first")
    sizes = [int(each) for each in parser.parse_args().parcels.split(",")]
    figures: dict[str, float] = {}
    announced = []
    with rounds("growth", sizes, total=2) as these:
        for name, measuring in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
            rates, announcing = these.take(name, partial(measuring, sizes))
            print(f"{name:12}{'parcels':>12}{'a second':>10}{'of smallest':>12}")
            for size, rate in zip(sizes, rates, strict=True):
                print(f"{'':12}{size:>12,}{rate:>10.0f}{rate / rates[0]:>12.2f}", flush=True)
            print(f"{'':12}{'announced':>12}{announcing:>10.0f}", flush=True)
            figures[f"ratio_{name.lower()}"] = round(rates[-1] / rates[0], 3)
            announced.append(announcing)
    print(json.dumps(figures | {"announced_per_s": round(min(announced))}))


if __name__ == "__main__":
    main()
