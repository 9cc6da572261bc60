"""A stranger's photograph, or a sender's logo, made fit to be kept: small, of one format, and nothing but pixels."""

from io import BytesIO

from PIL import Image

from scanner.pictures.errors import NotAPicture
from scanner.pictures.opening import PictureLimits, open_picture

KEPT_BYTES = 600_000
"""No kept photograph has more."""
STEPS = ((1600, 80), (1600, 60), (1200, 60), (800, 50), (600, 30))
"""The longer side in pixels and the quality of JPEG, until the photograph is small enough."""
LOGO_WIDTH, LOGO_HEIGHT = 400, 144
"""Twice of what is shown, for fine screens."""
LOGO_BYTES = 60_000
"""No kept logo has more: it stands in every mail."""
COLOURS = (256, 64, 16)
"""So many are left of a logo that is too large, until it is small enough."""
TAKEN = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How the formats begin that are taken: JPEG and PNG."""


def kept_photo(data: bytes, limits: PictureLimits) -> bytes:
    """Return a photograph as JPEG, upright, without whatever else its file held, such as where it was taken.

    Raise `NotAPicture` or `PictureTooLarge`.
    """
    upright = _opened(data, limits, "a photograph is taken as JPEG or PNG")
    for side, quality in STEPS:
        # A new picture: nothing that was read with the old one is written with it.
        small = Image.new("RGB", upright.size)
        small.paste(upright)
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        written = _written(small, "JPEG", quality=quality)
        if len(written) <= KEPT_BYTES:
            break
    return written


def kept_logo(data: bytes, limits: PictureLimits) -> bytes:
    """Return a logo as PNG, drawn anew; what is see-through in it lies on white.

    Raise `NotAPicture` or `PictureTooLarge`.
    """
    refusal = "a logo is taken as PNG or JPEG; save a drawing such as SVG as PNG, 400 pixels wide"
    drawn = _opened(data, limits, refusal)
    drawn.thumbnail((LOGO_WIDTH, LOGO_HEIGHT), Image.Resampling.LANCZOS)
    written = _written(drawn, "PNG")
    for colours in COLOURS:
        if len(written) <= LOGO_BYTES:
            break
        written = _written(drawn.quantize(colours), "PNG")
    return written


def _opened(data: bytes, limits: PictureLimits, refusal: str) -> Image.Image:
    if not data.startswith(TAKEN):
        raise NotAPicture(refusal)
    return Image.fromarray(open_picture(data, limits).pixels[:, :, ::-1].copy())


def _written(picture: Image.Image, form: str, **options: int) -> bytes:
    out = BytesIO()
    picture.save(out, form, optimize=True, **options)
    return out.getvalue()
