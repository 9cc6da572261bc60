"""`python -m bench.scanning.bench_page_reader [SET…] [--boofcv FOLDER]`: the page's reader beside the service's.

The page's scripts and decoder run in node, so that every set of pictures can be given to both: `real` ones, `drawn`
phone screens, `harder` ones, `clips` and `handheld` clips, and as photographs those of BoofCV's benchmark. Of a picture
the page gets frame after frame for three seconds, the service reads it once, within its two. Times are of the
processor. `--pictures` also names what only one of them read. The last line is one JSON object: of each set how many
symbols there are, and how many `page` and `service` read; `wrong`, the page's wrong texts; `frame_p95_ms` and
`frame_longest_ms`.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from bench.bench_boofcv import marks_of, matched
from bench.scanning.clips import Clip, clips
from bench.scanning.frames_in_time import Read, by_us, seconds_to_read
from bench.scanning.handheld_clips import handheld_clips
from scanner.decoding import preparations
from scanner.decoding.opencv import Pixels, grey
from scanner.decoding.reading import read
from scanner.decoding.symbols import LABELS, Symbol, Symbology
from scanner.pictures.opening import open_picture
from tests.parts.scanning.harder_phones import harder_shots
from tests.parts.scanning.node_reader import CAMERA_SIDE, NodeReader, node_reader
from tests.parts.scanning.phones import shots
from tests.parts.scanning.pictures import NONE, known_pictures, plain

SETS = ("real", "drawn", "harder", "clips", "handheld")
SECONDS = 3.0
KINDS = LABELS - {Symbology.UPC_E}
"""UPC-E is so easily found in others that two decoders must agree, and the page has one."""
PAGE_KINDS = frozenset({Symbology.QR_CODE, Symbology.CODE_128, Symbology.DATA_MATRIX, Symbology.ITF})
QR = frozenset({Symbology.QR_CODE})


@dataclass(slots=True)
class Counts:
    """Of one kind of picture: how many symbols, and how many each reader told; the page's wrong texts and times."""

    of: int = 0
    page: int = 0
    service: int = 0
    frames: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)

    def add(self, name: str, page: bool, service: bool) -> None:
        """Count one symbol."""
        self.of += 1
        self.page += page
        self.service += service
        if page != service:
            self.alone.append(f"{'page' if page else 'service'} alone: {name}")


Table = dict[str, Counts]


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: the kind that it is counted under, and every text that is right."""

    name: str
    kind: str
    texts: frozenset[str]
    pixels: Pixels


def real_ones() -> Iterator[Shown]:
    """Yield the real pictures by what their symbol is."""
    for each in known_pictures():
        if each.symbology != Symbology.UPC_E:
            yield Shown(each.path.name, each.symbology, each.texts, open_picture(each.path).pixels)


def drawn_ones(each: int) -> Iterator[Shown]:
    """Yield the drawn phone screens."""
    for number, shot in enumerate(shots(each)):
        name = f"{shot.trouble}-{shot.severity}-{number}"
        yield Shown(name, shot.trouble, frozenset({plain(shot.text)}), shot.pixels)


def harder_ones(each: int) -> Iterator[Shown]:
    """Yield the harder drawn screens."""
    for number, shot in enumerate(harder_shots(each)):
        name = f"{shot.trouble}-{shot.severity}-{number}"
        yield Shown(name, shot.trouble, frozenset({plain(shot.text)}), shot.pixels)


def frames_of(pictures: Iterable[Shown], kinds: frozenset[Symbology]) -> Table:
    """Hold every picture before both readers."""
    table: Table = defaultdict(Counts)
    with node_reader(kinds) as page:
        for each in pictures:
            counts = table[each.kind]
            seen = page.until_read(each.pixels, seconds=SECONDS)
            counts.frames += [frame.time for frame in seen]
            counts.wrong += [f"{each.name} {text}" for text in seen[-1].texts - each.texts]
            if each.kind != NONE:
                told = by_the_service(preparations.at_most(grey(each.pixels), CAMERA_SIDE).pixels, kinds)
                counts.add(each.name, bool(seen[-1].texts & each.texts), bool(told & each.texts))
    return table


def by_the_service(pixels: Pixels, kinds: frozenset[Symbology]) -> frozenset[str]:
    """Return what the ladder tells of a picture of the camera's size."""
    found = read(pixels, wanted=kinds, enough=lambda symbol: True, clock=time.process_time).symbols
    return frozenset(plain(symbol.text) for symbol in found)


def clips_of(shown: Callable[[], Iterable[Clip]]) -> Table:
    """Play every clip of one second to both."""
    table: Table = defaultdict(Counts)
    with node_reader(PAGE_KINDS) as page:
        # Noise is drawn frame by frame: each reader gets clips of its own.
        for clip, other in zip(shown(), shown(), strict=True):
            counts = table[clip.trouble]
            in_page = seconds_to_read(clip, by_the_page(page, counts.frames))
            counts.add(clip.trouble, in_page is not None, seconds_to_read(other, by_us()) is not None)
    return table


def by_the_page(page: NodeReader, times: list[float]) -> Read:
    """Return a reader of one clip's frames."""
    first = True

    def next_frame(shot: Pixels) -> tuple[Iterable[Symbol], float]:
        nonlocal first
        seen = page.frame(shot, first=first)
        first = False
        times.append(seen.time)
        return seen.symbols, seen.time / 1000

    return next_frame


def photographs(folder: Path) -> Table:
    """Give every picture of BoofCV's benchmark to both as a photograph."""
    table: Table = defaultdict(Counts)
    with node_reader(QR) as page:
        for text in sorted(folder.glob("*/*.txt")):
            path = next(each for each in sorted(text.parent.glob(f"{text.stem}.*")) if each.suffix != ".txt")
            pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION), np.uint8)
            marks, counts = marks_of(path), table[text.parent.name]
            seen = page.still(pixels)
            in_page = matched(marks, seen.symbols)
            told = matched(marks, read(pixels, wanted=QR, clock=time.process_time).symbols)
            counts.frames.append(seen.time)
            counts.of += len(marks)
            counts.page += len(in_page)
            counts.service += len(told)
            if len(in_page) != len(told):
                counts.alone.append(f"page {len(in_page)}, service {len(told)} of {len(marks)}: {path.name}")
    return table


def tables(each: int) -> dict[str, Callable[[], Table]]:
    """Return how each set is measured."""
    return {
        "real": lambda: frames_of(real_ones(), KINDS),
        "drawn": lambda: frames_of(drawn_ones(each), PAGE_KINDS),
        "harder": lambda: frames_of(harder_ones(each), PAGE_KINDS),
        "clips": lambda: clips_of(clips),
        "handheld": lambda: clips_of(handheld_clips),
    }


def main() -> None:
    """Measure, print a table for each set, and one JSON object at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench.scanning.bench_page_reader")
    parser.add_argument("--each", type=int, default=2, help="drawn screens of each trouble and severity")
    parser.add_argument("sets", nargs="*", help=f"of {', '.join(SETS)}", default=SETS)
    parser.add_argument("--boofcv", type=Path, help="the folder of BoofCV's benchmark")
    parser.add_argument("--pictures", action="store_true", help="also name what only one of them read")
    asked = parser.parse_args()
    chosen = {name: tables(asked.each)[name] for name in asked.sets}
    if asked.boofcv:
        chosen["boofcv"] = lambda: photographs(asked.boofcv)
    told = {}
    for name, measure in chosen.items():
        table = measure()
        every = list(table.values())
        of, page, service = (sum(getattr(each, which) for each in every) for which in ("of", "page", "service"))
        print(f"\n{name}")
        for kind, each in table.items():
            print(f"{kind:14} {each.of:4} page {each.page:4} service {each.service:4}")
            print(*(each.wrong + (each.alone if asked.pictures else [])), sep="\n", end="\n" if each.alone else "")
        frames = sorted(time for each in every for time in each.frames)
        print(f"{'all':14} {of:4} page {page:4} service {service:4}", flush=True)
        told[name] = {
            "of": of,
            "page": page,
            "service": service,
            "wrong": sum(len(each.wrong) for each in every),
            "frame_p95_ms": round(frames[int(len(frames) * 0.95)]),
            "frame_longest_ms": round(frames[-1]),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
