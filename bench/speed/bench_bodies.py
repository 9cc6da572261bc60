"""Presentations beside 64 callers who send a body byte by byte, and alone, in turn: `make bench-bodies`."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.speed.load import Measured, measure
from bench.speed.service_under_load import ServiceUnderLoad, service_under_load
from tests.parts.web.slow_sender import byte_by_byte

ROUNDS = 7
SECONDS = 3
CLIENTS = 8
MOST_A_SECOND = 3000
SLOW = 64
HEADERS = {"Content-Type": "application/json", "Content-Length": "60000"}
PATHS = ("/api/v1/verifications", "/api/v1/proofs/check", "/api/v1/frames", "/office/sign-in")


def round_of(service: ServiceUnderLoad, name: str, slow: int, folder: Path) -> Measured:
    """Hand parcels over for some seconds, beside so many slow callers."""
    references = [f"{name}-{number}" for number in range(MOST_A_SECOND * SECONDS)]
    service.announce(references)
    requests = service.requests(references)
    port = service.service.port
    with ExitStack() as stack:
        if slow:
            asked = [(PATHS[number % len(PATHS)], HEADERS) for number in range(slow)]
            stack.enter_context(byte_by_byte(port, asked))
        measure(port, requests[:200], CLIENTS, 1, folder)
        measured = measure(port, requests[200:], CLIENTS, SECONDS, folder)
    if set(measured.outcomes) != {"accepted"}:
        raise RuntimeError(f"not every parcel was handed over: {Counter(measured.outcomes)}")
    return measured


def main() -> None:
    """Print each round, and the ratio of the medians."""
    p99: dict[int, list[float]] = {0: [], SLOW: []}
    rate: dict[int, list[float]] = {0: [], SLOW: []}
    with tempfile.TemporaryDirectory() as name, service_under_load(Path(name), None, 1) as service:
        for number in range(ROUNDS):
            for slow in (0, SLOW):
                measured = round_of(service, f"R{number}-{slow}", slow, Path(name))
                p99[slow].append(measured.p99_ms)
                rate[slow].append(measured.rate)
                print(
                    f"{slow:3} slow callers: {measured.rate:6.0f} a second, p99 {measured.p99_ms:6.1f} ms", flush=True
                )
    alone, beside = median(p99[0]), median(p99[SLOW])
    figures = {"p99_ms_alone": alone, "p99_ms_beside": beside, "p99_ratio": beside / alone}
    figures["rate_ratio"] = median(rate[SLOW]) / median(rate[0])
    print(json.dumps({each: round(value, 3) for each, value in figures.items()}))


if __name__ == "__main__":
    main()
