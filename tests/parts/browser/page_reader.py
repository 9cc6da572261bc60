"""The page's own worker in a real Chromium, shown pictures as its camera's frames."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

from tests.parts.browser.chromium import opened

CAMERA_SIDE = 1920
"""The longest side of the pictures that the page asks its camera for."""

_READER = """
async (wanted) => {
  const { Decoding } = await import("/static/js/lib/decoding/decoding.js");
  const decoding = new Decoding(() => {}, () => "any", ...(wanted ? [wanted] : []));
  await decoding.ready;
  const canvas = document.createElement("canvas");
  const gaps = (globalThis.gaps = []);
  let before = 0;
  const beat = (now) => {
    if (before) gaps.push(now - before);
    before = now;
    requestAnimationFrame(beat);
  };
  requestAnimationFrame(beat);
  globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ["longtask"] });
  globalThis.show = async (data, side) => {
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    const whole = await createImageBitmap(new Blob([bytes]));
    const scale = Math.min(1, side / Math.max(whole.width, whole.height));
    canvas.width = Math.round(whole.width * scale);
    canvas.height = Math.round(whole.height * scale);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(whole, 0, 0, canvas.width, canvas.height);
  };
  globalThis.forget = () => (gaps.length = longTasks.length = 0);
  globalThis.readFrame = async (enough) => {
    decoding.enough = () => enough;
    const picture = await createImageBitmap(canvas);
    const began = performance.now();
    const answer = decoding.inWorker(picture);
    const busy = performance.now() - began;
    return { symbols: await answer, busy, time: performance.now() - began };
  };
  globalThis.beats = () => ({ gaps, longTasks });
  globalThis.readStill = async () => decoding.inWorker(await createImageBitmap(canvas), "read-still");
  return decoding.engine;
}
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of one picture: texts with their kinds, and milliseconds by frame.

    Without the time for which the worker waited for a processor that another process had: it tells of the machine.
    """

    found: frozenset[tuple[str, str]]
    frames: tuple[float, ...]
    posting: tuple[float, ...]
    """Time for which handing a frame over held the main thread."""
    gaps: tuple[float, ...]
    """Time between the main thread's beats, sixty a second if nothing holds it."""
    long_tasks: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """Return the time until it was read, or given up."""
        return sum(self.frames) / 1000


class PageReader:
    """Shows pictures to the worker, one after the other."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._worker = _worker_thread()

    def read(self, picture: Path, *, seconds: float, frames: int = 1000, side: int = CAMERA_SIDE) -> Shown:
        """Hold a picture before the camera until it is read, or the time or the frames are spent."""
        self._show(picture, side)
        self._page.evaluate("forget()")
        times, posting, symbols = list[float](), list[float](), list[dict[str, str]]()
        while not symbols and sum(times) < seconds * 1000 and len(times) < frames:
            before = self._waited_ms()
            told = self._page.evaluate("readFrame('any')")
            symbols = told["symbols"]
            times.append(max(0.0, told["time"] - (self._waited_ms() - before)))
            posting.append(told["busy"])
        beats = self._page.evaluate("beats()")
        found = frozenset((each["symbology"], each["text"]) for each in symbols)
        return Shown(found, tuple(times), tuple(posting), tuple(beats["gaps"]), tuple(beats["longTasks"]))

    def read_still(self, picture: Path, side: int = CAMERA_SIDE) -> frozenset[tuple[str, str]]:
        """Give a picture to be read as a photograph is, and return what was found."""
        self._show(picture, side)
        return frozenset((each["symbology"], each["text"]) for each in self._page.evaluate("readStill()"))

    def seen_in(self, picture: Path, enough: str, *, frames: int) -> list[list[str]]:
        """Hold a picture before the camera and return the texts of each frame, by what the page waits for."""
        self._show(picture, CAMERA_SIDE)
        told = [self._page.evaluate("(enough) => readFrame(enough)", enough) for _ in range(frames)]
        return [sorted(each["text"] for each in frame["symbols"]) for frame in told]

    def evaluate(self, script: str) -> Any:
        """Return what a script says that runs in the page, beside the worker."""
        return self._page.evaluate(script)

    def _waited_ms(self) -> float:
        """Return for how long the worker was ready and had no processor (Linux: sched-stats.rst)."""
        return int((self._worker / "schedstat").read_text().split()[1]) / 1e6

    def _show(self, picture: Path, side: int) -> None:
        data = base64.b64encode(picture.read_bytes()).decode()
        self._page.evaluate("([data, side]) => show(data, side)", [data, side])


def _worker_thread() -> Path:
    """Return the thread of the page's worker among the processes that this one started."""
    named = (path.parent for path in Path("/proc").glob("[0-9]*/task/[0-9]*/comm") if "DedicatedWorker" in _text(path))
    return next(thread for thread in named if os.getpid() in _ancestors(int(thread.parts[2])))


def _ancestors(process: int) -> Iterator[int]:
    while process > 1:
        process = int(_text(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()[1] or 0)
        yield process


def _text(path: Path) -> str:
    """Return what a file of /proc says; of a process that ended meanwhile, that it has no parent."""
    try:
        return path.read_text()
    except OSError:
        return ") - 0"


@contextmanager
def page_reader(playwright: Playwright, url: str, wanted: Sequence[str] | None = None) -> Iterator[PageReader]:
    """Open a page of the service; ``wanted`` are the kinds, else those that the page itself asks for."""
    with opened(playwright, size={"width": 390, "height": 844}, locale="en-GB") as browser:
        page = browser.new_page()
        page.goto(url)
        engine = page.evaluate(_READER, list(wanted) if wanted else None)
        assert engine == "zxing", engine
        yield PageReader(page)
