"""`python -m bench.bench_scan`: our ladder beside its peers on real pictures and drawn phone screens.

All readers take each picture in turn. OpenCV's detector runs in a child process, for it ends its process on some
pictures. The last line is one JSON object: `qr_read`, `qr_union` (pictures that some peer read), `all_read`,
`wrong` (our wrong texts), `cpu_ratio` (our time by that of zxing-cpp's defaults where those read the picture),
`screens_read` (share of the drawn screens).
"""

import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zxingcpp
from pyzbar import pyzbar

from bench.phones import shots
from scanner.pictures import open_picture
from scanner.reading import read
from scanner.symbols import LABELS
from scanner.vision import Pixels
from tests.scanner.pictures import NONE, known_pictures, plain

Texts = frozenset[str]
OURS, ZXING = "ours", "zxing-cpp"


def ours(pixels: Pixels) -> Iterable[str]:
    """Read with the ladder."""
    return [symbol.text for symbol in read(pixels, wanted=LABELS).symbols]


def zxing(pixels: Pixels) -> Iterable[str]:
    """Read with zxing-cpp as it comes: every format."""
    return [found.text for found in zxingcpp.read_barcodes(pixels, text_mode=zxingcpp.TextMode.Plain)]


def zxing_hardest(pixels: Pixels) -> Iterable[str]:
    """Read with both of zxing-cpp's binarizers that adapt."""
    binarizers = (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram)
    plain_text = zxingcpp.TextMode.Plain
    each = (zxingcpp.read_barcodes(pixels, binarizer=binarizer, text_mode=plain_text) for binarizer in binarizers)
    return next((texts for found in each if (texts := [one.text for one in found])), [])


def zbar(pixels: Pixels) -> Iterable[str]:
    """Read with pyzbar as it comes."""
    grey = np.ascontiguousarray(pixels.mean(axis=2).astype(np.uint8))
    return [found.data.decode("utf-8", "replace") for found in pyzbar.decode(grey)]


def opencv(pixels: Pixels) -> Iterable[str]:
    """Read with OpenCV's QR detector, in a child process for each picture."""
    program = (
        "import sys, numpy as np, cv2, json, time\n"
        "p = np.load(sys.stdin.buffer)\n"
        "_, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(p)\n"
        "print(json.dumps([t for t in texts if t]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            np.save(child.stdin, pixels)
            child.stdin.close()
        except BrokenPipeError:
            return []
        answer = child.stdout.read()
    return json.loads(answer) if answer else []


READERS: dict[str, Callable[[Pixels], Iterable[str]]] = {
    OURS: ours,
    ZXING: zxing,
    "zxing-cpp, both binarizers": zxing_hardest,
    "pyzbar": zbar,
    "OpenCV": opencv,
}


@dataclass(slots=True)
class Score:
    """What one reader did: pictures read, wrong texts, milliseconds by picture."""

    read: set[str] = field(default_factory=set)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)


def judge(name: str, pixels: Pixels, texts: Texts, scores: dict[str, Score], readers: Iterable[str]) -> None:
    """Let every reader take one picture."""
    for reader in readers:
        started = time.process_time()
        found = {plain(text) for text in READERS[reader](pixels)}
        score = scores[reader]
        score.milliseconds[name] = (time.process_time() - started) * 1000
        if found & texts:
            score.read.add(name)
        score.wrong += [(name, text) for text in found - texts]


def table(scores: dict[str, Score], pictures: int) -> None:
    """Print one line for each reader. OpenCV's time is left out: it is another process's."""
    print(f"{'':28} {'read':>5} {'of':>5} {'wrong':>6} {'median ms':>10} {'p95 ms':>8}")
    for reader, score in scores.items():
        times = sorted(score.milliseconds.values())
        middle, late = statistics.median(times), times[int(len(times) * 0.95)]
        shown = f"{middle:10.1f} {late:8.1f}" if reader != "OpenCV" else ""
        print(f"{reader:28} {len(score.read):5} {pictures:5} {len(score.wrong):6} {shown}")


def main(with_opencv: bool = True) -> None:
    """Measure, print tables, and one JSON object at the end."""
    real: dict[str, Score] = defaultdict(Score)
    known = known_pictures()
    for each in known:
        pixels = open_picture(Path(each.path)).pixels
        readers = [name for name in READERS if name != "OpenCV" or (with_opencv and each.symbology == "QRCode")]
        judge(each.path.name, pixels, each.texts, real, readers)
    print("Real pictures")
    table(real, sum(each.symbology != NONE for each in known))
    screens: dict[str, Score] = defaultdict(Score)
    drawn = shots(2)
    for number, shot in enumerate(drawn):
        name = f"{shot.trouble}-{shot.severity}-{number}"
        judge(name, shot.pixels, frozenset({plain(shot.text)}), screens, [r for r in READERS if r != "OpenCV"])
    print("Drawn phone screens")
    table(screens, len(drawn))
    qr = {each.path.name for each in known if each.symbology == "QRCode"}
    easy = real[ZXING].read & real[OURS].read
    ratio = sum(real[OURS].milliseconds[name] for name in easy) / sum(real[ZXING].milliseconds[name] for name in easy)
    union = set().union(*(score.read for reader, score in real.items() if reader != OURS))
    result = {
        "qr_read": len(real[OURS].read & qr),
        "qr_union": len(union & qr),
        "all_read": len(real[OURS].read),
        "wrong": len(real[OURS].wrong) + len(screens[OURS].wrong),
        "cpu_ratio": round(ratio, 2),
        "screens_read": round(len(screens[OURS].read) / len(drawn), 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(with_opencv="--without-opencv" not in sys.argv)
