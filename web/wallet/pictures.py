"""The pictogram of the house as pictures of a pass, in each size that phones ask for."""

from __future__ import annotations

import io
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageOps

SIDE = 48
GROUND, INK = "#0b5563", "#ffffff"
CORNER, STROKE = 10, 3
# The lines of static/favicon.svg.
LINES = (
    ((12, 18), (24, 12), (36, 18), (36, 31), (24, 37), (12, 31), (12, 18), (24, 12)),
    ((12, 18), (24, 24), (36, 18)),
    ((24, 24), (24, 37)),
)
FINER = 8
"""Drawn so many times as large, and then made smaller: Pillow's own lines have stairs."""
ICON, LOGO, LOGO_WIDTH = 29, 50, 160
"""Points: what Wallet shows in lists and notices, and at the head of the pass."""


SCALES = {"": 1, "@2x": 2, "@3x": 3}


def pass_pictures(sender_logo: bytes | None = None) -> dict[str, bytes]:
    """Return the pictures by the names that a bundle gives them; the sender's logo, if it has one, at the head."""
    return _pictograms() | (_logos(sender_logo) if sender_logo else {})


@cache
def _pictograms() -> dict[str, bytes]:
    sizes = {"icon": ICON, "logo": LOGO}
    return {
        f"{name}{suffix}.png": pictogram(points * scale)
        for name, points in sizes.items()
        for suffix, scale in SCALES.items()
    }


@lru_cache(maxsize=16)
def _logos(sender_logo: bytes) -> dict[str, bytes]:
    """Fit a logo into the room that Wallet has for it."""
    logos = {}
    for suffix, scale in SCALES.items():
        with Image.open(io.BytesIO(sender_logo), formats=("PNG",)) as picture:
            logos[f"logo{suffix}.png"] = _png(
                ImageOps.contain(picture.convert("RGB"), (LOGO_WIDTH * scale, LOGO * scale))
            )
    return logos


def pictogram(pixels: int) -> bytes:
    """Draw the pictogram as PNG, so many pixels wide and high, on a ground that is not seen."""
    unit = pixels * FINER / SIDE
    picture = Image.new("RGBA", (pixels * FINER, pixels * FINER), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, *(side - 1 for side in picture.size)), CORNER * unit, fill=GROUND)
    for line in LINES:
        points = [(x * unit, y * unit) for x, y in line]
        draw.line(points, fill=INK, width=round(STROKE * unit), joint="curve")
    return _png(picture.resize((pixels, pixels), Image.Resampling.LANCZOS))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
