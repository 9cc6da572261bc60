"""A sheet of A4 in one language, from its reading side: one column, drawn from the top down."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import qrcode

from web.i18n.languages import BY_CODE
from web.pdf.fonts import Font, fonts_for, installed

MARGIN = 18.0
WIDTH = 210.0 - 2 * MARGIN
HEIGHT = 297.0
QR_MILLIMETRES = 30.0
LOGO_WIDTH, LOGO_HEIGHT = 30.0, 10.8
MOST_FOOT_LINES = 4
INK, QUIET, LINE, WHITE = (20, 24, 28), (90, 96, 102), (205, 210, 214), (255, 255, 255)
CORE = "Helvetica"
"""A font that every reader of PDF has (ISO 32000-1, 9.6.2.2); it writes Western European only."""
FIGURES = "Courier"


def can_write(texts: Sequence[str]) -> bool:
    """Tell whether a font is there for each character of these texts."""
    return fonts_for(texts) is not None or _in_core("".join(texts)) == "".join(texts)


class Paper:
    """The sheet. ``texts`` are all that will be written on it, so that no font is loaded in vain."""

    def __init__(self, language: str, texts: Sequence[str], title: str, made_at: str) -> None:
        # A process that writes no paper does without what this library takes to start.
        from fpdf import FPDF

        self._pdf = FPDF(format="A4")
        self._pdf.set_margins(MARGIN, MARGIN)
        self._pdf.c_margin = 0
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(title)
        self._pdf.set_lang(language)
        self._pdf.set_creation_date(datetime.fromisoformat(made_at))
        self._pdf.add_page()
        self._backwards = BY_CODE[language].right_to_left
        self._fonts = _fonts(texts)
        self._characters = frozenset[int]().union(*(font.characters for font in self._fonts))
        for font in self._fonts:
            self._pdf.add_font(font.name, "", font.regular)
            self._pdf.add_font(font.name, "B", font.bold)
        if self._fonts:
            self._pdf.set_fallback_fonts([font.name for font in self._fonts[1:]], exact_match=False)
        self._y = MARGIN

    def symbol(self, address: str) -> None:
        """Draw the symbol of an address in the upper corner."""
        drawn = io.BytesIO()
        qrcode.make(address, border=4).save(drawn, "PNG")
        left = self._left(WIDTH - QR_MILLIMETRES, QR_MILLIMETRES)
        self._pdf.image(drawn, x=left, y=MARGIN - 4, w=QR_MILLIMETRES, alt_text=address)

    def line(self, words: str, *, size: float, height: float, bold: bool = False, quiet: bool = False) -> None:
        """Write one line."""
        self._font(size, bold=bold, colour=QUIET if quiet else INK)
        self._put(0, WIDTH, height, words)
        self._y += height

    def lead(self, words: str) -> None:
        """Write what matters first, below the symbol."""
        self._y = MARGIN + QR_MILLIMETRES + 1
        self._font(11.5, bold=True)
        self._y += self._wrap(0, WIDTH, self._y, 5.2, words) + 3

    def badge(self, sign: str, first: str, second: str) -> None:
        """Draw a sign in a box, and two sentences beside it."""
        top = self._y
        self._pdf.set_fill_color(*INK)
        left = self._left(0, 18)
        self._pdf.rect(left, top, 18, 18, style="F", round_corners=True, corner_radius=2)
        self._pdf.set_text_color(*WHITE)
        self._pdf.set_font(CORE, "B", 26)
        self._pdf.set_xy(left, top)
        self._pdf.cell(18, 18, sign, align="C")
        for offset, words, bold in ((0.5, first, True), (9.5, second, False)):
            self._font(10 if bold else 9.5, bold=bold, colour=INK if bold else QUIET)
            self._wrap(22, WIDTH - 22, top + offset, 4.4, words)
        self._y = top + 23

    def remark(self, words: str) -> None:
        """Write what weakens the handover, beside a bar."""
        self._font(10, bold=True)
        height = self._wrap(22, WIDTH - 22, self._y, 4.6, words)
        self._pdf.set_fill_color(*INK)
        self._pdf.rect(self._left(18.5, 1.2), self._y, 1.2, height, style="F")
        self._y += height + 2

    def sentence(self, words: str) -> None:
        """Write a sentence over as many lines as it takes."""
        self._font(10)
        self._y += self._wrap(0, WIDTH, self._y, 4.6, words) + 2

    def heading(self, words: str) -> None:
        """Write a heading over a line."""
        self.line(words, size=11, bold=True, height=7)
        self._pdf.set_draw_color(*LINE)
        self._pdf.line(MARGIN, self._y, MARGIN + WIDTH, self._y)
        self._y += 1.5

    def event(self, moment: str, words: str, link: str) -> None:
        """Write what happened and when, and its link."""
        self._font(9, colour=QUIET, direction="ltr")
        self._put(0, 44, 5.4, moment)
        self._font(9.5)
        self._put(44, WIDTH - 79, 5.4, self._cut(words, WIDTH - 81))
        self._figures()
        self._put(WIDTH - 35, 35, 5.4, link, at_end=True)
        self._y += 5.4

    def row(self, name: str, value: str) -> None:
        """Write a name and figures."""
        self._font(8.5, colour=QUIET)
        self._put(0, 46, 4.6, name)
        self._figures(colour=INK)
        self._y += self._wrap(46, WIDTH - 46, self._y, 4.6, value, characters=True)

    def skip(self, millimetres: float) -> None:
        """Leave room."""
        self._y += millimetres

    def foot(self, lines: Sequence[str], logo: bytes | None) -> None:
        """Write at the end of the page who sent the parcel, beside their logo."""
        left, top = 0.0, HEIGHT - MARGIN + 2
        if logo:
            x, w, h = self._left(0, LOGO_WIDTH), LOGO_WIDTH, LOGO_HEIGHT
            self._pdf.image(io.BytesIO(logo), x=x, y=top, w=w, h=h, keep_aspect_ratio=True)
            left = LOGO_WIDTH + 4
        self._font(7.5, colour=QUIET)
        self._y = top
        for line in lines[:MOST_FOOT_LINES]:
            self._put(left, WIDTH - left, 3.4, line)
            self._y += 3.4

    def finished(self, attached: bytes, name: str) -> bytes:
        """Attach a file of JSON and return the PDF."""
        self._pdf.embed_file(bytes=attached, basename=name, mime_type="application/json", compress=True)
        return bytes(self._pdf.output())

    def _cut(self, words: str, width: float) -> str:
        """Cut what has no room, such as a reason in a house's own words; the file has it whole."""
        kept = words
        while kept and self._pdf.get_string_width(self._written(kept)) > width:
            kept = f"{kept.removesuffix('…')[:-1].rstrip()}…" if len(kept) > 1 else ""
        return kept

    def _left(self, offset: float, width: float) -> float:
        """Return where a box begins that lies so far from the side where reading starts."""
        return MARGIN + (WIDTH - offset - width if self._backwards else offset)

    def _put(self, offset: float, width: float, height: float, words: str, *, at_end: bool = False) -> None:
        self._pdf.set_xy(self._left(offset, width), self._y)
        self._pdf.cell(width, height, self._written(words), align="R" if self._backwards != at_end else "L")

    def _wrap(
        self, offset: float, width: float, top: float, height: float, words: str, *, characters: bool = False
    ) -> float:
        """Write over as many lines as it takes; returns how high they are."""
        from fpdf.enums import WrapMode

        self._pdf.set_xy(self._left(offset, width), top)
        mode = WrapMode.CHAR if characters else WrapMode.WORD
        align = "R" if self._backwards else "L"
        self._pdf.multi_cell(width, height, self._written(words), align=align, wrapmode=mode)
        return self._pdf.get_y() - top

    def _font(
        self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = INK, direction: str | None = None
    ) -> None:
        self._pdf.set_font(self._fonts[0].name if self._fonts else CORE, "B" if bold else "", size)
        if self._fonts:
            self._pdf.set_text_shaping(True, direction=direction or ("rtl" if self._backwards else "ltr"))
        self._pdf.set_text_color(*colour)
        self._plain = False

    def _figures(self, colour: tuple[int, int, int] = QUIET) -> None:
        self._pdf.set_text_shaping(False)
        self._pdf.set_font(FIGURES, "", 8)
        self._pdf.set_text_color(*colour)
        self._plain = True

    def _written(self, words: str) -> str:
        """Put a question mark for what no font has, such as reasons of the policy in a script of their own."""
        if self._plain or not self._fonts:
            return _in_core(words)
        return "".join(sign if ord(sign) in self._characters else "?" for sign in words)


def _fonts(texts: Sequence[str]) -> tuple[Font, ...]:
    """Return the fonts that are needed: those of the plain ones alone if they do, else whatever is there."""
    return fonts_for(texts) or installed()


def _in_core(words: str) -> str:
    return words.encode("cp1252", "replace").decode("cp1252")
