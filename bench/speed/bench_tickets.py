"""Verifications beside 10,000 open ticket pages, and how soon those at the door turn green: `make bench-tickets`.

It takes some ten minutes. Each measure is taken in turn with its counterpart: the pages keep their connections and are
silent in between.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.speed.load import HOME, Measured, measure
from bench.speed.service_under_load import COOKIE, ServiceUnderLoad, service_under_load
from codes import tables
from codes.delivering.delivery_day import come_near
from codes.keys.derivation import derive_ticket_key
from web.http.limits.poll_interval import LONGEST_SECONDS

PAGES = 10_000
AT_THE_DOOR = 40
ROUNDS = 3
SECONDS = 10
CLIENTS = 8
MOST_A_SECOND = 1500
"""So many parcels are announced for each second; a round whose parcels are used up ends before its time."""
SETTLE_SECONDS = LONGEST_SECONDS + 5
"""After that each page has asked once more, and those at the door know that they are."""
SLACK_SECONDS = 4
TICKETS = "T-"
Beside = tuple[Measured, dict[str, float]]


class OpenPages:
    """The pages' own process."""

    def __init__(self, service: ServiceUnderLoad, paths: Sequence[str], folder: Path) -> None:
        file = folder / "pages"
        file.write_text("\n".join(paths), encoding="utf-8")
        command = [sys.executable, "-m", "bench.speed.open_pages", str(service.service.port), str(file)]
        self._process = subprocess.Popen(
            command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._line()

    def during(self, command: str, seconds: float, work: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
        """Let the pages ask for so long while something else is done; returns what came of both."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command} {seconds}\n")
        done = work()
        return json.loads(self._line()), done

    def close(self) -> None:
        """Close all pages."""
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the open pages' process ended")
        return line


def ticket_paths(service: ServiceUnderLoad, count: int) -> dict[str, str]:
    """Announce so many parcels and return their tickets' paths."""
    references = [f"{TICKETS}{number}" for number in range(count)]
    service.announce(references)
    ring, holders, parcels = service.codes.ring(), tables.holders, tables.parcels
    with service.codes.database.writing() as connection:
        # All are on their way, and each page was opened once before: that is written down once, and not measured here.
        connection.execute(parcels.update().values(out_for_delivery_at=service.codes.clock()))
        connection.execute(holders.update().values(opened_at=service.codes.clock()))
        rows = connection.execute(
            parcels.select()
            .with_only_columns(parcels.c.reference, holders.c.ticket_id, holders.c.key_id)
            .join(holders, holders.c.consignment_id == parcels.c.consignment_id)
        ).all()
    return {row.reference: f"/t/{derive_ticket_key(ring.key(row.key_id), row.ticket_id)}" for row in rows}


def prepared(service: ServiceUnderLoad, name: str) -> list[bytes]:
    """Announce parcels and sign the requests that hand them over."""
    references = [f"{name}-{each}".upper() for each in range(MOST_A_SECOND * SECONDS)]
    service.announce(references)
    return service.requests(references)


def verify(service: ServiceUnderLoad, requests: Sequence[bytes], folder: Path) -> Measured:
    """Measure verifications; all have to be accepted."""
    measured = measure(service.service.port, requests, CLIENTS, SECONDS, folder)
    if set(measured.outcomes) != {"accepted"}:
        raise RuntimeError(f"not every parcel was handed over: {measured.outcomes}")
    return measured


def hand_over(service: ServiceUnderLoad, references: Sequence[str]) -> dict[str, float]:
    """Hand parcels over one after the other; returns when each was answered."""
    payloads, answered = service.payloads(references), {}
    with httpx.Client(base_url=service.service.url, cookies={COOKIE: service.cookie}) as driver:
        for reference, payload in zip(references, payloads, strict=True):
            answer = driver.post("/api/v1/verifications", json=service.body(reference, payload), timeout=30)
            if answer.json()["outcome"] != "accepted":
                raise RuntimeError(answer.text)
            answered[reference] = time.monotonic()
            time.sleep((SECONDS - SLACK_SECONDS) / len(references))
    return answered


def beside(service: ServiceUnderLoad, requests: Sequence[bytes], doors: Sequence[str], folder: Path) -> Beside:
    """Measure verifications while a driver hands over what is at the door."""
    with ThreadPoolExecutor(1) as road:
        driver = road.submit(hand_over, service, doors)
        return verify(service, requests, folder), driver.result()


def compare(
    service: ServiceUnderLoad, pages: OpenPages, command: str, paths: Mapping[str, str], doors: list[str], folder: Path
) -> dict[str, float]:
    """Measure in turn with silent pages and with asking ones, while parcels at the door are handed over."""
    silent, asking, told, greens = [], [], [], []
    for reference in doors:
        service.codes.write(come_near, reference)
    print(f"letting the pages ask for {SETTLE_SECONDS:.0f} s, until they know how often they may", flush=True)
    pages.during(command, SETTLE_SECONDS, lambda: None)
    before = service.cpu_seconds()
    alone, _ = pages.during(command, SECONDS, lambda: None)
    cpu_seconds = service.cpu_seconds() - before
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}: first beside silent pages, then beside asking ones", flush=True)
        silent.append(verify(service, prepared(service, f"{command}-S{number}"), folder))
        requests, some = prepared(service, f"{command}-A{number}"), doors[number::ROUNDS]
        work = partial(beside, service, requests, some, folder)
        seen, (measured, answered) = pages.during(command, SECONDS + SLACK_SECONDS, work)
        asking.append(measured)
        told.append(seen)
        greens += [seen["green"].get(paths[each], float("inf")) - answered[each] for each in some]
    rates = [median(each.rate for each in some) for some in (silent, asking)]
    p99s = [median(each.p99_ms for each in some) for some in (silent, asking)]
    return {
        "rate_without": round(rates[0]),
        "rate_with": round(rates[1]),
        "ratio": round(rates[1] / rates[0], 3),
        "p99_ms_without": round(p99s[0], 1),
        "p99_ms_with": round(p99s[1], 1),
        "looks_a_second": round(median(each["looks_a_second"] for each in told)),
        "look_p99_ms": round(median(each["p99_ms"] for each in told), 1),
        "cpu_ms_a_look": round(cpu_seconds * 1000 / alone["looks"], 3),
        "cpu_of_looks": round(cpu_seconds / SECONDS, 3),
        "green_median_s": round(median(greens), 2),
        "green_slowest_s": round(max(greens), 2),
    }


def main() -> None:
    """Print what was measured, last as one line of JSON."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, service_under_load(Path(name), None, 1) as service:
        print(f"announcing {PAGES} parcels, and opening their pages", flush=True)
        paths = ticket_paths(service, PAGES)
        pages = OpenPages(service, list(paths.values()), Path(name))
        for place, command in enumerate(("ask", "hold")):
            doors = [f"{TICKETS}{place * AT_THE_DOOR + each}" for each in range(AT_THE_DOOR)]
            said = compare(service, pages, command, paths, doors, Path(name))
            print({"ask": "left lying", "hold": "in a hand"}[command], json.dumps(said), flush=True)
            figures |= {f"{command}_{key}": value for key, value in said.items()}
        pages.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
