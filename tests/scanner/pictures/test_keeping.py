"""A stranger's photograph is kept small, in one format, and without whatever else its file held."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from scanner.pictures.keeping import KEPT_BYTES
from scanner.pictures.reader import NotAPicture, PictureReader, PictureTooLarge
from tests.parts.scanning.encoded_pictures import encoded, png_that_says

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F
SAYS = b"taken at home by Ada"


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """The child that opens what strangers send."""
    with PictureReader(children=1) as pool:
        yield pool


def photo(width: int = 3000, height: int = 2000, *, side: int = 1) -> bytes:
    """Return a JPEG as a phone writes it: lying on its side, with where and by whom it was taken, and a thumbnail."""
    image = Image.new("RGB", (width, height), "grey")
    image.paste("red", (0, 0, width // 2, height // 2))
    exif = image.getexif()
    exif[ORIENTATION], exif[MAKER] = side, SAYS.decode()
    exif.get_ifd(GPS)[2] = (IFDRational(52), IFDRational(31), IFDRational(12))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, exif=exif, comment=SAYS, icc_profile=SAYS * 10)
    return out.getvalue() + b"\xff" + SAYS


def test_nothing_but_the_pixels_is_kept(reader: PictureReader) -> None:
    sent = photo(side=6)
    assert SAYS in sent
    kept = reader.keep(sent)
    assert SAYS not in kept
    shown = Image.open(io.BytesIO(kept))
    assert shown.format == "JPEG"
    assert not shown.getexif()
    assert shown.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    # It stands upright: what was at the left top of the file is at the right top.
    assert shown.size == (1067, 1600)
    red, grey = shown.getpixel((1000, 100)), shown.getpixel((100, 100))
    assert isinstance(red, tuple)
    assert isinstance(grey, tuple)
    assert red[0] > 200 > red[1]
    assert abs(grey[0] - grey[1]) < 20


def test_whatever_is_sent_what_is_kept_is_small(reader: PictureReader) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (1900, 1900, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", quality=85)
    assert len(out.getvalue()) > 2_000_000
    for sent in (out.getvalue(), encoded("PNG"), photo(64, 4000)):
        kept = reader.keep(sent)
        assert len(kept) <= KEPT_BYTES
        assert max(Image.open(io.BytesIO(kept)).size) <= 1600


@pytest.mark.parametrize("sent", [b"", b"GIF89a", encoded("WEBP"), encoded("GIF"), b"\xff\xd8\xff", b"<svg/>"])
def test_other_formats_and_what_is_broken_are_refused(reader: PictureReader, sent: bytes) -> None:
    with pytest.raises(NotAPicture):
        reader.keep(sent)


def test_a_bomb_is_refused_by_its_header(reader: PictureReader) -> None:
    with pytest.raises(PictureTooLarge):
        reader.keep(png_that_says(30_000, 30_000))
