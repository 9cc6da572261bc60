"""A sender's logo made fit for mails and pages: small, one format, on white, and nothing in it but its pixels."""

from io import BytesIO

from PIL import Image

from scanner.pictures.errors import NotAPicture
from scanner.pictures.opening import PictureLimits, open_picture

LOGO_WIDTH, LOGO_HEIGHT = 400, 144
"""Twice of what is shown, for fine screens."""
LOGO_BYTES = 60_000
"""No kept logo has more: it stands in every mail."""
COLOURS = (256, 64, 16)
"""So many are left of a logo that is too large, until it is small enough."""
TAKEN = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How the formats begin that are taken: JPEG and PNG."""


def kept_logo(data: bytes, limits: PictureLimits) -> bytes:
    """Return a logo as PNG, drawn anew; what is see-through in it lies on white.

    Raise `NotAPicture` or `PictureTooLarge`.
    """
    if not data.startswith(TAKEN):
        raise NotAPicture("a logo is taken as PNG or JPEG; save a drawing such as SVG as PNG, 400 pixels wide")
    drawn = Image.fromarray(open_picture(data, limits).pixels[:, :, ::-1].copy())
    drawn.thumbnail((LOGO_WIDTH, LOGO_HEIGHT), Image.Resampling.LANCZOS)
    written = _written(drawn)
    for colours in COLOURS:
        if len(written) <= LOGO_BYTES:
            break
        written = _written(drawn.quantize(colours))
    return written


def _written(drawn: Image.Image) -> bytes:
    out = BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()
