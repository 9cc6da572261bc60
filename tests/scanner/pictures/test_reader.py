"""Pictures from strangers: a crash, a hang or a bomb costs one answer."""

from __future__ import annotations

import io
import os
import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from codes.values.payload import format_payload
from scanner.decoding.enough import Enough
from scanner.decoding.symbols import DELIVERY, Reading
from scanner.pictures.errors import PictureError
from scanner.pictures.reader import ChildLimits, NotAPicture, PictureReader, PictureTooHard, PictureTooLarge
from tests.parts.scanning.encoded_pictures import a_symbol, encoded, png_that_says
from tests.parts.scanning.phones import symbol
from tests.parts.scanning.pictures import CRASH


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """One reader for the whole file: whatever a test does to it, it goes on."""
    with PictureReader(children=2) as pool:
        yield pool


def children(pool: PictureReader) -> list[int]:
    """Return the process ids of the reader's children."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _is_child(int(name))]


def _is_child(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return False
    return b"scanner.pictures.child" in command and parent == os.getpid()


def test_a_picture_is_read(reader: PictureReader) -> None:
    data, text = a_symbol()
    assert [symbol.text for symbol in reader.read(data).symbols] == [text]


def test_a_picture_is_read_until_there_is_enough(reader: PictureReader) -> None:
    code, link = format_payload(1), "https://example.org"
    page = Image.new("L", (1400, 700), 255)
    page.paste(Image.fromarray(symbol(link, 12)), (50, 50))
    page.paste(Image.fromarray(symbol(code, 12)).filter(ImageFilter.GaussianBlur(8)), (700, 50))
    out = io.BytesIO()
    page.save(out, "PNG")
    told = {each: reader.read(out.getvalue(), wanted=DELIVERY, enough=each) for each in Enough}
    assert {each: {found.text for found in reading.symbols} for each, reading in told.items()} == {
        Enough.ANY: {link},
        Enough.LABEL: {link, code},
        Enough.DELIVERY_CODE: {link, code},
        Enough.ALL: {link, code},
    }


def test_many_at_once_are_all_read(reader: PictureReader) -> None:
    data, text = a_symbol()
    with ThreadPoolExecutor(8) as pool:
        texts = [reading.symbols[0].text for reading in pool.map(reader.read, [data] * 24)]
    assert texts == [text] * 24


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", encoded("BMP"), encoded("JPEG")[:30]])
def test_what_is_no_picture_is_said_to_be_none(reader: PictureReader, data: bytes) -> None:
    with pytest.raises(NotAPicture):
        reader.read(data)


def test_a_bomb_is_refused_by_its_header(reader: PictureReader) -> None:
    with pytest.raises(PictureTooLarge):
        reader.read(png_that_says(30_000, 30_000))


def test_a_picture_that_unfolds_beyond_the_memory_costs_one_answer() -> None:
    out = io.BytesIO()
    Image.new("RGB", (7900, 7900)).save(out, "PNG")
    data, text = a_symbol()
    with PictureReader(children=1, limits=ChildLimits(memory_bytes=100 << 20)) as small:
        with pytest.raises((PictureTooHard, NotAPicture)):
            small.read(out.getvalue())
        assert small.read(data).symbols[0].text == text


def test_a_child_that_dies_costs_one_answer(reader: PictureReader) -> None:
    data, text = a_symbol()
    for pid in children(reader):
        os.kill(pid, signal.SIGKILL)
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(reader.read(data).symbols[0].text)
        except PictureTooHard:
            outcomes.append("")
    assert outcomes[-1] == text


def test_a_child_that_hangs_is_ended_and_replaced() -> None:
    data, text = a_symbol()
    with PictureReader(children=1, limits=ChildLimits(seconds=1.0)) as short:
        assert short.read(data).symbols[0].text == text
        (pid,) = [pid for pid in children(short) if pid not in _others]
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(PictureTooHard):
            short.read(data)
        assert short.read(data).symbols[0].text == text


_others: set[int] = set()


@pytest.fixture(autouse=True)
def _know_others(reader: PictureReader) -> None:
    _others.clear()
    _others.update(children(reader))


def test_the_picture_that_ends_other_readers_is_read_or_not(reader: PictureReader) -> None:
    reader.read(CRASH.read_bytes())


def test_broken_files_of_every_kind_end_nothing() -> None:
    """The short form of the long run: pictures with bytes changed, cut out and doubled."""
    chance = random.Random(5)
    originals = [encoded(form) for form in ("JPEG", "PNG", "WEBP", "GIF")] + [a_symbol()[0]]
    broken = [changed(bytearray(chance.choice(originals)), chance) for _ in range(400)]
    with PictureReader(children=2, limits=ChildLimits(budget_ms=60.0)) as swift, ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda data: answer(swift, data), broken))
        assert len(answers) == 400
        assert {type(each) for each in answers} >= {Reading, NotAPicture}
        data_again, text = a_symbol()
        assert swift.read(data_again).symbols[0].text == text


def changed(data: bytearray, chance: random.Random) -> bytes:
    """Return a file with some bytes changed, cut out and doubled."""
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(data))
        action = chance.randrange(3)
        if action == 0:
            data[place] = chance.randrange(256)
        elif action == 1:
            del data[place : place + chance.randint(1, 50)]
        else:
            data[place:place] = data[place : place + chance.randint(1, 50)]
        data = data or bytearray(b"x")
    return bytes(data)


def answer(reader: PictureReader, data: bytes) -> Reading | PictureError:
    """Return the reading or the refusal."""
    try:
        return reader.read(data)
    except PictureError as error:
        return error
