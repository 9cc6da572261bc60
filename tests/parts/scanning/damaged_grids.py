"""Soft grids of delivery codes damaged in every way, and of what is none; run as a program, it decodes many.

`python -m tests.parts.scanning.damaged_grids` decodes 100,000 and fails at a wrong text. Its last line is
one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import numpy.typing as npt

from scanner.decoding.known.known_symbol import MASKS, SIDE, bits_of, drawn, encoded, known_modules
from scanner.decoding.known.soft_decoding import decode
from tests.parts.scanning.phones import payload

Grid = npt.NDArray[np.float64]
Chance = np.random.Generator

HOUR = 3600.0
PART = 250
TOLD = 5_000


def symbol(text: str, mask: int) -> Grid:
    """Return a symbol's modules as surely seen."""
    modules: Grid = drawn(encoded(bits_of(text)[None])[0], mask).astype(np.float64)
    return modules


def noisy(grid: Grid, chance: Chance) -> Grid:
    """A sensor's noise, up to where nothing can be read."""
    return grid + chance.normal(0, chance.uniform(0.2, 2), grid.shape)


def covered(grid: Grid, chance: Chance) -> Grid:
    """Rectangles that hide what is below them: dark, light, or as nothing."""
    hidden = grid.copy()
    for _ in range(chance.integers(1, 5)):
        top, left, height, width = chance.integers((0, 0, 2, 2), (SIDE, SIDE, 14, 14))
        hidden[top : top + height, left : left + width] = chance.integers(-1, 2)
    return hidden


def turned_round(grid: Grid, chance: Chance) -> Grid:
    """Single modules that look like the other colour."""
    turned: Grid = np.where(chance.random(grid.shape) < chance.uniform(0, 0.5), -grid, grid)
    return turned


def faded(grid: Grid, chance: Chance) -> Grid:
    """A lamp: towards one place nothing is seen any more, and what is left there is guessed."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    middle = chance.uniform(0, SIDE, 2)
    light = np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / (2 * chance.uniform(2, 14) ** 2))
    seen: Grid = grid * (1 - light) + chance.normal(0, 0.3, grid.shape) * light
    return seen


def smeared(grid: Grid, chance: Chance) -> Grid:
    """Each module partly shows its neighbours."""
    share = chance.uniform(0, 0.6)
    for axis in (0, 1):
        grid = grid + share * (np.roll(grid, 1, axis) + np.roll(grid, -1, axis))
    return grid


def shifted(grid: Grid, chance: Chance) -> Grid:
    """A part of the grid lies beside where it should."""
    at = chance.integers(1, SIDE)
    return np.concatenate([grid[:at], np.roll(grid[at:], chance.integers(-2, 3), axis=1)])


def quantised(grid: Grid, chance: Chance) -> Grid:
    """Few steps between dark and light."""
    return np.sign(grid) * np.ceil(np.abs(grid) * chance.integers(1, 4))


DAMAGES: tuple[Callable[[Grid, Chance], Grid], ...] = (
    noisy,
    covered,
    turned_round,
    faded,
    smeared,
    shifted,
    quantised,
)


def nothing(chance: Chance) -> Grid:
    """Return a grid that is no code: noise, or the known parts of one around noise."""
    grid = chance.normal(0, 1, (SIDE, SIDE))
    if chance.random() < 0.5:
        known = known_modules(int(chance.integers(MASKS)))
        grid = np.where(known != 0, known, grid)
    return grid


def damaged_grid(number: int, seed: int = 11) -> tuple[Grid, frozenset[str]]:
    """Return one grid, and the texts that may be told of it."""
    chance = np.random.default_rng((seed, number))
    if number % 10 == 9:
        return nothing(chance), frozenset()
    text = payload(chance)
    texts, grid = {text}, symbol(text, int(chance.integers(MASKS)))
    if number % 10 == 8:
        # Frames of two phones that are added up: each text may be told.
        other = payload(chance)
        texts.add(other)
        grid = grid * chance.uniform(0, 1) + symbol(other, int(chance.integers(MASKS))) * chance.uniform(0, 1)
    for damage in chance.choice(len(DAMAGES), int(chance.integers(1, 4)), replace=False):
        grid = DAMAGES[damage](grid, chance)
    return grid, frozenset(texts)


def damaged_grids(count: int) -> Iterator[tuple[Grid, frozenset[str]]]:
    """Return grids, each with the texts that may be told of it."""
    return map(damaged_grid, range(count))


def told_of(numbers: range) -> Counter[str]:
    """Decode some grids, and count what was told."""
    told: Counter[str] = Counter()
    for number in numbers:
        grid, texts = damaged_grid(number)
        text = decode(grid)
        told["nothing" if text is None else "right" if text in texts else "wrong"] += 1
        if text is not None and text not in texts:
            print(f"wrong: grid {number} {text}", flush=True)
    return told


def main() -> None:
    """Decode many on every processor, and fail at a wrong text or an exception."""
    parser = argparse.ArgumentParser(description="Decode damaged grids; no wrong text may be told.")
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    until = time.monotonic() + HOUR
    told: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        parts = [pool.submit(told_of, range(count)[at : at + PART]) for at in range(0, count, PART)]
        for part in as_completed(parts):
            told += part.result()
            if told.total() % TOLD == 0:
                print(f"{told.total():8} grids", flush=True)
            if time.monotonic() > until:
                pool.shutdown(cancel_futures=True)
                break
    print(json.dumps({"grids": told.total(), **told}))
    raise SystemExit(1 if told["wrong"] else 0)


if __name__ == "__main__":
    main()
