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

from scanner.vision import Pixels


class PictureError(Exception):
    """A picture cannot be read."""


class NotAPicture(PictureError):
    """The bytes are no picture of a format that is opened, or are broken beyond use."""


class PictureTooLarge(PictureError):
    """The picture has more bytes or pixels than are accepted."""


class PictureTooHard(PictureError):
    """The picture took too much time or memory, or ended the process that read it."""


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
    """

    pixels: Pixels
    scale: float


DEFAULT_LIMITS = PictureLimits()
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PHONE_FORMATS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
"""Major brands of what phones save by default (ISO/IEC 23008-12 annex B, AV1 image file format)."""
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, OverflowError, struct.error)
"""What Pillow's format readers are known to raise on malformed files (UnidentifiedImageError is an OSError)."""


@cache
def opened_formats() -> tuple[str, ...]:
    """Return the formats that are opened at all, with HEIC where pillow-heif is installed."""
    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return _FORMATS
    return (*_FORMATS, "HEIF")


def open_picture(source: Path | bytes, limits: PictureLimits = DEFAULT_LIMITS) -> Picture:
    """Open a picture, the first frame of an animated one, turned as its EXIF orientation says.

    Raise `NotAPicture` or `PictureTooLarge`; an unreadable path raises OSError.
    """
    data = _bytes_of(source, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=opened_formats()) as image:
                _refuse_flood(image, limits)
                return _upright(image, limits)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge(f"the picture has more than {limits.max_pixels:,} pixels") from error
    except UnidentifiedImageError as error:
        raise NotAPicture(_unknown(data)) from error
    except _BROKEN as error:
        raise NotAPicture(f"a broken picture: {error}") from error


def _unknown(data: bytes) -> str:
    """Say what to do about a format that is not opened."""
    if data[4:8] == b"ftyp" and data[8:12] in _PHONE_FORMATS:
        return "a HEIC or AVIF picture, which is not read here: send it as JPEG, or a screenshot"
    return f"not a picture of a known format ({', '.join(opened_formats())})"


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
    upright = ImageOps.exif_transpose(_on_white(image))
    if max(upright.size) > limits.working_side:
        upright.thumbnail((limits.working_side, limits.working_side), Image.Resampling.BOX)
    pixels = np.asarray(upright, dtype=np.uint8)[:, :, ::-1]
    return Picture(np.ascontiguousarray(pixels), original_side / max(upright.size))


def _on_white(image: Image.Image) -> Image.Image:
    """Return the picture in RGB; what is transparent becomes white, as on paper."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    paper.alpha_composite(layer)
    return paper.convert("RGB")
