"""Open pictures from files and uploads: few formats, sizes known before anything is unpacked.

The size stands in the header and is checked there, so that a small file cannot unfold into gigabytes.
"""

import struct
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from scanner.decoding.enough import Enough, enough_for
from scanner.decoding.opencv import Pixels
from scanner.decoding.reading import DEFAULT_BUDGET_MS, read
from scanner.decoding.symbols import LABELS, Reading, Symbology
from scanner.pictures.errors import NotAPicture, PictureTooLarge


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What is accepted, and how large a picture is worked on.

    Larger pictures than `working_side` are reduced: symbols in a 50-megapixel photograph are large too.
    """

    max_bytes: int = 12_000_000
    max_pixels: int = 64_000_000
    working_side: int = 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright picture ready for the ladder.

    `pixels` is rows × columns × 3 (blue, green, red). One pixel of it is `scale` pixels of the upright original.
    Where something is see-through, `pixels` shows it on white, as paper does, and `on_black` on black, as a screen
    in its dark mode does.
    """

    pixels: Pixels
    scale: float
    on_black: Pixels | None = None

    def read(
        self,
        *,
        wanted: frozenset[Symbology] = LABELS,
        budget_ms: float = DEFAULT_BUDGET_MS,
        enough: Enough = Enough.ALL,
    ) -> Reading:
        """Return the symbols of the picture: as it is on white, or where nothing is there, on black."""
        ends = enough_for(enough)
        reading = read(self.pixels, wanted=wanted, budget_ms=budget_ms, enough=ends)
        if reading.symbols or self.on_black is None:
            return reading
        return read(self.on_black, wanted=wanted, budget_ms=budget_ms, enough=ends)


DEFAULT_LIMITS = PictureLimits()
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PHONE_FORMATS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"miaf", b"avif", b"avis")
"""Brands of what phones save by default (ISO/IEC 23008-12 annex B, AV1 image file format)."""
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, OverflowError, struct.error)
"""What Pillow's format readers are known to raise on malformed files (UnidentifiedImageError is an OSError)."""
_MOST_FRAMES = 50
"""Frames of a moving picture that are looked at for one that is not blank."""
_BLANK = 8
"""Grey values by which a picture differs in which nothing is seen: compression and noise make as much of one colour."""
_UNREAD = {b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF"}
"""How files of formats begin that people send and that are not opened."""


@cache
def opened_formats() -> tuple[str, ...]:
    """Return the formats that are opened at all, with HEIC where pillow-heif is installed."""
    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return _FORMATS
    return (*_FORMATS, "HEIF")


def open_picture(source: Path | bytes, limits: PictureLimits = DEFAULT_LIMITS) -> Picture:
    """Open a picture, turned as its EXIF orientation says; of a moving one the first frame that is not blank.

    Of a file that breaks off, what is there is opened.

    Raise `NotAPicture` or `PictureTooLarge`; an unreadable path raises OSError.
    """
    data = _bytes_of(source, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            try:
                return _loaded(data, limits)
            except _BROKEN:
                return _as_far_as_it_goes(data, limits)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge(f"the picture has more than {limits.max_pixels:,} pixels") from error
    except UnidentifiedImageError as error:
        raise NotAPicture(_unknown(data)) from error
    except _BROKEN as error:
        raise NotAPicture(f"a broken picture ({error}): send it again, or a screenshot") from error


def _loaded(data: bytes, limits: PictureLimits) -> Picture:
    with Image.open(BytesIO(data), formats=opened_formats()) as image:
        _refuse_flood(image, limits)
        return _upright(image, limits)


def _as_far_as_it_goes(data: bytes, limits: PictureLimits) -> Picture:
    """Open what is there of a file that breaks off; OSError where nothing of the picture is."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        picture = _loaded(data, limits)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    if _is_blank(Image.fromarray(picture.pixels)):
        raise OSError("nothing of it is there")
    return picture


def _unknown(data: bytes) -> str:
    """Say what to do about a format that is not opened."""
    if data[4:8] == b"ftyp" and any(brand in data[8:40] for brand in _PHONE_FORMATS):
        return "a HEIC or AVIF picture, which is not read here: send it as JPEG, or a screenshot"
    if (name := next((name for head, name in _UNREAD.items() if data.startswith(head)), None)) is not None:
        return f"a {name} picture, which is not read here: save it as PNG or JPEG and send that"
    return f"not a picture of a known format ({', '.join(opened_formats())}): send it as one, or a screenshot"


def _bytes_of(source: Path | bytes, limits: PictureLimits) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        with source.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(f"the file has more than {limits.max_bytes:,} bytes")
    return data


def _refuse_flood(image: ImageFile.ImageFile, limits: PictureLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise PictureTooLarge(f"the picture has {width} × {height} pixels; at most {limits.max_pixels:,} are accepted")


def _upright(image: ImageFile.ImageFile, limits: PictureLimits) -> Picture:
    original_side = max(image.size)
    image.draft("RGB", (limits.working_side, limits.working_side))  # JPEG: unpack at 1/2, 1/4 or 1/8
    _seek_what_is_not_blank(image)
    layer = ImageOps.exif_transpose(_coloured(image))
    if max(layer.size) > limits.working_side:
        layer.thumbnail((limits.working_side, limits.working_side), Image.Resampling.BOX)
    scale = original_side / max(layer.size)
    if layer.mode == "RGB":
        return Picture(_blue_green_red(layer), scale)
    on_white, on_black = _on(layer, "white"), _on(layer, "black")
    if _is_blank(on_white) and not _is_blank(on_black):
        return Picture(_blue_green_red(on_black), scale)
    return Picture(_blue_green_red(on_white), scale, _blue_green_red(on_black))


def _is_blank(image: Image.Image) -> bool:
    """Say whether nothing is seen: one colour, or nothing that is not see-through."""
    ranges = np.array(image.getextrema())
    return bool(np.ptp(ranges, axis=1).max() <= _BLANK) or (image.mode == "RGBA" and ranges[3, 1] <= _BLANK)


def _seek_what_is_not_blank(image: ImageFile.ImageFile) -> None:
    """Go to the first frame of a moving picture that shows more than one colour, or stay at the first of all."""
    frames = min(_MOST_FRAMES, getattr(image, "n_frames", 1))
    for number in range(frames if frames > 1 else 0):
        image.seek(number)
        if not _is_blank(_coloured(image)):
            return
    image.seek(0)


def _coloured(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, or in RGBA where something may be see-through."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return layer.convert("RGB") if layer.getchannel("A").getextrema() == (255, 255) else layer


def _on(layer: Image.Image, ground: str) -> Image.Image:
    paper = Image.new("RGBA", layer.size, ground)
    paper.alpha_composite(layer)
    return paper.convert("RGB")


def _blue_green_red(image: Image.Image) -> Pixels:
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8)[:, :, ::-1])
