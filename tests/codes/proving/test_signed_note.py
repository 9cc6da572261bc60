"""Checkpoints stand in the form of c2sp.org as well; the examples are those of its pages."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes.proving.checkpoint import NO_CHECKPOINT, sign_checkpoint
from codes.proving.signed_note import (
    COSIGNATURE,
    BadNote,
    VerifierKey,
    check_line,
    is_by,
    log_key,
    read_verifier_key,
    signature_line,
    witnessed,
)

EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "This is an example message.\n"
SIGNED = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
)
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_the_example_of_the_specification_verifies_and_no_other() -> None:
    key = read_verifier_key(EXAMPLE)
    assert str(key) == EXAMPLE
    assert is_by(SIGNED, key)
    assert check_line(TEXT, SIGNED, key) is None
    with pytest.raises(BadNote, match="is wrong"):
        check_line(TEXT.upper(), SIGNED, key)


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+530d903a+!", EXAMPLE[:-4], EXAMPLE.replace("53", "54"), "é+x+é"])
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        read_verifier_key(text)


def test_a_checkpoint_is_a_note_of_three_lines_signed_by_the_log() -> None:
    sealing = Ed25519PrivateKey.generate()
    checkpoint = sign_checkpoint(sealing, number=3, at=AT, size=7, root=bytes(32), previous=NO_CHECKPOINT)
    key = log_key(sealing.public_key())
    text, _, lines = checkpoint.note().partition("\n\n")
    assert text.split("\n") == [f"doorcode/{checkpoint.key_id}", "7", base64.b64encode(bytes(32)).decode()]
    assert witnessed(f"{text}\n", lines.splitlines(), read_verifier_key(str(key))) is None


def test_a_witness_says_when_it_saw_the_log() -> None:
    signing = Ed25519PrivateKey.generate()
    witness = VerifierKey("witness.example/w", COSIGNATURE, signing.public_key().public_bytes_raw())
    seconds = int(AT.timestamp())
    signed = signing.sign(f"cosignature/v1\ntime {seconds}\n{TEXT}".encode())
    line = signature_line(witness, seconds.to_bytes(8) + signed)
    assert witnessed(TEXT, [SIGNED, line], witness) == AT
    with pytest.raises(BadNote, match="is wrong"):
        check_line(TEXT, signature_line(witness, (seconds + 1).to_bytes(8) + signed), witness)
    with pytest.raises(BadNote, match="did not sign"):
        witnessed(TEXT, [SIGNED], witness)
