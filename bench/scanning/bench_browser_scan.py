"""`python -m bench.scanning.bench_browser_scan`: the page's own worker in Chromium beside the service's ladder.

Both get the same real pictures, reduced to 1920 pixels as the page asks of its camera. The page is shown each picture
as a camera would, frame after frame, until it reads something or the time is over; the service reads it once.
`--page-kinds` compares only the kinds that the page asks for, else every kind of label that it can read.

The last line is one JSON object: `read_1s`, `read_3s` (share of the pictures that the page read within one and three
seconds), `frames` (the most frames that a reading took), `server` (share that the ladder read), `union` (read by the
page, or else by the ladder, as where frames are sent to the service), `wrong` (the page's wrong texts), `frame_p95_ms`
and `frame_longest_ms`, `held_longest_ms` (the longest that handing a frame over held the main thread), `beats_late`
(share of the main thread's beats later than 50 ms) and `long_tasks`.

From the time of a frame that is taken off for which the worker was ready and another process had the processor, as
Linux counts it; what other threads of the browser waited is in it, and so it is in what concerns the main thread.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from scanner.decoding import preparations
from scanner.decoding.opencv import grey
from scanner.decoding.reading import read
from scanner.decoding.symbols import LABELS, Symbology
from scanner.pictures.opening import open_picture
from tests.parts.browser.page_reader import CAMERA_SIDE, PageReader, Shown, page_reader
from tests.parts.rounds import Rounds, rounds
from tests.parts.running_service import running_service
from tests.parts.scanning.pictures import NONE, Known, known_pictures, plain

SECONDS = 3.0
PAGE_KINDS = frozenset({Symbology.QR_CODE, Symbology.CODE_128, Symbology.DATA_MATRIX, Symbology.ITF})
ALL_KINDS = LABELS - {Symbology.UPC_E}
"""UPC-E is so easily found in others that two decoders must agree, and the page has one."""


def in_the_page(pictures: Sequence[Known], kinds: Iterable[Symbology], these: Rounds) -> list[Shown]:
    """Show every picture to the page's worker."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(Path(folder)) as service,
        sync_playwright() as playwright,
        page_reader(playwright, f"{service.url}/enrol", sorted(kinds)) as reader,
    ):
        reader.read(pictures[0].path, seconds=SECONDS)
        told = [these.take(each.path.name, partial(as_told, reader, each.path)) for each in pictures]
    return [Shown(frozenset(map(tuple, each.pop("found"))), **each) for each in told]


def as_told(reader: PageReader, picture: Path) -> dict[str, Any]:
    """Show one picture, and return what became of it as JSON has it."""
    shown = reader.read(picture, seconds=SECONDS)
    return {name: sorted(given) if name == "found" else given for name, given in asdict(shown).items()}


def by_the_service(known: Known, kinds: frozenset[Symbology]) -> bool:
    """Say whether the ladder reads a picture of the camera's size."""
    pixels = preparations.at_most(grey(open_picture(known.path).pixels), CAMERA_SIDE).pixels
    return any(plain(symbol.text) in known.texts for symbol in read(pixels, wanted=kinds).symbols)


def table(pictures: Sequence[Known], shown: Sequence[Shown], ladder: Sequence[bool]) -> None:
    """Print for each kind how many were read by the page within the time, and by the ladder; and what only one read."""
    of, page, service = Counter[str](), Counter[str](), Counter[str]()
    for each, one, served in zip(pictures, shown, ladder, strict=True):
        of[each.symbology] += 1
        page[each.symbology] += is_read(each, one)
        service[each.symbology] += served
    for kind, count in of.items():
        print(f"{kind:14} {count:4} page {page[kind]:4} service {service[kind]:4}")
    for each, one, served in zip(pictures, shown, ladder, strict=True):
        if is_read(each, one) != served:
            print(f"{'service' if served else 'page'} alone: {each.path.name} ({len(one.frames)} frames)")


def is_read(known: Known, shown: Shown) -> bool:
    """Say whether the page told a right text."""
    return any(plain(text) in known.texts for _, text in shown.found)


def main() -> None:
    """Measure, print a table, and one JSON object at the end."""
    parser = argparse.ArgumentParser(description="The page's worker beside the service's ladder.")
    parser.add_argument("--page-kinds", action="store_true", help="only the kinds that the page asks for")
    kinds = PAGE_KINDS if parser.parse_args().page_kinds else ALL_KINDS
    pictures = [each for each in known_pictures() if each.symbology in kinds | {NONE}]
    with rounds("browser_scan", sorted(kinds), total=2 * len(pictures)) as these:
        shown = in_the_page(pictures, kinds, these)
        ladder = [these.take(f"ladder {each.path.name}", partial(by_the_service, each, kinds)) for each in pictures]
    symbols = [number for number, each in enumerate(pictures) if each.symbology != NONE]
    table([pictures[at] for at in symbols], [shown[at] for at in symbols], [ladder[at] for at in symbols])
    wrong = [
        (each.path.name, kind, text)
        for each, one in zip(pictures, shown, strict=True)
        for kind, text in one.found
        if plain(text) not in each.texts
    ]
    for name, kind, text in wrong:
        print(f"wrong: {name} {kind} {text!r}")
    frames = sorted(frame for one in shown for frame in one.frames)
    gaps = [gap for one in shown for gap in one.gaps]
    good = {at for at in symbols if is_read(pictures[at], shown[at])}

    def share(numbers: Iterable[int]) -> float:
        return round(len(set(numbers)) / len(symbols), 3)

    result = {
        "pictures": len(symbols),
        "read_1s": share(at for at in good if shown[at].seconds <= 1),
        "read_3s": share(good),
        "frames": max(len(shown[at].frames) for at in good),
        "server": share(at for at in symbols if ladder[at]),
        "union": share(at for at in symbols if ladder[at] or at in good),
        "wrong": len(wrong),
        "frame_p95_ms": round(frames[int(len(frames) * 0.95)]),
        "frame_longest_ms": round(frames[-1]),
        "held_longest_ms": round(max(held for one in shown for held in one.posting), 1),
        "beats_late": round(sum(gap > 50 for gap in gaps) / max(1, len(gaps)), 4),
        "long_tasks": sum(len(one.long_tasks) for one in shown),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
