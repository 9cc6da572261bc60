"""A checkpoint: the root of the log's tree, signed, and linked to the checkpoint before. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from codes.proving.canonical import canonical_bytes
from codes.proving.chain import write_moment
from codes.proving.merkle import leaf_hash
from codes.proving.signed_note import log_key, note_text, signature_line

FORMAT = "doorcode-checkpoint-1"
NO_CHECKPOINT = bytes(32)
"""What stands before the first checkpoint."""


class BadCheckpoint(Exception):
    """The checkpoint was not signed by this key, or is none."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed state of the log: ``size`` leaves under ``root`` (RFC 9162), after the checkpoint ``previous``."""

    number: int
    at: str
    size: int
    root: bytes
    previous: bytes
    key_id: str
    signature: bytes = b""
    note_line: str = field(default="", compare=False)
    """The log's signature line in `note`; a checkpoint that was read from its document alone has none."""

    def document(self) -> dict[str, Any]:
        """Return what is signed."""
        return {
            "format": FORMAT,
            "number": self.number,
            "at": self.at,
            "size": self.size,
            "root": self.root.hex(),
            "previous": self.previous.hex(),
            "key": self.key_id,
        }

    def note_text(self) -> str:
        """Return the same state as the text of a signed note."""
        return note_text(f"doorcode/{self.key_id}", self.size, self.root)

    def note(self) -> str:
        """Return the same state as a signed note (c2sp.org/tlog-checkpoint)."""
        return f"{self.note_text()}\n{self.note_line}\n"

    def digest(self) -> bytes:
        """Return what the next checkpoint names as its forerunner."""
        return hashlib.sha256(canonical_bytes(self.document())).digest()


def key_id_of(public_key: Ed25519PublicKey) -> str:
    """Return a public key's name: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key.public_bytes_raw()).hexdigest()[:16]


def sign_checkpoint(
    key: Ed25519PrivateKey, *, number: int, at: datetime, size: int, root: bytes, previous: bytes
) -> Checkpoint:
    """Sign a state of the log (Ed25519, RFC 8032) over the document's canonical bytes."""
    key_id = key_id_of(key.public_key())
    unsigned = Checkpoint(number, write_moment(at), size, root, previous, key_id)
    signature = key.sign(canonical_bytes(unsigned.document()))
    line = signature_line(log_key(key.public_key()), key.sign(unsigned.note_text().encode()))
    return replace(unsigned, signature=signature, note_line=line)


def check_signature(public_key: Ed25519PublicKey, checkpoint: Checkpoint) -> None:
    """Raise BadCheckpoint unless this key signed the checkpoint."""
    if checkpoint.key_id != key_id_of(public_key):
        raise BadCheckpoint(f"the checkpoint names the key {checkpoint.key_id}, but yours is {key_id_of(public_key)}")
    try:
        public_key.verify(checkpoint.signature, canonical_bytes(checkpoint.document()))
    except InvalidSignature as error:
        raise BadCheckpoint(f"the signature of checkpoint {checkpoint.number} is wrong") from error


def read_checkpoint(document: Any, signature: Any) -> Checkpoint:
    """Read a checkpoint from JSON values. Raises BadCheckpoint."""
    try:
        checkpoint = Checkpoint(
            number=document["number"],
            at=document["at"],
            size=document["size"],
            root=bytes.fromhex(document["root"]),
            previous=bytes.fromhex(document["previous"]),
            key_id=document["key"],
            signature=bytes.fromhex(signature),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint("this is no checkpoint") from error
    whole = all(isinstance(each, int) for each in (checkpoint.number, checkpoint.size))
    if not whole or checkpoint.document() != document or checkpoint.signature.hex() != signature:
        raise BadCheckpoint("this is no checkpoint")
    return checkpoint


def head_leaf(parcel_id: UUID | str, position: int, link: bytes) -> bytes:
    """Return the leaf hash of a chain's head: of canonical bytes, which need no sorting here."""
    return leaf_hash(f'{{"link":"{link.hex()}","parcel":"{parcel_id}","position":{position}}}'.encode())
