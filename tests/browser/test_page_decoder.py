"""The page's own worker in a real Chromium, shown real pictures as its camera's frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Playwright
from werkzeug.serving import make_server

from bench.page_reader import PageReader, page_reader
from scanner.symbols import LABELS
from tests.scanner.pictures import FOLDER, known_pictures, plain
from tests.web.conftest import app, codes, picture_reader, settings

__all__ = ["app", "codes", "picture_reader", "settings"]

FRAMES = 100
# Each is read by another rung; the first by none.
PICTURES = (
    "jsQR__sd-card-1_input.webp",
    "qr-code-vectors__detection_blurred_image008.jpg",
    "qr-code-vectors__detection_glare_image041.jpg",
    "quagga2__code_39_image-010.jpg",
    "quagga2__i2of5_image-005.jpg",
    "zxing__upca-5_06.png",
    "zxing-cpp__upca-5_27.webp",
)

# A decoder that finds nothing and whose time is told by pixels, kinds and ways: no real clock decides.
SLOW_DECODER = """
async () => {
  const { Ladder } = await import("/static/js/lib/decoder-ladder.js");
  const kinds = ["QRCode", "DataMatrix", "Aztec", "PDF417", "Code128", "Code39", "ITF", "EAN13"];
  const whole = new Set();
  let now = 0;
  const read = async ({ width, height }, asked, { tryInvert }) => {
    now += ((4 * asked.length * width * height) / 1e6) * (tryInvert === false ? 1 : 2);
    if (width === 1920) asked.forEach((kind) => whole.add(kind));
    return [];
  };
  const ladder = new Ladder(read, () => now);
  const frames = [];
  for (let number = 0; number < 40; number++) {
    const began = now;
    await ladder.frame(new ImageData(1920, 1080), kinds);
    frames.push(now - began);
  }
  const idle = frames.filter((time) => !time).length;
  return { longest: Math.max(...frames), idle, unseen: kinds.length - whole.size };
}
"""


@pytest.fixture
def reader(playwright: Playwright, app: Flask) -> Iterator[PageReader]:
    """A page of the service, its worker asked for every kind of label."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with page_reader(playwright, f"http://localhost:{server.port}/enrol", sorted(LABELS)) as opened:
            yield opened
    finally:
        server.shutdown()
        thread.join()


def test_the_page_reads_what_no_single_attempt_reads_and_says_nothing_wrong(reader: PageReader) -> None:
    known = {each.path.name: each for each in known_pictures()}
    for name in PICTURES:
        shown = reader.read(FOLDER / name, seconds=60, frames=FRAMES)
        assert {plain(text) for _, text in shown.found} <= known[name].texts, name
        assert shown.found, name
    for name in PICTURES[2:4]:
        assert known[name].texts & {plain(text) for _, text in reader.read_still(FOLDER / name)}, name
    empty = next(each for each in known.values() if not each.texts)
    assert reader.read(empty.path, seconds=60, frames=FRAMES).found == frozenset()


def test_no_frame_waits_for_more_than_fits_and_all_is_tried_in_later_ones(reader: PageReader) -> None:
    told = reader.evaluate(SLOW_DECODER)
    assert told["longest"] <= 150
    assert (told["idle"], told["unseen"]) == (0, 0)
