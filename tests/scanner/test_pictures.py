"""Opening pictures: few formats, sizes known before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from scanner.pictures import NotAPicture, PictureLimits, PictureTooLarge, open_picture

OPENED = ["JPEG", "PNG", "WEBP", "GIF"]
REFUSED = ["BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "SGI", "EPS", "PDF", "ICNS", "JPEG2000"]


def encoded(form: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """Draw a picture, red on its left and blue on its right, and encode it."""
    picture = Image.new("RGB", size, (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header names any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    header = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", OPENED)
def test_the_four_formats_are_opened_as_blue_green_red(form: str) -> None:
    pixels = open_picture(encoded(form)).pixels
    assert pixels.shape == (40, 60, 3)
    assert pixels[20, 5, 2] > 200 > pixels[20, 5, 0]
    assert pixels[20, 55, 0] > 200 > pixels[20, 55, 2]


@pytest.mark.parametrize("form", REFUSED)
def test_every_other_format_is_refused_unopened(form: str) -> None:
    with pytest.raises(NotAPicture):
        open_picture(encoded(form))


@pytest.mark.parametrize("form", OPENED)
@pytest.mark.parametrize("kept", [0, 1, 8, 20, 40])
def test_a_picture_that_breaks_off_is_refused_or_read_as_far_as_it_goes(form: str, kept: int) -> None:
    with pytest.raises(NotAPicture):
        open_picture(encoded(form)[:kept])


def test_a_picture_of_30000_by_30000_is_refused_by_its_header() -> None:
    with pytest.raises(PictureTooLarge, match="more than 64,000,000 pixels"):
        open_picture(png_that_says(30_000, 30_000))


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_whoever_sends_a_phones_own_format_is_told_what_to_do(brand: bytes) -> None:
    with pytest.raises(NotAPicture, match=r"HEIC or AVIF .* JPEG"):
        open_picture(b"\0\0\0\x18ftyp" + brand + bytes(200))


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(PictureTooLarge):
        open_picture(b"x" * 1001, PictureLimits(max_bytes=1000))


def test_a_photograph_is_turned_upright() -> None:
    picture = Image.new("RGB", (60, 40), (0, 0, 255))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    assert open_picture(out.getvalue()).pixels.shape == (60, 40, 3)


def test_of_a_moving_picture_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert tuple(open_picture(out.getvalue()).pixels[15, 15]) == (0, 0, 255)


def test_what_is_see_through_is_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(out, "PNG")
    assert open_picture(out.getvalue()).pixels.min() == 255


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        open_picture(tmp_path / "nowhere.png")
