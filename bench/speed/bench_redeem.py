"""Verifications a second over HTTP, beside the bare databases in the same run: `make bench-redeem`."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.speed.load import Measured, measure
from bench.speed.peers import PostgresPeer, SqlitePeer
from bench.speed.service_under_load import ServiceUnderLoad, service_under_load
from tests.parts.fill import fill
from tests.parts.rounds import rounds
from tests.parts.servers.postgresql import running_postgres

ROUNDS = 3
SECONDS = 3
MOST_A_SECOND = 4000
"""So many parcels are announced for each second; a round whose parcels are used up ends before its time."""
BARE_MOST_A_CLIENT = 1200
"""So many parcels each bare client has for a second. They take turns at chance, and none takes another's."""
POSTGRES_WORKERS = 1
"""As shipped; config.yaml advises one web process for two cores, which the bench has."""


@dataclass(slots=True)
class Comparison:
    """Rounds of the service and of the bare database, taken in turn."""

    name: str
    ours: list[Measured] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        """Return the medians of the rounds; the ratio of the rates, and the service's own CPU time for one."""
        rate, p50, p99 = (median(getattr(each, name) for each in self.ours) for name in ("rate", "p50_ms", "p99_ms"))
        bare = median(self.bare)
        cpu = self.cpu_seconds * 1000 / sum(each.answered for each in self.ours)
        figures = {"rate": rate, "bare": bare, "ratio": rate / bare, "p50_ms": p50, "p99_ms": p99, "cpu_ms": cpu}
        return {"name": self.name, **figures}


def line(told: Mapping[str, Any]) -> str:
    """Return a comparison's line of the table."""
    rates = f"{told['rate']:9.0f} {told['bare']:9.0f} {told['ratio']:6.2f}"
    return f"{told['name']:24}{rates} {told['p50_ms']:8.1f} {told['p99_ms']:8.1f} {told['cpu_ms']:7.2f}"


def compare(
    name: str, service: ServiceUnderLoad, bare: Callable[[int, int], float], clients: int, folder: Path
) -> Comparison:
    """Measure both in turn."""
    comparison = Comparison(name)
    for number in range(ROUNDS):
        references = [f"S{clients}-{number}-{each}" for each in range(MOST_A_SECOND * SECONDS)]
        service.announce(references)
        requests = service.requests(references)
        measure(service.service.port, requests[:200], clients, 1, folder)
        before = service.cpu_seconds()
        measured = measure(service.service.port, requests[200:], clients, SECONDS, folder)
        comparison.cpu_seconds += service.cpu_seconds() - before
        if set(measured.outcomes) != {"accepted"}:
            said = "".join(service.service.output[-30:])
            raise RuntimeError(f"not every parcel was handed over: {Counter(measured.outcomes)}\n{said}")
        comparison.ours.append(measured)
        comparison.bare.append(bare(clients, SECONDS))
    return comparison


def on_postgresql(folder: Path) -> Iterator[Comparison]:
    """Compare on a PostgreSQL of our own, in two databases alike."""
    with running_postgres() as server:
        peer_folder = folder / "peer"
        peer_folder.mkdir()
        clients_measured, share = (8, 32), BARE_MOST_A_CLIENT * SECONDS
        with service_under_load(peer_folder, peer_url := server.fresh_database(), 1) as twin:
            fill(twin.codes.database, sum(clients_measured) * ROUNDS * share)
            device = twin.device.device_id
        with service_under_load(folder, server.fresh_database(), POSTGRES_WORKERS) as service:
            peer = PostgresPeer(peer_url, device, share, folder)
            for clients in clients_measured:
                yield compare(f"PostgreSQL, {clients} clients", service, peer.rate, clients, folder)


def on_sqlite(folder: Path) -> Iterator[Comparison]:
    """Compare on two files alike."""
    peer_folder = folder / "peer"
    peer_folder.mkdir(parents=True)
    parcels = 8 * ROUNDS * SECONDS * BARE_MOST_A_CLIENT
    with service_under_load(peer_folder, None, 1) as twin:
        fill(twin.codes.database, parcels)
        device, database = twin.device.device_id, twin.codes.database.url.database
    with service_under_load(folder, None, 1) as service:
        peer = SqlitePeer(Path(database or ""), device, parcels)
        yield compare("SQLite, 8 clients", service, peer.rate, 8, folder)


def all_told(measuring: Callable[[Path], Iterator[Comparison]], folder: Path) -> list[dict[str, Any]]:
    """Measure on one database, and return what came of it."""
    return [comparison.told() for comparison in measuring(folder)]


def main() -> None:
    """Print the table and the figures."""
    print(f"{'':24}{'a second':>9} {'bare':>9} {'ratio':>6} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>7}", flush=True)
    comparisons: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name, rounds("redeem", total=2) as these:
        for database, measuring in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
            folder = Path(name) / database
            folder.mkdir()
            for told in these.take(database, partial(all_told, measuring, folder)):
                comparisons.append(told)
                print(line(told), flush=True)
    print(json.dumps(figures(comparisons)))


def figures(comparisons: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the figures that the project watches."""
    sqlite, eight, thirty_two = comparisons
    return {
        "ratio_postgresql_8": round(eight["ratio"], 3),
        "ratio_postgresql_32": round(thirty_two["ratio"], 3),
        "ratio_sqlite_8": round(sqlite["ratio"], 3),
        "p99_ms_8": round(max(eight["p99_ms"], sqlite["p99_ms"]), 1),
        "cpu_ms": round(max(each["cpu_ms"] for each in comparisons), 3),
    }


if __name__ == "__main__":
    main()
