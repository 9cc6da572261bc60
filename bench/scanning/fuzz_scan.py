"""`python -m bench.scanning.fuzz_scan [--inputs N] [--seconds S] [--seed N]`: broken pictures without end through the
reader.

Real pictures and hostile ones have bytes changed, cut out, doubled and exchanged, and go through the reading children
as uploads do. Ends with a trace if anything but a reading or a refusal came back, and with status 1 if the service
itself grew by 100 MB or a good picture is not read afterwards. The last line is one JSON object.
"""

import argparse
import json
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

import psutil

from scanner.pictures.reader import ChildLimits, PictureError, PictureReader
from tests.parts.scanning.hostile_pictures import hostile_files
from tests.parts.scanning.pictures import known_pictures

LIMITS = ChildLimits(seconds=4.0, budget_ms=60.0)
LARGEST_SEED_FILE = 30_000
CHILDREN = 2


@dataclass(slots=True)
class Result:
    """What became of the inputs."""

    inputs: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    longest_ms: float = 0.0
    grown_megabytes: float = 0.0
    good_one_read_afterwards: bool = False


def seed_files() -> list[bytes]:
    """Return the files that are mutated: small real pictures, and the hostile ones."""
    real = [each.path.read_bytes() for each in known_pictures() if each.path.stat().st_size < LARGEST_SEED_FILE]
    return real + [data for _, data in hostile_files() if 0 < len(data) < LARGEST_SEED_FILE]


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return a file with a few bytes changed, cut out, doubled, exchanged with another's, or cut short."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 8, 32))):
        place = chance.randrange(min(len(changed), 64) if chance.random() < 0.3 else len(changed))
        length = chance.randint(1, 64)
        action = chance.randrange(6)
        if action == 0:
            changed[place] = chance.randrange(256)
        elif action == 1:
            changed[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
        elif action == 2:
            del changed[place : place + length]
        elif action == 3:
            changed[place:place] = changed[place : place + length]
        elif action == 4:
            start = chance.randrange(len(other))
            changed[place : place + length] = other[start : start + length]
        else:
            changed[place] ^= 1 << chance.randrange(8)
        changed = changed or bytearray(b"\0")
    return bytes(changed)


def fuzz(*, inputs: int, seconds: float, seed: int) -> Result:
    """Send mutated pictures until their number or the time is reached."""
    chance, files, result = random.Random(seed), seed_files(), Result()
    end, lock, service = time.monotonic() + seconds, threading.Lock(), psutil.Process()
    with PictureReader(children=CHILDREN, limits=LIMITS) as reader:
        reader.read(files[0])
        before = service.memory_info().rss

        def work() -> None:
            while True:
                with lock:
                    if result.inputs >= inputs or time.monotonic() > end:
                        return
                    result.inputs += 1
                    data = mutated(chance.choice(files), chance.choice(files), chance)
                _send(reader, data, result, lock)

        with ThreadPoolExecutor(CHILDREN) as threads:
            for done in [threads.submit(work) for _ in range(CHILDREN)]:
                done.result()
        result.grown_megabytes = round((service.memory_info().rss - before) / (1 << 20), 1)
        result.good_one_read_afterwards = bool(reader.read(files[0]).symbols)
    return result


def _send(reader: PictureReader, data: bytes, result: Result, lock: threading.Lock) -> None:
    started = time.monotonic()
    try:
        answer = "read" if reader.read(data).symbols else "nothing found"
    except PictureError as error:
        answer = type(error).__name__
    with lock:
        result.answers[answer] = result.answers.get(answer, 0) + 1
        result.longest_ms = max(result.longest_ms, round((time.monotonic() - started) * 1000, 1))


def told(result: Result) -> str:
    """Return a result as one JSON object."""
    return json.dumps(asdict(result))


def main() -> int:
    """Run as the options say, and print what became of the inputs."""
    parser = argparse.ArgumentParser(description="Send broken pictures through the reading children.")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = fuzz(inputs=options.inputs, seconds=options.seconds, seed=options.seed)
    print(told(result))
    return 0 if result.good_one_read_afterwards and result.grown_megabytes < 100 else 1


if __name__ == "__main__":
    sys.exit(main())
