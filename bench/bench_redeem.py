"""Verifications a second over HTTP, beside the bare databases in the same run: `make bench-redeem`."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.load import Measured, measure
from bench.peers import PostgresPeer, SqlitePeer
from bench.service_under_load import ServiceUnderLoad, service_under_load
from tests.parts.postgresql import running_postgres

ROUNDS = 3
SECONDS = 3
MOST_A_SECOND = 2200
BARE_MOST_A_SECOND = 5000
"""So many parcels are prepared for each second; what is measured must stay below."""
POSTGRES_WORKERS = 2
"""The shipped settings advise one web process a core on PostgreSQL, and one on SQLite."""


@dataclass(slots=True)
class Comparison:
    """Rounds of the service and of the bare database, taken in turn."""

    name: str
    ours: list[Measured] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def ratio(self) -> float:
        """Return the service's rate as a part of the bare database's, from the medians."""
        return median(each.rate for each in self.ours) / median(self.bare)

    @property
    def p99_ms(self) -> float:
        """Return the median of the rounds' 99th percentiles."""
        return median(each.p99_ms for each in self.ours)

    @property
    def cpu_ms(self) -> float:
        """Return the service's own CPU time for one verification."""
        return self.cpu_seconds * 1000 / sum(each.answered for each in self.ours)

    def line(self) -> str:
        """Return the table's line."""
        rate, p50 = (median(getattr(each, name) for each in self.ours) for name in ("rate", "p50_ms"))
        bare = median(self.bare)
        figures = f"{rate:9.0f} {bare:9.0f} {self.ratio:6.2f} {p50:8.1f} {self.p99_ms:8.1f} {self.cpu_ms:7.2f}"
        return f"{self.name:24}{figures}"


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
        with service_under_load(peer_folder, peer_url := server.fresh_database(), 1) as twin:
            prefixes = [f"B{number}-" for number in range(2 * ROUNDS)]
            for prefix, clients in zip(prefixes, [32] * ROUNDS + [8] * ROUNDS, strict=True):
                each = BARE_MOST_A_SECOND * SECONDS // clients
                twin.announce([f"{prefix}{client}-{n}" for client in range(clients) for n in range(each)])
            device = twin.device.device_id
        with service_under_load(folder, server.fresh_database(), POSTGRES_WORKERS) as service:
            peer = PostgresPeer(peer_url, device, prefixes, folder)
            for clients in (8, 32):
                yield compare(f"PostgreSQL, {clients} clients", service, peer.rate, clients, folder)


def on_sqlite(folder: Path) -> Iterator[Comparison]:
    """Compare on two files alike."""
    peer_folder = folder / "peer"
    peer_folder.mkdir(parents=True)
    with service_under_load(peer_folder, None, 1) as twin:
        references = [f"B-{number}" for number in range(ROUNDS * SECONDS * BARE_MOST_A_SECOND)]
        twin.announce(references)
        device, database = twin.device.device_id, twin.codes.database.url.database
    with service_under_load(folder, None, 1) as service:
        peer = SqlitePeer(Path(database or ""), device, references)
        yield compare("SQLite, 8 clients", service, peer.rate, 8, folder)


def main() -> None:
    """Print the table and the figures."""
    print(f"{'':24}{'a second':>9} {'bare':>9} {'ratio':>6} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>7}", flush=True)
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory() as name:
        for measuring in (on_sqlite(Path(name) / "sqlite"), on_postgresql(Path(name))):
            for comparison in measuring:
                comparisons.append(comparison)
                print(comparison.line(), flush=True)
    print(json.dumps(figures(comparisons)))


def figures(comparisons: Sequence[Comparison]) -> dict[str, float]:
    """Return the figures that the project watches."""
    sqlite, eight, thirty_two = comparisons
    return {
        "ratio_postgresql_8": round(eight.ratio, 3),
        "ratio_postgresql_32": round(thirty_two.ratio, 3),
        "ratio_sqlite_8": round(sqlite.ratio, 3),
        "p99_ms_8": round(max(eight.p99_ms, sqlite.p99_ms), 1),
        "cpu_ms": round(max(each.cpu_ms for each in comparisons), 3),
    }


if __name__ == "__main__":
    main()
