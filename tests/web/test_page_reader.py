"""The page's own reader on real pictures and drawn screens: how many it has to read, and that it says nothing wrong.

Its scripts and decoder run in node, in the time that a picture is held before a camera: `node_reader` says how.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from scanner.decoding.opencv import Pixels
from scanner.decoding.symbols import LABELS, Symbology
from scanner.pictures.opening import open_picture
from tests.parts.scanning.harder_phones import HarderShot, harder_shots
from tests.parts.scanning.node_reader import node_reader
from tests.parts.scanning.phones import Shot, shots
from tests.parts.scanning.pictures import NONE, known_pictures, plain

pytestmark = pytest.mark.slow

SECONDS = 4.0
PAGE_KINDS = {Symbology.QR_CODE, Symbology.CODE_128, Symbology.DATA_MATRIX, Symbology.ITF}
# Of five drawn screens for each trouble, and of the real pictures by what they show; the service's reader has floors of
# its own in tests/scanner/decoding. Raise a floor when more is read; never lower one.
DRAWN = {
    "tilt": 5,
    "motion": 5,
    "defocus": 5,
    "dim": 5,
    "glare": 3,
    "moire": 5,
    "cracks": 5,
    "finger": 5,
    "inverted": 5,
    "small": 5,
    "jpeg": 5,
    "flicker": 5,
    "noise": 5,
    "thumb": 5,
    "sun": 2,
    "shards": 5,
    "protector": 3,
    "rolling": 1,
    "curved": 5,
    "dirty": 4,
    "shadow": 5,
}
REAL = {
    "Aztec": 11,
    "Codabar": 4,
    "Code128": 25,
    "Code39": 2,
    "Code93": 2,
    "DataMatrix": 10,
    "EAN13": 24,
    "EAN8": 2,
    "ITF": 10,
    "PDF417": 8,
    "QRCode": 214,
    "UPCA": 25,
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
    every: list[Shot | HarderShot] = [*shots(1), *harder_shots(1)]
    read_of = counted(((shot.trouble, frozenset({plain(shot.text)}), shot.pixels) for shot in every), PAGE_KINDS)
    assert below(read_of, DRAWN) == {}
    assert set(read_of) == set(DRAWN)


def test_of_every_kind_the_page_reads_as_many_as_ever_before() -> None:
    pictures = ((each.symbology, each.texts, open_picture(each.path).pixels) for each in known_pictures())
    read_of = counted(pictures, LABELS - {Symbology.UPC_E})
    assert below(read_of, REAL) == {}
    assert set(read_of) == {*REAL, NONE}


@pytest.mark.parametrize("name", ["damaged_image002", "curved_image019", "curved_image020"])
def test_where_several_symbols_are_in_a_photograph_the_page_tells_all(name: str) -> None:
    known = next(each for each in known_pictures() if each.path.stem.endswith(name))
    with node_reader([Symbology.QR_CODE]) as page:
        assert page.still(open_picture(known.path).pixels).texts == known.texts
