"""Finds the proof file that is attached to a PDF (ISO 32000-1, 7.11.4), also in one that another program saved anew.

The same rules stand in ``web/static/js/recipient/proof/attachment.js``. Streams stand whole in every PDF,
whatever holds their names, so all of them are looked through, and the page tree and the cross-reference table are not
read at all.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from codes.proving.proof import LARGEST
from codes.proving.proof_check import ProofFault

LARGEST_SHEET = 16_000_000
MOST_STREAMS = 100
"""A sheet has about fifteen. Each may have to be inflated to the length of the longest proof."""
LONGEST_DICTIONARY = 4000
PDF = b"%PDF-"
BEGINS = b'{"checkpoint":{'
"""How each proof begins: its keys are sorted."""
_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n)")
_ENDS_OF_LINE = (b"", b"\n", b"\r", b"\r\n")
# White space is what ISO 32000-1, 7.2.2 calls so; \s is more than that, and not the same in every language.
_LENGTH = re.compile(rb"/Length[\0\t\n\f\r ]+([0-9]{1,9})(?![0-9]|[\0\t\n\f\r ]+[0-9]+[\0\t\n\f\r ]+R)")
_FILTER = re.compile(rb"/Filter[\0\t\n\f\r ]*(\[[^\]]{0,200}\]|/[A-Za-z0-9]+)")


def proof_in(data: bytes) -> bytes:
    """Return the proof file that is attached to a PDF; any other file as it is. Raises ProofFault."""
    if not data.startswith(PDF):
        return data
    if len(data) > LARGEST_SHEET:
        raise ProofFault("the PDF is too large to be the sheet of a proof")
    if b"/Encrypt" in data:
        raise ProofFault("the PDF is encrypted; save the file that is attached to it, and check that")
    found: bytes | None = None
    for content in _streams(data):
        if content != (found or content):
            raise ProofFault("several proof files are attached to this PDF; save the one you mean, and check that")
        found = content
    if found is None:
        raise ProofFault("no proof file is attached to this PDF")
    return found


def _streams(data: bytes) -> Iterator[bytes]:
    """Yield what those streams hold that begin as a proof does."""
    place = 0
    for _ in range(MOST_STREAMS):
        opening = _STREAM.search(data, place)
        if opening is None:
            return
        place = opening.end()
        dictionary = data[max(0, opening.start() - LONGEST_DICTIONARY) : opening.start()]
        dictionary = dictionary[dictionary.rfind(b" obj") + 1 :]
        end = _end_of(data, place, dictionary)
        if end is None:
            return
        content = _decoded(data[place:end], dictionary)
        place = end
        if content is not None and content.startswith(BEGINS):
            yield content
    raise ProofFault("the PDF holds too many streams to be the sheet of a proof")


def _end_of(data: bytes, begin: int, dictionary: bytes) -> int | None:
    """Return where a stream ends: after its length if that is told and right, else before the next ``endstream``."""
    told = _LENGTH.search(dictionary)
    if told is not None:
        end = begin + int(told[1])
        if data[end : end + 11].lstrip(b"\r\n").startswith(b"endstream"):
            return end
    end = data.find(b"endstream", begin)
    return None if end < 0 else end


def _decoded(content: bytes, dictionary: bytes) -> bytes | None:
    """Return what a stream holds; None if its filter is another than Flate, or if it is no proof.

    Behind what was compressed at most one end of line may stand: browsers inflate nothing that has more behind it.
    """
    named = _FILTER.search(dictionary)
    filters = re.findall(rb"/[A-Za-z0-9]+", named[1]) if named else []
    if not filters:
        return content.rstrip(b"\r\n") if len(content) <= LARGEST + 2 else None
    if filters != [b"/FlateDecode"]:
        return None
    inflate = zlib.decompressobj()
    try:
        begun = inflate.decompress(content, len(BEGINS))
        if begun != BEGINS:
            return None
        whole = begun + inflate.decompress(inflate.unconsumed_tail, LARGEST + 1 - len(begun))
    except zlib.error:
        return None
    is_whole = inflate.eof and inflate.unused_data in _ENDS_OF_LINE and len(whole) <= LARGEST
    return whole if is_whole else None
