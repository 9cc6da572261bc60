"""Opening pictures: few formats, sizes known before anything is unpacked."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanner.pictures.errors import NotAPicture, PictureTooLarge
from scanner.pictures.opening import PictureLimits, open_picture
from tests.parts.scanning.encoded_pictures import encoded, png_that_says
from tests.parts.scanning.phones import symbol

Colour = tuple[int, int, int, int]
TEXT = "7310839722638278936676162427131621"
OPENED = ["JPEG", "PNG", "WEBP", "GIF"]
REFUSED = ["BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "SGI", "EPS", "PDF", "ICNS", "JPEG2000"]


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


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif", b"MA1A\0\0\0\0avif"])
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


@pytest.mark.parametrize(
    ("modules", "ground"),
    [
        ((0, 0, 0, 0), (255, 255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0, 0)),
        ((255, 255, 255, 255), (0, 0, 0, 0)),
        ((0, 0, 0, 90), (255, 255, 255, 0)),
        ((255, 255, 255, 0), (255, 255, 255, 90)),
    ],
)
def test_what_is_see_through_is_read_as_paper_or_as_a_dark_screen_shows_it(modules: Colour, ground: Colour) -> None:
    dark = symbol(TEXT) == 0
    out = io.BytesIO()
    Image.fromarray(np.where(dark[:, :, None], modules, ground).astype(np.uint8), "RGBA").save(out, "PNG")
    assert [each.text for each in open_picture(out.getvalue()).read().symbols] == [TEXT]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("blank", [1, 3])
def test_of_a_moving_picture_the_first_frame_that_is_not_blank_is_read(form: str, blank: int) -> None:
    shown = Image.fromarray(symbol(TEXT))
    frames = [
        *(Image.new("L", shown.size, 255 - number) for number in range(blank)),
        shown,
        Image.new("L", shown.size, 9),
    ]
    out = io.BytesIO()
    options = {"lossless": True} if form == "WEBP" else {}
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=100, **options)
    assert [each.text for each in open_picture(out.getvalue()).read().symbols] == [TEXT]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_what_compression_makes_of_one_colour_is_blank(form: str) -> None:
    shown = symbol(TEXT)
    blank = np.random.default_rng(2).integers(252, 256, shown.shape, np.uint8)
    out = io.BytesIO()
    Image.fromarray(blank).save(out, form, save_all=True, append_images=[Image.fromarray(shown)], duration=100)
    assert [each.text for each in open_picture(out.getvalue()).read().symbols] == [TEXT]


def test_a_frame_of_which_nothing_is_seen_is_blank_whatever_colours_it_hides() -> None:
    shown = Image.fromarray(symbol(TEXT)).convert("RGBA")
    hidden = np.random.default_rng(3).integers(0, 256, (*shown.size[::-1], 4), np.uint8)
    hidden[:, :, 3] = 0
    out = io.BytesIO()
    Image.fromarray(hidden, "RGBA").save(out, "PNG", save_all=True, append_images=[shown])
    assert [each.text for each in open_picture(out.getvalue()).read().symbols] == [TEXT]


def test_a_note_whose_checksum_is_wrong_keeps_nobody_from_the_picture() -> None:
    out = io.BytesIO()
    Image.fromarray(symbol(TEXT)).save(out, "PNG")
    data = out.getvalue()
    note = b"\0\0\0\3tEXta\0b\1\2\3\4"
    assert [each.text for each in open_picture(data[:33] + note + data[33:]).read().symbols] == [TEXT]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_of_a_picture_that_breaks_off_what_is_there_is_read(form: str) -> None:
    shown = symbol(TEXT)
    page = np.vstack([shown, np.random.default_rng(1).integers(0, 255, shown.shape, np.uint8)])
    out = io.BytesIO()
    Image.fromarray(page).save(out, form)
    data = out.getvalue()
    assert [each.text for each in open_picture(data[: len(data) * 3 // 4]).read().symbols] == [TEXT]


@pytest.mark.parametrize("form", ["BMP", "TIFF"])
def test_whoever_sends_what_is_not_opened_is_told_what_to_do(form: str) -> None:
    with pytest.raises(NotAPicture, match=f"a {form} picture.* save it as PNG or JPEG"):
        open_picture(encoded(form))


@pytest.mark.parametrize("data", [b"", encoded("PDF"), b"<svg/>", encoded("JPEG")[:40]])
def test_whatever_else_is_sent_or_broken_ends_with_what_to_send_instead(data: bytes) -> None:
    with pytest.raises(NotAPicture, match=r": send it .*, or a screenshot"):
        open_picture(data)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        open_picture(tmp_path / "nowhere.png")
