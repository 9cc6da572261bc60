"""Attack every boundary of a service of our own, as somebody outside can: over HTTP, with what people hold.

`python -m bench.attack` runs everything in at most ten minutes; `--short` one house in less than one. Each attack says
what must hold and prints one line; the exit status is 1 if anything broke.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.attack import (
    bodies,
    budgets,
    clocks,
    consignments,
    devices,
    guessing,
    malformed,
    numbers,
    proofs,
    senders,
    signing_in,
    text_exits,
    tickets,
)
from bench.attack.house import House, house_of
from bench.attack.verdicts import Attack, OutOfTime, carry_out
from tests.parts.servers.postgresql import running_postgres

BOUNDARIES = (
    bodies,
    malformed,
    guessing,
    clocks,
    consignments,
    senders,
    devices,
    tickets,
    budgets,
    signing_in,
    text_exits,
    numbers,
    proofs,
)
HOUSES = (
    ("sqlite", 1, False),
    ("postgresql", 2, False),
    ("sqlite", 1, True),
    ("postgresql", 2, True),
    ("sqlite", 2, False),
    ("postgresql", 1, False),
)
FIRST = {0, 2}
"""The houses on which everything is tried that suits their settings."""
MOST_SECONDS = 600


def main(arguments: Sequence[str]) -> int:
    """Attack, and return the exit status."""
    options = _options(arguments)
    counted: Counter[bool] = Counter()
    calls, began = 0, time.monotonic()
    end = began + options.seconds
    try:
        with ExitStack() as stack:
            postgres = None
            for number, (database, workers, strict) in enumerate(HOUSES):
                attacks = [each for each in _chosen(options) if _belongs(each, number)]
                if not attacks or (options.house is not None and options.house != number):
                    continue
                url = None
                if database == "postgresql":
                    postgres = postgres or stack.enter_context(running_postgres())
                    url = postgres.fresh_database()
                with (
                    tempfile.TemporaryDirectory(prefix="doorcode-attack-") as folder,
                    house_of(Path(folder), database, url, workers, strict=strict, short=options.short) as house,
                ):
                    print(f"# {house.name}", flush=True)
                    counted.update(_attacked(house, attacks, end))
                    calls += house.calls
    except OutOfTime as error:
        print(f"ended by itself: {error}; what follows was not tried")
    seconds = time.monotonic() - began
    print(f"{counted[True]} held, {counted[False]} broken; {calls:,} answers in {seconds:.0f} s")
    return 1 if counted[False] or not counted[True] else 0


def _attacked(house: House, attacks: Sequence[Attack], end: float) -> Iterator[bool]:
    for each in attacks:
        began, calls = time.monotonic(), house.calls
        if began > end:
            raise OutOfTime(f"the time is over before {each.boundary}: {each.promise}")
        found = carry_out(each, house, min(each.seconds, end - began))
        if not found.held and time.monotonic() >= end:
            raise OutOfTime(f"the time is over in {each.boundary}: {each.promise}")
        cost = f"{house.calls - calls} answers, {time.monotonic() - began:.1f} s"
        line = f"{'held  ' if found.held else 'BROKEN'}  {each.boundary}: {each.promise} | {found.figure} | {cost}"
        print(line, flush=True)
        yield found.held


def _belongs(each: Attack, number: int) -> bool:
    """Tell whether an attack is tried on a house: on one, on one of each database, or on all."""
    _database, _workers, strict = HOUSES[number]
    if each.strict is not strict:
        return False
    return each.everywhere or number in FIRST


def _chosen(options: argparse.Namespace) -> list[Attack]:
    attacks = [each for module in BOUNDARIES for each in vars(module).values() if isinstance(each, Attack)]
    return [
        each
        for each in attacks
        if (each.short or not options.short) and options.only.lower() in f"{each.boundary}: {each.promise}".lower()
    ]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.attack", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the quick attacks alone, on SQLite with one process")
    parser.add_argument("--only", default="", help="attacks whose boundary or promise holds this text")
    parser.add_argument("--house", type=int, choices=range(len(HOUSES)), help="one of the houses, from 0")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="end after so long, whatever is left")
    options = parser.parse_args(arguments)
    if options.short:
        options.house = 0
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
