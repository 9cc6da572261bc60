"""Colours that can be read: contrast as WCAG 2.2 counts it, and what stands on a colour of a sender's choice."""

from __future__ import annotations

DARK, LIGHT = "#000000", "#ffffff"
READABLE = 4.5
"""The least contrast of words with their ground (WCAG 2.2, 1.4.3)."""
INK, SOFT = "#14211f", "#edf0ef"
GROUNDS = ("#ffffff", "#f4f6f5", SOFT)
"""Grounds on which the ticket page writes in its accent: --paper and --ground of css/base/variables.css, and SOFT."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(ground: str) -> str:
    """Return black or white, whichever can be read better on a colour; one of them always can."""
    return max((DARK, LIGHT), key=lambda ink: contrast(ink, ground))


def writing(accent: str) -> str:
    """Return the colour in which the page may write: the accent, or the page's own ink where that could not be read."""
    return accent if all(contrast(accent, ground) >= READABLE for ground in GROUNDS) else INK


def _luminance(colour: str) -> float:
    """Return the relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def style_sheet(accent: str, ink: str, within: str = ":root") -> str:
    """Return the variables by which a page or a part of it takes a sender's colours; symbols stay on white."""
    written = writing(accent)
    variables = {
        "--brand": accent,
        "--on-brand": ink,
        "--accent": written,
        "--accent-deep": written,
        "--accent-soft": SOFT,
        "--on-accent": ink_on(written),
    }
    return f"{within} {{ {' '.join(f'{name}: {value};' for name, value in variables.items())} }}\n"
