"""`python -m bench.bench_scan`: our ladder beside its peers on real pictures, drawn phone screens and drawn clips.

All readers take each picture in turn, in one run. Times are of the processor. `--without-opencv` leaves out the
peer that needs a process for each picture. The last line is one JSON object: `qr_read`, `qr_union` (QR pictures that
some peer read), `all_read`, `wrong` (our wrong texts), `cpu_ratio` (our time by that of zxing-cpp's defaults where
those read the picture), `screens_read` (share of the drawn screens), and more that the tables tell.
"""

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.frames_in_time import clips_read, empty_frames
from bench.phones import shots
from bench.readers import OPENCV, OURS, READERS, ZBAR, ZXING, ZXING_HARDEST, Answer
from scanner.pictures import open_picture
from scanner.reading import read
from scanner.symbols import DELIVERY, LABELS
from scanner.vision import Pixels
from tests.scanner.pictures import NONE, Known, known_pictures, plain

PEERS = (ZXING, ZXING_HARDEST, ZBAR, OPENCV)
STRONG = frozenset({"QRCode", "DataMatrix", "Aztec", "Code128"})


@dataclass(slots=True)
class Score:
    """What one reader did: pictures read, wrong texts with their kinds, milliseconds by picture."""

    read: set[str] = field(default_factory=set)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, answer: Answer, texts: frozenset[str]) -> None:
        """Record one answer."""
        self.milliseconds[name] = answer.milliseconds
        found = {(kind, plain(text)) for kind, text in answer.found}
        if any(text in texts for _, text in found):
            self.read.add(name)
        self.wrong += [(name, kind, text) for kind, text in found if text not in texts]


Scores = dict[str, Score]


def judge(name: str, pixels: Pixels, texts: frozenset[str], scores: Scores, readers: Iterable[str]) -> None:
    """Let every reader take one picture."""
    for reader in readers:
        scores[reader].add(name, READERS[reader](pixels), texts)


def union(scores: Scores, readers: Iterable[str]) -> set[str]:
    """Return the pictures that at least one of these readers read."""
    return set().union(*(scores[reader].read for reader in readers if reader in scores))


def table_of_readers(scores: Scores, pictures: int) -> None:
    """Print one line for each reader."""
    print(f"{'':20} {'read':>5} {'of':>5} {'wrong':>6} {'of strong':>10} {'median ms':>10} {'p95 ms':>8}")
    for reader, score in scores.items():
        times = sorted(score.milliseconds.values())
        strong = sum(kind in STRONG for _, kind, _ in score.wrong)
        middle, late = statistics.median(times), times[int(len(times) * 0.95)]
        counts = f"{len(score.read):5} {pictures:5} {len(score.wrong):6} {strong:10}"
        print(f"{reader:20} {counts} {middle:10.1f} {late:8.1f}")
    both, every = union(scores, (ZXING, ZBAR)), union(scores, PEERS)
    print(f"{'zxing-cpp or pyzbar':20} {len(both):5} {pictures:5}")
    print(f"{'any peer':20} {len(every):5} {pictures:5}")


def table_of_sets(sets: dict[str, set[str]], scores: Scores) -> None:
    """Print for every set how many each reader read; `<` marks where we are below any peer."""
    names = [reader for reader in READERS if reader in scores]
    print(f"{'':22} {'of':>4} " + " ".join(f"{name[:9]:>9}" for name in names) + f" {'zx or zb':>9} {'any peer':>9}")
    for name, pictures in sorted(sets.items()):
        counts = [len(scores[reader].read & pictures) for reader in names]
        both, every = (len(union(scores, readers) & pictures) for readers in ((ZXING, ZBAR), PEERS))
        mark = "<" if len(scores[OURS].read & pictures) < every else ""
        shown = " ".join(f"{count:9}" for count in (*counts, both, every))
        print(f"{name:22} {len(pictures):4} {shown} {mark}")


def real_pictures(known: Sequence[Known], *, with_opencv: bool) -> Scores:
    """Let every reader take every real picture."""
    scores: Scores = defaultdict(Score)
    for each in known:
        qr = each.symbology == "QRCode"
        readers = [name for name in READERS if name != OPENCV or (with_opencv and qr)]
        judge(each.path.name, open_picture(Path(each.path)).pixels, each.texts, scores, readers)
    return scores


def drawn_screens(each: int, *, with_opencv: bool) -> tuple[dict[str, set[str]], Scores]:
    """Let every reader take the drawn phone screens."""
    scores: Scores = defaultdict(Score)
    sets: dict[str, set[str]] = defaultdict(set)
    for number, shot in enumerate(shots(each)):
        name = f"{shot.trouble}-{shot.severity}-{number}"
        sets[shot.trouble].add(name)
        readers = [reader for reader in READERS if reader != OPENCV or with_opencv]
        judge(name, shot.pixels, frozenset({plain(shot.text)}), scores, readers)
    return sets, scores


def narrowing(known: Sequence[Known]) -> float:
    """Return our time for QR and Code 128 alone by our time for every kind of label, over some empty pictures."""
    empty = [open_picture(Path(each.path)).pixels for each in known if each.symbology == NONE]
    times = []
    for wanted in (DELIVERY, LABELS):
        started = time.process_time()
        for pixels in empty:
            read(pixels, wanted=wanted)
        times.append(time.process_time() - started)
    return times[0] / times[1]


def _cost(scores: Scores) -> tuple[float, list[float]]:
    easy = scores[ZXING].read & scores[OURS].read
    mine, theirs = scores[OURS].milliseconds, scores[ZXING].milliseconds
    ratios = sorted(mine[name] / max(theirs[name], 1e-6) for name in easy)
    return sum(mine[name] for name in easy) / sum(theirs[name] for name in easy), ratios


def main(*, with_opencv: bool = True) -> None:
    """Measure, print tables, and one JSON object at the end."""
    known = known_pictures()
    real = real_pictures(known, with_opencv=with_opencv)
    sets: dict[str, set[str]] = defaultdict(set)
    for each in known:
        sets[each.set_name].add(each.path.name)
    print("Real pictures")
    table_of_readers(real, sum(each.symbology != NONE for each in known))
    table_of_sets(sets, real)
    for name, kind, text in real[OURS].wrong:
        print(f"wrong: {name} {kind} {text!r}")
    drawn, screens = drawn_screens(2, with_opencv=with_opencv)
    count = sum(map(len, drawn.values()))
    print("\nDrawn phone screens")
    table_of_readers(screens, count)
    table_of_sets(drawn, screens)
    ratio, ratios = _cost(real)
    print(
        f"\nOur time by zxing-cpp's where it reads: {ratio:.2f}, p95 of pictures {ratios[int(len(ratios) * 0.95)]:.2f}"
    )
    narrow = narrowing(known)
    print(f"Two kinds wanted instead of thirteen: {narrow:.2f} of the time")
    middle, late, worst = empty_frames()
    print(f"Empty frames of 1280 × 720: median {middle:.1f} ms, p99 {late:.1f} ms, longest {worst:.1f} ms")
    in_time = clips_read()
    qr = {each.path.name for each in known if each.symbology == "QRCode"}
    result = {
        "qr_read": len(real[OURS].read & qr),
        "qr_union": len(union(real, PEERS) & qr),
        "all_read": len(real[OURS].read),
        "wrong": len(real[OURS].wrong) + len(screens[OURS].wrong),
        "cpu_ratio": round(ratio, 2),
        "screens_read": round(len(screens[OURS].read) / count, 3),
        "clips_read": round(in_time, 3),
        "empty_frame_ms": round(middle, 1),
        "narrow_ratio": round(narrow, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(with_opencv="--without-opencv" not in sys.argv)
