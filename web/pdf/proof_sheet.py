"""The proof of delivery as one sheet of paper (PDF): what the file says, and the file itself attached to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from codes.integrations.looks import SenderLook
from codes.model import EventKind
from codes.proving.canonical import parse_canonical
from codes.proving.proof import Grade, Remark, remarks_of
from codes.proving.proof_name import name_of
from codes.values.local_days import LocalDays
from web.i18n import N_, left_to_right, text
from web.i18n.event_words import EVENT_WORDS, more_of
from web.i18n.languages import SOURCE
from web.i18n.proof_words import GRADE_SENTENCES, REMARK_SENTENCES, STORY_SENTENCES, UNCONTESTED
from web.pdf.sheet import Paper, can_write

MOST_EVENTS = 17
"""So many lines fit on the sheet; of more, the first and the last are shown."""
Event = Mapping[str, Any]
UTC_DAYS = LocalDays(UTC)

TITLE = N_("Proof of delivery")
PARCEL = N_("Parcel")
WHERE = N_("Check it at %(address)s")
STORY = N_("What happened")
MORE = N_("%(count)s more events are in the attached file.")
SEAL = N_("What seals it")
HEAD = N_("End of the parcel's chain")
CHECKPOINT = N_("Checkpoint")
ROOT = N_("Root of the log")
SIGNATURE = N_("Signature (Ed25519)")
KEY = N_("Name of the key")
DIGEST = N_("SHA-256 of the file")
ATTACHED = N_("The proof file is attached to this PDF. The sheet only shows it; what counts is the check of the file.")


def proof_sheet(
    proof: bytes,
    check_address: str,
    language: str = SOURCE,
    look: SenderLook | None = None,
    logo: bytes | None = None,
    days: LocalDays = UTC_DAYS,
) -> bytes:
    """Return the PDF of a proof file of ours; the same file, address, language, look and zone give the same bytes.

    ``check_address`` is that of the page on which everybody can check it. Where no font is there that can write
    the language, the sheet is in English. Of a look, name, imprint and logo stand at its foot.
    """
    lines = [look.name, *look.imprint.splitlines()] if look else []
    sheet = _Sheet(parse_canonical(proof), language, lines, days)
    if not can_write(sheet.said):
        sheet = _Sheet(parse_canonical(proof), SOURCE, lines, days)
    return sheet.drawn(proof, check_address, logo)


def shown(events: Sequence[Event]) -> tuple[list[Event], int]:
    """Return the events that fit on the sheet, and how many after the first are left out."""
    if len(events) <= MOST_EVENTS:
        return list(events), 0
    kept = [events[0], *events[len(events) - MOST_EVENTS + 2 :]]
    return kept, len(events) - len(kept)


class _Sheet:
    """What stands on the sheet, in one language."""

    def __init__(self, document: Mapping[str, Any], language: str, foot: Sequence[str], days: LocalDays) -> None:
        self.days = days
        self.foot = foot
        self.document = document
        self.language = language
        self.reference = str(document["parcel"]["reference"])
        self.kept, self.left_out = shown(document["events"])
        grade, handover, remarks = Grade(document["grade"]), document["handover"], remarks_of(document)
        moment = self._written(self._moment(handover["at"])) if handover else ""
        self.story = self.say(STORY_SENTENCES[grade], moment=moment, parcel=self._written(self.reference))
        self.sentences = [self.say(each) for each in GRADE_SENTENCES[grade]]
        ends = self._written(self._moment(document["events"][-1]["at"]))
        self.remarks = [self.say(REMARK_SENTENCES[each], moment=ends) for each in remarks]
        is_contested = {Remark.CONTESTED, Remark.ANSWERED} & set(remarks)
        self.uncontested = self.say(UNCONTESTED, moment=ends) if handover and not is_contested else ""
        self.lines = [self._words(event) for event in self.kept]
        self.headings = [self.say(each) for each in (TITLE, PARCEL, STORY, SEAL, ATTACHED)]
        self.names = [self.say(each) for each in (HEAD, CHECKPOINT, ROOT, SIGNATURE, KEY, DIGEST)]

    @property
    def said(self) -> list[str]:
        """Everything that has to be written in the language."""
        events = [self.say(EVENT_WORDS[EventKind(event["kind"])]) for event in self.kept]
        return [
            *self.headings,
            *self.names,
            self.story,
            *self.sentences,
            *self.remarks,
            self.uncontested,
            *events,
            self.say(MORE, count=1),
        ]

    def say(self, words: str, **values: object) -> str:
        """Return a text in the sheet's language."""
        return text(self.language, words, **values)

    def drawn(self, proof: bytes, check_address: str, logo: bytes | None) -> bytes:
        """Draw it all."""
        checkpoint, title, head = self.document["checkpoint"], *self.headings[:2]
        paper = Paper(
            self.language, [*self.said, *self.lines, *self.foot], f"{title} {self.reference}", checkpoint["at"]
        )
        paper.symbol(f"{check_address}#{name_of(self.document)}")
        paper.line(title, size=22, bold=True, height=11)
        paper.line(f"{head} {self._written(self.reference)}", size=13, height=8)
        paper.line(str(self.document["parcel"]["id"]), size=8, quiet=True, height=5)
        paper.line(self.say(WHERE, address=check_address), size=8, quiet=True, height=5)
        paper.lead(self.story)
        paper.badge(self.document["grade"], *self.sentences)
        for remark in self.remarks:
            paper.remark(remark)
        if self.uncontested:
            paper.sentence(self.uncontested)
        paper.heading(self.headings[2])
        for index, (event, words) in enumerate(zip(self.kept, self.lines, strict=True)):
            if self.left_out and index == 1:
                paper.line(self.say(MORE, count=self.left_out), size=8.5, quiet=True, height=5.4)
            paper.event(self._moment(event["at"]), words, event["link"][:16])
        paper.skip(3)
        paper.heading(self.headings[3])
        values = (
            self.document["events"][-1]["link"],
            f"{checkpoint['number']} · {self._moment(checkpoint['at'])} · {checkpoint['size']}",
            checkpoint["root"],
            self.document["signature"],
            checkpoint["key"],
            hashlib.sha256(proof).hexdigest(),
        )
        for name, value in zip(self.names, values, strict=True):
            paper.row(name, value)
        paper.skip(3)
        paper.line(self.headings[4], size=8.5, quiet=True, height=5)
        if self.foot:
            paper.foot(self.foot, logo)
        name = "".join(sign if sign.isalnum() else "-" for sign in self.reference)
        return paper.finished(proof, f"proof-{name}.json")

    def _written(self, number: str) -> str:
        return left_to_right(self.language, number)

    def _words(self, event: Event) -> str:
        kind = EventKind(event["kind"])
        more = more_of(kind, event["facts"])
        words = self.say(EVENT_WORDS[kind])
        return f"{words}: {self.say(more)}" if more else words

    def _moment(self, written: str) -> str:
        """Write a moment with its distance from UTC: a sheet is read far from where it was printed."""
        return self.days.local(datetime.fromisoformat(written)).strftime("%Y-%m-%d %H:%M:%S %z")
