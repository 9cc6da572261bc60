"""A stranger's photograph made fit to be kept: small, one format, and nothing in it but its pixels."""

from io import BytesIO

from PIL import Image

from scanner.pictures.errors import NotAPicture
from scanner.pictures.opening import PictureLimits, open_picture

KEPT_BYTES = 600_000
"""No kept photograph has more."""
STEPS = ((1600, 80), (1600, 60), (1200, 60), (800, 50), (600, 30))
"""The longer side in pixels and the quality of JPEG, until the photograph is small enough."""
TAKEN = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How the formats begin that are taken: JPEG and PNG."""


def kept_photo(data: bytes, limits: PictureLimits) -> bytes:
    """Return a photograph as JPEG, upright, without whatever else its file held, such as where it was taken.

    Raise `NotAPicture` or `PictureTooLarge`.
    """
    if not data.startswith(TAKEN):
        raise NotAPicture("a photograph is taken as JPEG or PNG")
    upright = Image.fromarray(open_picture(data, limits).pixels[:, :, ::-1].copy())
    for side, quality in STEPS:
        written = _written(upright, side, quality)
        if len(written) <= KEPT_BYTES:
            break
    return written


def _written(upright: Image.Image, side: int, quality: int) -> bytes:
    # A new picture: nothing that was read with the old one is written with it.
    small = Image.new("RGB", upright.size)
    small.paste(upright)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
