"""Passwords and PINs of staff, kept as Argon2id hashes (RFC 9106)."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


class Passwords:
    """Hashes and compares. Comparing with nobody's hash takes as long as with somebody's."""

    def __init__(self) -> None:
        # Made at the start: the first unknown name shall take no longer than the next.
        self._nobodys = _hash_of_nobody()

    def hash(self, given: str) -> str:
        """Return what is kept of a password or PIN."""
        return _hasher.hash(given)

    def fits(self, kept: str | None, given: str) -> bool:
        """Tell whether this was hashed; None stands for somebody who has none, or is not there."""
        try:
            return _hasher.verify(kept or self._nobodys, given) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
