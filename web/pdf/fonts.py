"""The fonts of a sheet of paper: of those that the system has, the ones that can write its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDERS = (
    Path("/usr/share/fonts/truetype/noto"),
    Path("/usr/share/fonts/google-noto"),
    Path("/usr/share/fonts/noto"),
)
"""Where Debian, Fedora and Arch put the Noto fonts."""
NAMES = ("NotoSans", "NotoSansArabic", "NotoSansEthiopic")


@dataclass(frozen=True, slots=True)
class Font:
    """A family of two weights, and the characters that both have."""

    name: str
    regular: Path
    bold: Path
    characters: frozenset[int]


@cache
def installed() -> tuple[Font, ...]:
    """Return the fonts that are there, the widest first."""
    return tuple(font for name in NAMES if (font := _font(name)))


def fonts_for(texts: Iterable[str]) -> tuple[Font, ...] | None:
    """Return the few fonts that can write all of this, or None if they cannot."""
    left = {ord(sign) for text in texts for sign in text}
    chosen: list[Font] = []
    for font in installed():
        if left & font.characters or not chosen:
            chosen.append(font)
            left -= font.characters
    return tuple(chosen) if chosen and not left else None


def _font(name: str) -> Font | None:
    for folder in FOLDERS:
        regular, bold = folder / f"{name}-Regular.ttf", folder / f"{name}-Bold.ttf"
        if regular.is_file() and bold.is_file():
            return Font(name, regular, bold, _characters(regular) & _characters(bold))
    return None


def _characters(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())
