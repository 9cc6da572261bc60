"""PDFs with a proof in them, written in every way that verifiers could read differently."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator

from codes.proving.attachment import LARGEST_SHEET, MOST_STREAMS
from codes.proving.proof import LARGEST

FLATE = b"/Filter /FlateDecode"
WHITE = (b" ", b"\t", b"\n", b"\f", b"\r", b"\0", b"\r\n", b" \0\t ")
NOT_WHITE = (b"\v", b"\x1c", b"\x1f", b"\x85", b"\xa0", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xad", b"%c\n")
END_OF_LINE = (b"", b"\n", b"\r", b"\r\n")
MORE_BEHIND = (
    b"\n\n",
    b"\n\r",
    b"\r\r",
    b"\r\n\r\n",
    b" ",
    b" \n",
    b"\0",
    b"\0" * 4,
    b"\t",
    b"\x1a",
    b"{}",
    b"\x78\x9c",
)
TOLD = ("right", "short", "none", "elsewhere")


def pdf_of(*streams: tuple[bytes, bytes]) -> bytes:
    """Return a PDF of streams alone, each with the entries of its dictionary."""
    parts = [
        b"%d 0 obj\n<< /Type /EmbeddedFile %s >>\nstream\n%s\nendstream\nendobj\n" % (number, entries, content)
        for number, (entries, content) in enumerate(streams, start=1)
    ]
    return b"%PDF-1.7\n" + b"".join(parts) + b"trailer <<>>\n%%EOF\n"


def sheet_of(length: int, proof: bytes) -> bytes:
    """Return a PDF of so many bytes with a proof in it."""
    sheet = pdf_of((FLATE, zlib.compress(proof)))
    return sheet + b" " * (length - len(sheet))


def odd_sheets(one: bytes, other: bytes) -> Iterator[tuple[str, bool, bytes]]:
    """Yield PDFs with one proof that holds, and some with another: what is odd, whether they hold, and their bytes."""
    flat = zlib.compress(one)
    hidden = b"x\nendstream\nendobj\n2 0 obj\n<< >>\nstream\n" + other
    for blank in (*WHITE, *NOT_WHITE):
        is_white = blank in WHITE
        yield f"{blank!r} before a filter", is_white, pdf_of((b"/Filter%s/FlateDecode" % blank, flat))
        yield f"{blank!r} in a list", True, pdf_of((b"/Filter [%s/FlateDecode%s]" % (blank, blank), flat))
        # A stream whose length is read hides the proof in it; else that is found, too.
        length = b"/Length%s%d" % (blank, len(hidden))
        yield f"{blank!r} before a length", is_white, pdf_of((length, hidden), (FLATE, flat))
        for form in (b"/Length %d%s0 R", b"/Length %d 0%sR"):
            reference = form % (len(hidden), blank)
            yield f"{blank!r} in a reference, {form!r}", not is_white, pdf_of((reference, hidden), (FLATE, flat))
    for behind in (*END_OF_LINE, *MORE_BEHIND, flat, flat[-4:]):
        for told in TOLD:
            # The line's end before the word endstream stands behind the data, too, where their length is not told.
            whole = behind if told == "right" else behind + b"\n"
            holds = whole in END_OF_LINE
            sheet = pdf_of((FLATE + _told(told, len(flat + behind)), flat + behind))
            yield f"{behind!r} behind the data, length {told}", holds, sheet
    longest = zlib.compress(one + b" " * (LARGEST - len(one) + 1))
    for what, damaged in (
        ("cut off", flat[:-1]),
        ("with a wrong sum", flat[:-4] + b"\0\0\0\0"),
        ("with a wrong beginning", b"\x79" + flat[1:]),
        ("raw deflate", flat[2:-4]),
        ("too long", longest),
        ("too long and damaged", longest[:-4] + b"\0\0\0\0"),
        ("too long with something behind it", longest + b" "),
    ):
        yield what, False, pdf_of((FLATE, damaged))
        yield f"{what}, beside the proof", True, pdf_of((FLATE, damaged), (FLATE, flat))
    yield "often the same", True, pdf_of(*[(FLATE, flat)] * 20)
    yield "few streams", True, pdf_of(*[(FLATE, flat)] * (MOST_STREAMS - 1))
    yield "many streams", False, pdf_of(*[(FLATE, flat)] * (MOST_STREAMS + 1))
    yield "the largest PDF", True, sheet_of(LARGEST_SHEET, one)
    yield "a PDF larger than that", False, sheet_of(LARGEST_SHEET + 1, one)


def odd_sheet(chance: random.Random, proof: bytes, other: bytes) -> bytes:
    """Return a PDF that was written somehow, with a proof in it and sometimes another."""
    blanks = [b"", *WHITE, *NOT_WHITE]
    streams = []
    for each in chance.choices([proof, other, b"x" * 99], weights=[6, 1, 1], k=chance.choice([1, 1, 2, 3])):
        content, named = each, b""
        if chance.random() < 0.8:
            content = zlib.compress(each, chance.randint(0, 9))
            named = chance.choice([b"/Filter%s/FlateDecode", b"/Filter[%s/FlateDecode]"]) % chance.choice(blanks)
        if chance.random() < 0.2:
            at = chance.randrange(len(content))
            content = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
        content += chance.choice([b"", *END_OF_LINE, *MORE_BEHIND])
        length = _told(chance.choice(TOLD), len(content) + chance.choice([0, 0, 0, 1, 2, -1, 150]))
        streams.append((named + length.replace(b" ", chance.choice(blanks)), content))
    sheet = pdf_of(*streams)
    return sheet.replace(b"\nendstream", chance.choice([b"\nendstream", b"\r\nendstream", b"endstream", b" endstream"]))


def _told(told: str, length: int) -> bytes:
    return {
        "right": b" /Length %d " % length,
        "short": b" /Length 7 ",
        "none": b" ",
        "elsewhere": b" /Length %d 0 R " % length,
    }[told]
