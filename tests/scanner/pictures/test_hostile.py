"""Hostile files of every kind: each gets a reading or a plain refusal, and the service goes on as before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from scanner.command import scan
from scanner.decoding.symbols import Reading
from scanner.pictures.reader import ChildLimits, PictureError, PictureReader
from tests.parts.benches import told_by
from tests.parts.scanning.encoded_pictures import a_symbol
from tests.parts.scanning.hostile_pictures import hostile_files, written_formats

pytestmark = pytest.mark.slow

OPENED = {"JPEG", "PNG", "WEBP", "GIF"}
ONE_HUNDRED_MEGABYTES = 100 << 20


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """One reader for every file: whatever one does to it, the next is read."""
    with PictureReader(children=1, limits=ChildLimits(budget_ms=200.0)) as pool:
        yield pool


def answer(reader: PictureReader, data: bytes) -> Reading | str:
    try:
        return reader.read(data)
    except PictureError as error:
        return str(error)


def test_each_gets_a_reading_or_a_plain_refusal_and_the_next_is_read(reader: PictureReader) -> None:
    symbol, text = a_symbol()
    before = psutil.Process().memory_info().rss
    for name, data in hostile_files():
        answered = answer(reader, data)
        assert isinstance(answered, Reading) or (answered.isprintable() and 5 < len(answered) < 300), name
    assert psutil.Process().memory_info().rss - before < ONE_HUNDRED_MEGABYTES
    assert [each.text for each in reader.read(symbol).symbols] == [text]


def test_of_all_formats_only_four_are_opened(reader: PictureReader) -> None:
    opened = {form for form, data in written_formats().items() if isinstance(answer(reader, data), Reading)}
    assert len(written_formats()) > 12
    assert opened - {"MPO"} == OPENED  # a stereo photograph of this kind begins as a whole JPEG


def test_a_name_does_not_decide_what_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    symbol, text = a_symbol()
    as_text, as_picture = tmp_path / "symbol.txt", tmp_path / "table.png"
    as_text.write_bytes(symbol)
    as_picture.write_bytes(written_formats()["BMP"])
    assert scan([as_text, as_picture], json=False, stdout=sys.stdout, stderr=sys.stderr) == 2
    printed = capsys.readouterr()
    assert text in printed.out
    assert "table.png: a BMP picture, which is not read here: save it as PNG or JPEG" in printed.err


def test_the_short_form_of_the_long_run_ends_well() -> None:
    told = told_by("bench.scanning.fuzz_scan", "--inputs", "300", "--seconds", "60", "--seed", "3")
    assert sum(told["answers"].values()) == told["inputs"] > 0
    assert told["good_one_read_afterwards"]
    assert told["grown_megabytes"] < 100
