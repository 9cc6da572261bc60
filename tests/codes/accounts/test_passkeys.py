"""What is kept of passkeys, and which answers are taken; the browser's part is in tests/browser/office."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from codes import DeliveryCodes
from codes.accounts.passkeys import (
    CHALLENGE_WITHIN,
    MOST,
    TooManyPasskeys,
    add_passkey,
    given_at,
    new_challenge,
    passkey_with,
    passkeys_of,
    remove_passkey,
    reset_account,
    use_passkey,
)
from codes.accounts.staff import Member
from tests.parts.clock import TurnableClock
from tests.parts.staff import hashed

SECOND = timedelta(seconds=1)


def added(codes: DeliveryCodes, member: Member, count: int = 0) -> bytes:
    """Add a passkey, and return what it calls itself."""
    codes.write(add_passkey, member.staff_id, "Desk", b"credential", b"public key", count)
    return b"credential"


def taken(codes: DeliveryCodes, credential: bytes, count: int, given: datetime) -> bool:
    """Tell whether an answer to a challenge of that moment lets somebody in."""
    passkey = codes.read(passkey_with, credential)
    assert passkey is not None
    return codes.write(use_passkey, passkey, count, given) is not None


def test_a_challenge_is_good_for_its_purpose_and_its_time_alone(codes: DeliveryCodes, clock: TurnableClock) -> None:
    ring, now = codes.ring(), clock()
    challenge = new_challenge(ring, b"sign in", now)
    assert given_at(ring, b"sign in", challenge, now) == now
    assert given_at(ring, b"sign in", challenge, now + CHALLENGE_WITHIN - SECOND) == now
    for purpose, told, later in (
        (b"add", challenge, timedelta(0)),
        (b"sign in", challenge, CHALLENGE_WITHIN),
        (b"sign in", challenge, -SECOND),
        (b"sign in", challenge[:-1] + bytes([challenge[-1] ^ 1]), timedelta(0)),
        (b"sign in", challenge[1:], timedelta(0)),
        (b"sign in", b"", timedelta(0)),
        (b"sign in", b"\x00" * 40, timedelta(0)),
    ):
        assert given_at(ring, purpose, told, now + later) is None


def test_no_answer_is_taken_twice_and_none_older_than_the_last(
    codes: DeliveryCodes, dispatcher: Member, clock: TurnableClock
) -> None:
    credential, began = added(codes, dispatcher), clock()
    assert not taken(codes, credential, 0, began), "a challenge of before it was added"
    assert taken(codes, credential, 0, began + 2 * SECOND)
    assert not taken(codes, credential, 0, began + 2 * SECOND)
    assert not taken(codes, credential, 0, began + SECOND)
    assert taken(codes, credential, 0, began + 3 * SECOND)


def test_a_count_that_does_not_grow_says_that_the_key_was_copied(
    codes: DeliveryCodes, dispatcher: Member, clock: TurnableClock
) -> None:
    credential, began = added(codes, dispatcher, count=5), clock()
    for count, after, is_taken in ((6, 1, True), (6, 2, False), (5, 3, False), (0, 4, False), (7, 5, True)):
        assert taken(codes, credential, count, began + after * SECOND) is is_taken


def test_a_new_password_by_an_administrator_removes_them(codes: DeliveryCodes, dispatcher: Member) -> None:
    added(codes, dispatcher)
    codes.write(reset_account, dispatcher.staff_id, hashed("another password"))
    assert codes.read(passkeys_of, dispatcher.staff_id) == []


def test_one_has_only_so_many_and_removes_their_own_alone(codes: DeliveryCodes, dispatcher: Member) -> None:
    for number in range(MOST):
        codes.write(add_passkey, dispatcher.staff_id, f"Desk {number}", bytes([number]), b"key", 0)
    with pytest.raises(TooManyPasskeys):
        codes.write(add_passkey, dispatcher.staff_id, "one more", b"more", b"key", 0)
    first, *_others = codes.read(passkeys_of, dispatcher.staff_id)
    codes.write(remove_passkey, first.passkey_id, first.passkey_id)
    assert len(codes.read(passkeys_of, dispatcher.staff_id)) == MOST
    codes.write(remove_passkey, dispatcher.staff_id, first.passkey_id)
    assert len(codes.read(passkeys_of, dispatcher.staff_id)) == MOST - 1
