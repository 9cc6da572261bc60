"""The page's own reader on real pictures and drawn screens: how many it has to read, and that it says nothing wrong.

Its scripts and decoder run in node, in the time that a picture is held before a camera: `node_reader` says how.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from scanner.decoding.opencv import Pixels
from scanner.decoding.symbols import LABELS, Symbology
from scanner.pictures.opening import open_picture
from tests.parts.scanning.harder_phones import HarderShot, harder_shots
from tests.parts.scanning.node_reader import node_reader
from tests.parts.scanning.phones import Shot, payload, shots, thumbed
from tests.parts.scanning.pictures import NONE, known_pictures, plain

pytestmark = pytest.mark.slow

SECONDS = 4.0
PAGE_KINDS = {Symbology.QR_CODE, Symbology.CODE_128, Symbology.DATA_MATRIX, Symbology.ITF}
# Of a drawn screen for each trouble all are read but these, and of every fourth real picture by what it shows so many;
# `make bench-page-reader` takes all of them. Raise a floor when more is read; never lower one.
NOT_READ = {"sun", "protector"}
SEVERITY = (4,)
REAL = {
    "Aztec": 3,
    "Codabar": 1,
    "Code128": 6,
    "Code39": 1,
    "Code93": 1,
    "DataMatrix": 2,
    "EAN13": 6,
    "EAN8": 1,
    "ITF": 2,
    "PDF417": 2,
    "QRCode": 56,
    "UPCA": 6,
}


def counted(pictures: Iterable[tuple[str, frozenset[str], Pixels]], kinds: Iterable[Symbology]) -> dict[str, int]:
    """Return how many of each sort the page reads; nothing else may be told."""
    read_of = Counter[str]()
    with node_reader(kinds) as page:
        for sort, texts, pixels in pictures:
            told = page.until_read(pixels, seconds=SECONDS if texts else 1.0)[-1].texts
            assert told <= texts, sort
            read_of[sort] += bool(told)
    return dict(read_of)


def below(read_of: dict[str, int], floors: dict[str, int]) -> dict[str, int]:
    """Return what is read less often than ever before."""
    return {sort: read_of.get(sort, 0) for sort, floor in floors.items() if read_of.get(sort, 0) < floor}


def test_of_every_trouble_the_page_reads_as_many_as_ever_before() -> None:
    some: list[Shot | HarderShot] = [*shots(1, severities=SEVERITY), *harder_shots(1, severities=SEVERITY)]
    read_of = counted(((shot.trouble, frozenset({plain(shot.text)}), shot.pixels) for shot in some), PAGE_KINDS)
    assert len(read_of) > 20
    assert {trouble for trouble, read in read_of.items() if not read} <= NOT_READ


def test_a_sharp_symbol_of_any_size_is_read_past_a_thumb() -> None:
    text = payload(np.random.default_rng(6))
    held = ((str(side), frozenset({plain(text)}), thumbed(text, side)) for side in range(150, 1300, 50))
    assert 0 not in counted(held, PAGE_KINDS).values()


def test_of_every_kind_the_page_reads_as_many_as_ever_before() -> None:
    pictures = ((each.symbology, each.texts, open_picture(each.path).pixels) for each in list(known_pictures())[::4])
    read_of = counted(pictures, LABELS - {Symbology.UPC_E})
    assert below(read_of, REAL) == {}
    assert set(read_of) == {*REAL, NONE}


@pytest.mark.parametrize("name", ["damaged_image002", "curved_image019", "curved_image020"])
def test_where_several_symbols_are_in_a_photograph_the_page_tells_all(name: str) -> None:
    known = next(each for each in known_pictures() if each.path.stem.endswith(name))
    with node_reader([Symbology.QR_CODE]) as page:
        assert page.still(open_picture(known.path).pixels).texts == known.texts
