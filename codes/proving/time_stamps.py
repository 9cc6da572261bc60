"""Time stamps (RFC 3161) beside the signatures of a note: somebody else's clock says by when a checkpoint was there.

A stamp stands in a line of its own, as signed-note lets other kinds of signatures stand (type 0xff). Pure.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.x509 import Certificate
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from codes.proving.signed_note import LONGEST_LINE, BadNote, VerifierKey, is_line, signature_line

PREFIX = "rfc3161/"
OTHER_KIND = 0xFF


def stamp_line(authority: str, response: bytes) -> str:
    """Return an authority's answer (DER, TimeStampResp) as a line of a note. Raises BadNote if it is too long."""
    line = signature_line(_key(PREFIX + authority), response)
    if not is_line(line):
        raise BadNote(f"the time stamp of {authority} makes a line of more than {LONGEST_LINE} characters")
    return line


def read_stamp(text: str, response: bytes) -> TimeStampResponse:
    """Read an authority's answer, which has to be for this text; whose it is is not looked at. Raises BadNote."""
    try:
        stamp = decode_timestamp_response(response)
        stamped = bytes(stamp.tst_info.message_imprint.message)
    except ValueError as error:
        raise BadNote(f"this is no time stamp (RFC 3161): {error}") from error
    if stamped != hashlib.sha256(text.encode()).digest():
        raise BadNote("the time stamp is for something else")
    return stamp


def stamped_at(text: str, lines: Sequence[str], roots: list[Certificate]) -> tuple[str, datetime]:
    """Return which authority stamped a note's text, and when. Raises BadNote where none did whom a root vouches for."""
    fault = BadNote("no time stamp is there")
    for line in lines:
        _, name, encoded = line.split(" ")
        if not name.startswith(PREFIX):
            continue
        response = base64.b64decode(encoded)[4:]
        try:
            stamp = read_stamp(text, response)
            if line == signature_line(_key(name), response) and _vouched(stamp, text, roots):
                return name.removeprefix(PREFIX), stamp.tst_info.gen_time.astimezone(UTC)
        except (BadNote, VerificationError, ValueError) as error:
            fault = BadNote(f"the time stamp of {name.removeprefix(PREFIX)} does not hold: {error}")
    raise fault


def _vouched(stamp: TimeStampResponse, text: str, roots: list[Certificate]) -> bool:
    return VerifierBuilder(roots=list(roots)).build().verify_message(stamp, text.encode())


def _key(name: str) -> VerifierKey:
    return VerifierKey(name, OTHER_KIND, b"rfc3161")
