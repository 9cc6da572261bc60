"""The page's own worker in a real Chromium, shown real pictures as its camera's frames."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Playwright
from werkzeug.serving import make_server

from codes.values.payload import format_payload
from codes.values.symbols import label_png, qr_png
from scanner.decoding.symbols import LABELS
from tests.parts.application import app, codes, picture_reader, settings
from tests.parts.browser.page_reader import PageReader, page_reader
from tests.parts.scanning.pictures import FOLDER, known_pictures, plain

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
  const { Ladder } = await import("/static/js/lib/decoding/ladder.js");
  const kinds = ["QRCode", "DataMatrix", "Aztec", "PDF417", "Code128", "Code39", "ITF", "EAN13"];
  const whole = new Set();
  let now = 0;
  const read = async ({ width, height }, asked, { tryInvert }) => {
    now += ((4 * asked.length * width * height) / 1e6) * (tryInvert === false ? 1 : 2);
    if (width === 1920) asked.forEach((kind) => whole.add(kind));
    return [];
  };
  const ladder = new Ladder(read, () => now);
  const grey = { data: new Uint8ClampedArray(1920 * 1080), width: 1920, height: 1080 };
  const frames = [];
  for (let number = 0; number < 40; number++) {
    const began = now;
    await ladder.frame(grey, kinds, "any");
    frames.push(now - began);
  }
  const idle = frames.filter((time) => !time).length;
  return { longest: Math.max(...frames), idle, unseen: kinds.length - whole.size };
}
"""


def drawn(picture: bytes, width: int) -> Image.Image:
    """Return a symbol at a width, as a camera shows it."""
    symbol = Image.open(io.BytesIO(picture)).convert("L")
    return symbol.resize((width, round(symbol.height * width / symbol.width)), Image.Resampling.LANCZOS)


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


def test_all_that_is_in_a_photograph_is_told_and_of_a_frame_what_is_waited_for(
    reader: PageReader, tmp_path: Path
) -> None:
    near, far, code = "SAMPLE0001", "SAMPLE0002", format_payload(1)
    table = Image.new("L", (4000, 3000), 120)
    # The small label's bars are a pixel and a half wide where a frame's pixels are twice as large.
    for text, width, place in ((near, 1500, (200, 200)), (far, 330, (2600, 2500))):
        table.paste(drawn(label_png(text), width), place)
    for place in ((2400, 300), (300, 1700)):
        table.paste(drawn(qr_png(code), 900), place)
    file = tmp_path / "shelf.png"
    table.save(file)
    assert sorted(text for _, text in reader.read_still(file, 4000)) == sorted({near, far, code})
    for text, enough in ((near, "label"), (code, "delivery_code")):
        assert all(text in texts for texts in reader.seen_in(file, enough, frames=3))
    assert {near, code} <= {text for texts in reader.seen_in(file, "all", frames=20) for text in texts}


def test_a_label_in_view_does_not_hide_a_code_that_is_harder_to_read(reader: PageReader, tmp_path: Path) -> None:
    label, code = "SAMPLE0001", format_payload(1)
    view = Image.new("L", (1920, 1080), 120)
    view.paste(drawn(label_png(label), 900), (60, 100))
    # Every module is two pixels of the frame, and less than one of the glance.
    view.paste(drawn(qr_png(code), 74), (1500, 700))
    file = tmp_path / "door.png"
    view.save(file)
    assert not any(code in texts for texts in reader.seen_in(file, "label", frames=5))
    assert any({label, code} <= set(texts) for texts in reader.seen_in(file, "delivery_code", frames=40))


def test_no_frame_waits_for_more_than_fits_and_all_is_tried_in_later_ones(reader: PageReader) -> None:
    told = reader.evaluate(SLOW_DECODER)
    assert told["longest"] <= 150
    assert (told["idle"], told["unseen"]) == (0, 0)
