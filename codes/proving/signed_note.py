"""Checkpoints in the form that other logs use: c2sp.org/tlog-checkpoint, a c2sp.org/signed-note. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MOST_LINES = 17
"""The log's own, and sixteen witnesses' (signed-note: a verifier takes at least sixteen)."""
LONGEST_LINE = 20_000
"""A post-quantum signature is nearly 5 kB, a time stamp with its certificates up to 15 kB."""
ED25519 = 1
COSIGNATURE = 4
_LINE = re.compile(r"— ([!-*,-~]+) ([A-Za-z0-9+/]+={0,2})")


class BadNote(Exception):
    """This is no key, or no signature, in the form of signed notes, or it does not fit."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signature lines are known by which name and number, and what they are checked with."""

    name: str
    kind: int
    public_key: bytes

    @property
    def number(self) -> bytes:
        """Return the four bytes that stand before each signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed()).digest()[:4]

    def __str__(self) -> str:
        """Write it as ``name+number+key``."""
        return f"{self.name}+{self.number.hex()}+{base64.b64encode(self._typed()).decode()}"

    def _typed(self) -> bytes:
        return bytes([self.kind]) + self.public_key


def read_verifier_key(text: str) -> VerifierKey:
    """Read ``name+number+key``. Raises BadNote."""
    name, _, rest = text.partition("+")
    number, _, encoded = rest.partition("+")
    try:
        typed = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise BadNote(f"{text}: is no verifier key, name+number+key") from error
    if not name or len(typed) != 33 or typed[0] not in (ED25519, COSIGNATURE):
        raise BadNote(f"{text}: is no verifier key of an Ed25519 key, name+number+key")
    key = VerifierKey(name, typed[0], typed[1:])
    if key.number.hex() != number:
        raise BadNote(f"{text}: the number {number} does not belong to this name and key; it was copied wrong")
    return key


def log_key(public_key: Ed25519PublicKey) -> VerifierKey:
    """Return the key of our own log. Its name tells the key, so that no two logs have the same."""
    raw = public_key.public_bytes_raw()
    return VerifierKey(f"doorcode/{hashlib.sha256(raw).hexdigest()[:16]}", ED25519, raw)


def note_text(origin: str, size: int, root: bytes) -> str:
    """Return what is signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """Return a signature as a line of a note."""
    return f"— {key.name} {base64.b64encode(key.number + signature).decode()}"


def is_line(line: object) -> bool:
    """Tell whether this has the form of a signature line."""
    return isinstance(line, str) and len(line) <= LONGEST_LINE and _LINE.fullmatch(line) is not None


def is_by(line: str, key: VerifierKey) -> bool:
    """Tell whether a line names this key."""
    found = _LINE.fullmatch(line)
    if found is None or found[1] != key.name:
        return False
    return _decoded(found[2])[:4] == key.number


def check_line(text: str, line: str, key: VerifierKey) -> datetime | None:
    """Check a signature under a note's text. Returns when a witness saw it; None of a log's own. Raises BadNote."""
    signature = _decoded(line.rpartition(" ")[2])[4:]
    # Base64 has several forms of the same bytes; only one of them is taken.
    if line != signature_line(key, signature):
        raise BadNote(f"the note is not signed in the name of {key.name}")
    seen: datetime | None = None
    signed = text
    if key.kind == COSIGNATURE:
        seconds = int.from_bytes(signature[:8])
        signature, signed = signature[8:], f"cosignature/v1\ntime {seconds}\n{text}"
        try:
            seen = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError) as error:
            raise BadNote(f"{key.name} says a time that there is not") from error
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, signed.encode())
    except (InvalidSignature, ValueError) as error:
        raise BadNote(f"the signature of {key.name} is wrong") from error
    return seen


def witnessed(text: str, lines: Sequence[str], key: VerifierKey) -> datetime | None:
    """Return when the key's owner saw what the note says; None of a log's own signature. Raises BadNote without one."""
    line = next((each for each in lines if is_by(each, key)), None)
    if line is None:
        raise BadNote(f"{key.name} did not sign this state of the log")
    return check_line(text, line, key)


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""
