"""The proof of delivery as one sheet of paper (PDF): what the file says, and the file itself attached to it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import qrcode
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from codes.canonical import parse_canonical
from codes.model import EventKind
from web.office_words import EVENT_WORDS, more_of

MARGIN = 18.0
WIDTH = 210.0 - 2 * MARGIN
MOST_EVENTS = 24
"""So many lines fit on the sheet; of more, the first and the last are shown."""
QR_MILLIMETRES = 30.0
INK, QUIET, LINE = (20, 24, 28), (90, 96, 102), (205, 210, 214)
Event = Mapping[str, Any]


def proof_sheet(proof: bytes, check_address: str) -> bytes:
    """Return the PDF of a proof file of ours; the same file and address give the same bytes.

    It is in English, as the proof file is. ``check_address`` is that of the page on which everybody can check it.
    """
    document = parse_canonical(proof)
    sheet = _Sheet(str(document["parcel"]["reference"]), document["checkpoint"]["at"])
    sheet.head(str(document["parcel"]["reference"]), str(document["parcel"]["id"]), check_address)
    sheet.evidence(document["grade"], document["proves"], document["does_not_prove"])
    sheet.story(document["events"])
    sheet.seal(document["checkpoint"], document["signature"], document["events"][-1]["link"])
    sheet.attach(proof, str(document["parcel"]["reference"]))
    return bytes(sheet.pdf.output())


def shown(events: Sequence[Event]) -> tuple[list[Event], int]:
    """Return the events that fit on the sheet, and how many after the first are left out."""
    if len(events) <= MOST_EVENTS:
        return list(events), 0
    kept = [events[0], *events[len(events) - MOST_EVENTS + 2 :]]
    return kept, len(events) - len(kept)


class _Sheet:
    """A4, one column, the fonts that every reader of PDF has (ISO 32000-1, 9.6.2.2)."""

    def __init__(self, reference: str, sealed_at: str) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.set_margins(MARGIN, MARGIN)
        self.pdf.c_margin = 0
        self.pdf.set_auto_page_break(False)
        self.pdf.set_title(f"Proof of delivery {reference}")
        self.pdf.set_lang("en")
        self.pdf.set_creation_date(datetime.fromisoformat(sealed_at))
        self.pdf.add_page()

    def head(self, reference: str, parcel_id: str, check_address: str) -> None:
        """Draw the title, the parcel, and the symbol that leads to the check."""
        drawn = io.BytesIO()
        qrcode.make(check_address, border=4).save(drawn, "PNG")
        left = 210.0 - MARGIN - QR_MILLIMETRES
        self.pdf.image(drawn, x=left, y=MARGIN - 4, w=QR_MILLIMETRES, alt_text=check_address)
        self._line("Proof of delivery", size=22, bold=True, height=11)
        self._line(f"Parcel {reference}", size=13, height=8)
        self._line(parcel_id, size=8, colour=QUIET, height=5)
        self._line(f"Check it at {check_address}", size=8, colour=QUIET, height=5)
        self.pdf.set_y(MARGIN + QR_MILLIMETRES + 2)

    def evidence(self, grade: str, proves: str, does_not_prove: str) -> None:
        """Draw the grade and what it does and does not prove."""
        top = self.pdf.get_y()
        self.pdf.set_fill_color(*INK)
        self.pdf.rect(MARGIN, top, 18, 18, style="F", round_corners=True, corner_radius=2)
        self.pdf.set_text_color(255, 255, 255)
        self.pdf.set_font("Helvetica", "B", 26)
        self.pdf.set_xy(MARGIN, top)
        self.pdf.cell(18, 18, grade, align="C")
        for offset, words, bold in ((0.5, proves, True), (9.5, does_not_prove, False)):
            self._font(10 if bold else 9.5, bold=bold, colour=INK if bold else QUIET)
            self.pdf.set_xy(MARGIN + 22, top + offset)
            self.pdf.multi_cell(WIDTH - 22, 4.4, words, align="L")
        self.pdf.set_y(top + 23)

    def story(self, events: Sequence[Event]) -> None:
        """Draw the events, the newest last."""
        self._heading("What happened (UTC)")
        kept, left_out = shown(events)
        for index, event in enumerate(kept):
            if left_out and index == 1:
                self._line(f"{left_out} more events stand in the attached file.", size=8.5, colour=QUIET, height=5.4)
            self._event(event)
        self.pdf.set_y(self.pdf.get_y() + 3)

    def seal(self, checkpoint: Mapping[str, Any], signature: str, head: str) -> None:
        """Draw what fixes it all: the chain's head and the signed checkpoint."""
        self._heading("What fixes it")
        rows = (
            ("Head of the parcel's chain", head),
            (
                "Checkpoint",
                f"{checkpoint['number']} of {_moment(checkpoint['at'])}; size of the log {checkpoint['size']}",
            ),
            ("Root of the log", checkpoint["root"]),
            ("Signature (Ed25519)", signature),
            ("Name of the key", checkpoint["key"]),
        )
        for name, value in rows:
            self._row(name, value)

    def attach(self, proof: bytes, reference: str) -> None:
        """Attach the proof file, and say how to know it again."""
        self._row("SHA-256 of the file", hashlib.sha256(proof).hexdigest())
        self.pdf.set_y(self.pdf.get_y() + 3)
        self._line(
            "The proof file is attached to this PDF. The sheet only shows it; what counts is the check of the file.",
            size=8.5,
            colour=QUIET,
            height=5,
        )
        name = "".join(sign if sign.isalnum() else "-" for sign in reference)
        self.pdf.embed_file(bytes=proof, basename=f"proof-{name}.json", mime_type="application/json", compress=True)

    def _event(self, event: Event) -> None:
        kind = EventKind(event["kind"])
        # The reasons come from the policy in config.yaml, in whatever script.
        more = (more_of(kind, event["facts"]) or "").encode("cp1252", "replace").decode("cp1252")
        self._font(9, colour=QUIET)
        self.pdf.cell(40, 5.4, _moment(event["at"]))
        self._font(9.5)
        self.pdf.cell(WIDTH - 75, 5.4, f"{EVENT_WORDS[kind]}: {more}" if more else EVENT_WORDS[kind])
        self._font(8, colour=QUIET, family="Courier")
        self.pdf.cell(35, 5.4, event["link"][:16], align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _row(self, name: str, value: str) -> None:
        top = self.pdf.get_y()
        self._font(8.5, colour=QUIET)
        self.pdf.cell(46, 4.6, name)
        self._font(8, family="Courier")
        self.pdf.set_xy(MARGIN + 46, top)
        self.pdf.multi_cell(
            WIDTH - 46, 4.6, value, align="L", wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _heading(self, words: str) -> None:
        self._line(words, size=11, bold=True, height=7)
        self.pdf.set_draw_color(*LINE)
        self.pdf.line(MARGIN, self.pdf.get_y(), MARGIN + WIDTH, self.pdf.get_y())
        self.pdf.set_y(self.pdf.get_y() + 1.5)

    def _line(
        self, words: str, *, size: float, height: float, bold: bool = False, colour: tuple[int, int, int] = INK
    ) -> None:
        self._font(size, bold=bold, colour=colour)
        self.pdf.cell(WIDTH, height, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _font(
        self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = INK, family: str = "Helvetica"
    ) -> None:
        self.pdf.set_font(family, "B" if bold else "", size)
        self.pdf.set_text_color(*colour)


def _moment(written: str) -> str:
    return datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M:%S")
