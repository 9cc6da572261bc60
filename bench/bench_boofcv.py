"""`python -m bench.bench_boofcv FOLDER [CATEGORY…]`: our reader and its peers on BoofCV's QR benchmark.

The folder holds a folder for each category; beside each picture lies a text with the corners of its symbols.
The published metric: a symbol counts if it was decoded and its polygon overlaps the marked one, each mark once; a
category's share is over its symbols, and the figure is the mean of the shares. Texts are not marked: a text counts as
wrong where the manifest of `tests/pictures` knows the picture, and as disputed where two readers tell two texts at one
mark. `--seconds 2` is our budget for a picture, of the processor's time. The last line is one JSON object.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from scanner.decoding import decoders
from scanner.decoding.opencv import Pixels
from scanner.decoding.reading import read
from scanner.decoding.symbols import Polygon, Symbol, Symbology
from tests.parts.scanning.pictures import known_pictures, plain
from tests.parts.scanning.readers import OURS, ZBAR, ZXING

QR = frozenset({Symbology.QR_CODE})
Reader = Callable[[Pixels], Iterable[Symbol]]
Corners = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@dataclass(slots=True)
class Score:
    """What one reader did in one category."""

    marks: int = 0
    read: int = 0
    seconds: float = 0.0
    pictures: list[str] = field(default_factory=list)


def readers(seconds: float) -> dict[str, Reader]:
    """Return the readers by name; the peers as they come."""
    return {
        OURS: lambda pixels: read(pixels, wanted=QR, budget_ms=seconds * 1000, clock=time.process_time).symbols,
        ZXING: lambda pixels: decoders.zxing(pixels, QR),
        ZBAR: lambda pixels: decoders.zbar(pixels, QR),
    }


def marks_of(path: Path) -> list[Corners]:
    """Return the marked polygons beside a picture: eight numbers each, however they are broken into lines."""
    lines = path.with_suffix(".txt").read_text().splitlines()
    numbers = [
        float(word) for line in lines if not line.startswith("#") and "SETS" not in line for word in line.split()
    ]
    return list(np.array(numbers, np.float32).reshape(-1, 4, 2))


def matched(marks: list[Corners], found: Iterable[Symbol]) -> dict[int, str]:
    """Return the text told at each mark: every symbol goes to the mark that it overlaps most, each mark once."""
    told: dict[int, str] = {}
    for symbol in found:
        shared = [_overlap(mark, symbol.polygon) for mark in marks]
        best = int(np.argmax(shared))
        if shared[best] > 0:
            told.setdefault(best, symbol.text)
    return told


def _overlap(mark: Corners, polygon: Polygon) -> float:
    hulls = cv2.convexHull(mark), cv2.convexHull(np.array(polygon, np.float32))
    return float(cv2.intersectConvexConvex(*hulls)[0])


@cache
def _known() -> dict[str, frozenset[str]]:
    with_sums = {each.path.name: each.texts for each in known_pictures()}
    return {hashlib.sha256(each.path.read_bytes()).hexdigest(): with_sums[each.path.name] for each in known_pictures()}


def measure(folder: Path, categories: list[str], seconds: float) -> Iterator[tuple[str, dict[str, Score], list[str]]]:
    """Yield each category with the readers' scores, and a line for each wrong or disputed text."""
    for category in categories:
        scores: dict[str, Score] = defaultdict(Score)
        doubts: list[str] = []
        for text in sorted((folder / category).glob("*.txt")):
            path = next(each for each in sorted(text.parent.glob(f"{text.stem}.*")) if each.suffix != ".txt")
            # The marks are in pixels of the file, not of the picture turned upright.
            pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION), np.uint8)
            marks = marks_of(path)
            told: dict[str, dict[int, str]] = {}
            for name, reader in readers(seconds).items():
                started = time.process_time()
                found = list(reader(pixels))
                score = scores[name]
                score.seconds += time.process_time() - started
                told[name] = matched(marks, found)
                score.marks += len(marks)
                score.read += len(told[name])
                score.pictures.append(f"{path.stem} {len(told[name])}/{len(marks)}")
                right = _known().get(hashlib.sha256(path.read_bytes()).hexdigest())
                doubts += [
                    f"{name}, wrong: {category}/{path.name} {symbol.text!r}"
                    for symbol in found
                    if right and plain(symbol.text) not in right
                ]
            for mark in range(len(marks)):
                texts = {plain(each[mark]) for each in told.values() if mark in each}
                if len(texts) > 1:
                    doubts.append(f"disputed: {category}/{path.name} {sorted(texts)}")
        yield category, scores, doubts


def main() -> None:
    """Measure every category in turn, print a table, and one JSON object at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_boofcv")
    parser.add_argument("folder", type=Path)
    parser.add_argument("categories", nargs="*")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--pictures", action="store_true", help="also tell what was read of each picture")
    asked = parser.parse_args()
    folder: Path = asked.folder
    every = sorted(each.name for each in folder.iterdir() if each.is_dir())
    shares: dict[str, list[float]] = defaultdict(list)
    faults: list[str] = []
    names = list(readers(asked.seconds))
    print(f"{'':16} {'symbols':>8} " + " ".join(f"{name:>10} {'s':>6}" for name in names), flush=True)
    for category, scores, doubts in measure(folder, asked.categories or every, asked.seconds):
        faults += doubts
        for name in names:
            shares[name].append(100 * scores[name].read / scores[name].marks)
        row = " ".join(f"{shares[name][-1]:10.1f} {scores[name].seconds:6.1f}" for name in names)
        print(f"{category:16} {scores[OURS].marks:8} {row}", flush=True)
        if asked.pictures:
            print("   ", ", ".join(scores[OURS].pictures), flush=True)
    means = {name: round(float(np.mean(share)), 2) for name, share in shares.items()}
    print(f"{'mean':16} {'':8} " + " ".join(f"{means[name]:10.2f} {'':6}" for name in names))
    print("\n".join(faults))
    print(json.dumps({**means, "faults": len(faults)}))


if __name__ == "__main__":
    main()
