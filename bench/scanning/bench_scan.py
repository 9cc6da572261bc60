"""`python -m bench.scanning.bench_scan`: our ladder beside its peers on real pictures, drawn phone screens and drawn
clips.

All readers take each picture in turn, in one run. Times are of the processor. `--without-opencv` leaves out the
peer that needs a process for each picture. The last line is one JSON object: `qr_read`, `qr_union` (QR pictures that
some peer read), `all_read`, `wrong` (our wrong texts), `cpu_ratio` (our time by that of zxing-cpp's defaults where
those read the picture), `cost_over` (how many of those cost us above 1.3 times as much), `screens_read` (share of the
drawn screens), `harder_read` and `harder_bound` (of the harder ones, beside our decoder given the true place),
`clips_read` and `clips_median_ms` (of one second each), `handheld_read` and `handheld_bound` (clips in a hand), and
more that the tables tell. A picture that seems to cost too much is read three times more by both
readers, and the shortest of each counts: on tiny pictures a millisecond of another process is the whole difference.
"""

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.scanning.frames_in_time import all_clips_read, empty_frames
from scanner.decoding.known.known_reader import read_near
from scanner.decoding.opencv import grey
from scanner.decoding.reading import read
from scanner.decoding.symbols import DELIVERY, LABELS
from scanner.pictures.opening import open_picture
from tests.parts.rounds import Rounds, rounds
from tests.parts.scanning.harder_phones import HarderShot, harder_shots
from tests.parts.scanning.phones import Shot, shots
from tests.parts.scanning.pictures import NONE, Known, known_pictures, plain
from tests.parts.scanning.readers import OPENCV, OURS, READERS, ZBAR, ZXING, ZXING_HARDEST, Answer

PEERS = (ZXING, ZXING_HARDEST, ZBAR, OPENCV)
MOST_COST = 1.3
STRONG = frozenset({"QRCode", "DataMatrix", "Aztec", "Code128"})


@dataclass(slots=True)
class Score:
    """What one reader did: pictures read, wrong texts with their kinds, milliseconds by picture."""

    read: set[str] = field(default_factory=set)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, found: Iterable[Sequence[str]], milliseconds: float, texts: frozenset[str]) -> None:
        """Record one answer."""
        self.milliseconds[name] = milliseconds
        plainly = {(kind, plain(text)) for kind, text in found}
        if any(text in texts for _, text in plainly):
            self.read.add(name)
        self.wrong += [(name, kind, text) for kind, text in plainly if text not in texts]


Scores = dict[str, Score]


def judge(name: str, told: Mapping[str, Any], texts: frozenset[str], scores: Scores) -> None:
    """Record what every reader made of one picture."""
    for reader, (found, milliseconds) in told.items():
        scores[reader].add(name, found, milliseconds, texts)


def as_told(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return answers as JSON has them."""
    return {reader: (sorted(answer.found), answer.milliseconds) for reader, answer in answers.items()}


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


def real_pictures(known: Sequence[Known], these: Rounds, *, with_opencv: bool) -> Scores:
    """Let every reader take every real picture."""
    scores: Scores = defaultdict(Score)
    for each in known:
        told = these.take(each.path.name, partial(real_answers, each, with_opencv=with_opencv))
        judge(each.path.name, told, each.texts, scores)
    return scores


def real_answers(known: Known, *, with_opencv: bool) -> dict[str, Any]:
    """Let every reader take one picture; again, where ours seems to cost too much, and the shortest of each counts."""
    readers = [name for name in READERS if name != OPENCV or (with_opencv and known.symbology == "QRCode")]
    pixels = open_picture(Path(known.path)).pixels
    answers = {reader: READERS[reader](pixels) for reader in readers}
    is_easy = any(plain(text) in known.texts for _, text in answers[ZXING].found)
    if is_easy and answers[OURS].milliseconds > MOST_COST * answers[ZXING].milliseconds:
        for reader in (OURS, ZXING) * 3:
            again = READERS[reader](pixels).milliseconds
            answers[reader] = replace(answers[reader], milliseconds=min(again, answers[reader].milliseconds))
    return as_told(answers)


def drawn_screens(each: int, these: Rounds, *, with_opencv: bool) -> tuple[dict[str, set[str]], Scores]:
    """Let every reader take the drawn phone screens."""
    scores: Scores = defaultdict(Score)
    sets: dict[str, set[str]] = defaultdict(set)
    readers = [reader for reader in READERS if reader != OPENCV or with_opencv]
    for number, shot in enumerate(shots(each)):
        name = f"{shot.trouble}-{shot.severity}-{number}"
        sets[shot.trouble].add(name)
        judge(name, these.take(name, partial(drawn_answers, shot, readers)), frozenset({plain(shot.text)}), scores)
    return sets, scores


def drawn_answers(shot: Shot, readers: Sequence[str]) -> dict[str, Any]:
    """Let every reader take one drawn screen."""
    return as_told({reader: READERS[reader](shot.pixels) for reader in readers})


def harder_screens(each: int, these: Rounds) -> tuple[int, int]:
    """Print what of the harder drawn screens is read, and what our own decoder reads at the true place; return both."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for number, shot in enumerate(harder_shots(each)):
        told = these.take(f"harder-{shot.trouble}-{shot.severity}-{number}", partial(harder_answers, shot))
        counts[shot.trouble] = [sum(pair) for pair in zip(counts[shot.trouble], (1, *told), strict=True)]
    print("\nHarder drawn screens: read by zxing-cpp, by us, and the bound, which is our decoder at the true place")
    for trouble, (of, theirs, mine, bound) in counts.items():
        print(f"{trouble:12} of {of:3} {theirs:4} {mine:4} {bound:4}")
    _, _, mine, bound = map(sum, zip(*counts.values(), strict=True))
    return mine, bound


def harder_answers(shot: HarderShot) -> list[bool]:
    """Say whether zxing-cpp, we, and our decoder at the true place read one harder screen."""
    readers = [READERS[reader](shot.pixels).found for reader in (ZXING, OURS)]
    at_true_place = read_near(grey(shot.pixels), shot.place)[0]
    return [*(shot.text in {text for _, text in found} for found in readers), at_true_place == shot.text]


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
    with rounds("scan", with_opencv) as these:
        report(these, with_opencv=with_opencv)


def report(these: Rounds, *, with_opencv: bool) -> None:
    """Measure what was not measured yet, and print."""
    known = known_pictures()
    real = real_pictures(known, these, with_opencv=with_opencv)
    sets: dict[str, set[str]] = defaultdict(set)
    for each in known:
        sets[each.set_name].add(each.path.name)
    print("Real pictures")
    table_of_readers(real, sum(each.symbology != NONE for each in known))
    table_of_sets(sets, real)
    for name, kind, text in real[OURS].wrong:
        print(f"wrong: {name} {kind} {text!r}")
    drawn, screens = drawn_screens(2, these, with_opencv=with_opencv)
    count = sum(map(len, drawn.values()))
    print("\nDrawn phone screens")
    table_of_readers(screens, count)
    table_of_sets(drawn, screens)
    harder_read, harder_bound = harder_screens(2, these)
    ratio, ratios = _cost(real)
    over = sum(each > MOST_COST for each in ratios)
    late = ratios[int(len(ratios) * 0.95)]
    print(f"\nOur time by zxing-cpp's where it reads: {ratio:.2f}, p95 {late:.2f}, above {MOST_COST}: {over}")
    narrow = narrowing(known)
    print(f"Two kinds wanted instead of thirteen: {narrow:.2f} of the time")
    middle, slow, worst = empty_frames()
    print(f"Empty frames of 1280 × 720: median {middle:.1f} ms, p99 {slow:.1f} ms, longest {worst:.1f} ms")
    in_time, clips_median, handheld_read, handheld_bound = all_clips_read()
    qr = {each.path.name for each in known if each.symbology == "QRCode"}
    result = {
        "qr_read": len(real[OURS].read & qr),
        "qr_union": len(union(real, PEERS) & qr),
        "all_read": len(real[OURS].read),
        "wrong": len(real[OURS].wrong) + len(screens[OURS].wrong),
        "cpu_ratio": round(ratio, 2),
        "cost_over": over,
        "screens_read": round(len(screens[OURS].read) / count, 3),
        "harder_read": harder_read,
        "harder_bound": harder_bound,
        "clips_read": round(in_time, 3),
        "clips_median_ms": round(clips_median),
        "handheld_read": handheld_read,
        "handheld_bound": handheld_bound,
        "empty_frame_ms": round(middle, 1),
        "empty_frame_p99_ms": round(slow, 1),
        "narrow_ratio": round(narrow, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(with_opencv="--without-opencv" not in sys.argv)
