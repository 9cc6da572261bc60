"""Passwords and PINs of staff, kept as Argon2id hashes (RFC 9106).

A hash costs 64 MiB and a tenth of a second, and strangers can ask for one. So two are computed at once in a process,
a few wait for a moment, and whoever comes beyond is told to come again: the door must never wait for the office.
Never hash within a transaction: its lock would be held for as long.
"""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from codes.store.gates import Crowded, Gate

AT_ONCE = 2
WAITING = 8
PATIENCE_SECONDS = 3.0
_hasher = PasswordHasher()


class TooManyHashes(Crowded):
    """Too many passwords are being checked at this moment; nothing was compared."""


_TOO_MANY = "too many passwords are being checked; try again in a moment"
_gate = Gate(AT_ONCE, WAITING, PATIENCE_SECONDS, lambda: TooManyHashes(_TOO_MANY))


def hash_password(given: str) -> str:
    """Return what is kept of a password or PIN. Raises TooManyHashes."""
    with _gate.passed():
        return _hasher.hash(given)


def password_fits(kept: str | None, given: str) -> bool:
    """Tell whether this was hashed; None stands for somebody who has none, or is not there. Raises TooManyHashes.

    Comparing with nobody's hash takes as long as with somebody's.
    """
    with _gate.passed():
        try:
            return _hasher.verify(kept or hash_of_nobody(), given) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def hash_of_nobody() -> str:
    """Return what an unknown name is compared with; made at the start, so that the first takes no longer."""
    return _hasher.hash(secrets.token_urlsafe(16))
