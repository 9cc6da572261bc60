"""Codes are derived: the same inputs give the same code, other inputs tell nothing about it."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from uuid import UUID

from codes.keys.derivation import (
    content_mac,
    derive_digits,
    derive_match_number,
    derive_payload,
    derive_ticket_key,
    ticket_digest,
)
from codes.values.payload import parse_payload

KEY = bytes(range(32))
CODE_ID = UUID("0193e5a0-1234-7000-8000-000000000001")


def test_the_derivation_never_changes() -> None:
    """Codes already sent depend on these very values."""
    assert derive_digits(KEY, CODE_ID) == _digits_by_hand(KEY, CODE_ID)
    token = int.from_bytes(hmac.new(KEY, b"token" + CODE_ID.bytes, hashlib.sha256).digest()[:12], "big")
    assert derive_payload(KEY, CODE_ID)[3:32] == f"{token:029d}"


def _digits_by_hand(key: bytes, code_id: UUID) -> str:
    """RFC 4226 §5.3, written a second time."""
    mac = hmac.new(key, b"digits" + code_id.bytes, hashlib.sha256).digest()
    offset = mac[31] & 15
    binary = (mac[offset] & 127) << 24 | mac[offset + 1] << 16 | mac[offset + 2] << 8 | mac[offset + 3]
    return str(binary % 1_000_000).zfill(6)


def test_leading_zeros_count() -> None:
    digits = {derive_digits(KEY, UUID(int=number)) for number in range(2000)}
    assert {len(each) for each in digits} == {6}
    assert any(each.startswith("00") for each in digits)


def test_digits_are_spread_evenly() -> None:
    first = Counter(derive_digits(KEY, UUID(int=number))[0] for number in range(20_000))
    assert all(1_800 < count < 2_200 for count in first.values())


def test_every_purpose_has_a_secret_of_its_own() -> None:
    payload = parse_payload(derive_payload(KEY, CODE_ID))
    ticket = derive_ticket_key(KEY, CODE_ID)
    assert derive_digits(KEY, CODE_ID) not in payload
    assert len(ticket) == 32
    assert len(derive_match_number(KEY, CODE_ID)) == 2
    assert content_mac(KEY, CODE_ID.bytes) != ticket_digest(ticket)


def test_another_key_or_another_row_gives_another_code() -> None:
    codes = {derive_payload(key, UUID(int=number)) for key in (KEY, KEY[::-1]) for number in range(100)}
    assert len(codes) == 200
