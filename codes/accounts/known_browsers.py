"""Browsers in which somebody signed in before: they keep a budget of tries of their own.

Who floods an account with wrong passwords from elsewhere uses up the budget of strangers, and so cannot lock out
whose account it is. The mark is derived, nothing is stored; a new password ends it, as it holds that password's hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from uuid import UUID

from codes.keys.keyring import KeyRing

_PURPOSE = b"known browser"
_ID_BYTES = 16


def new_mark(ring: KeyRing, staff_id: UUID, password_hash: str) -> str:
    """Return a mark for a browser in which somebody has just signed in."""
    browser_id = secrets.token_hex(_ID_BYTES)
    return f"{browser_id}.{ring.current}.{_seal(ring.key(ring.current), staff_id, password_hash, browser_id)}"


def known_browser(ring: KeyRing, staff_id: UUID, password_hash: str, mark: str) -> str | None:
    """Return the id of the browser that shows a mark of this account and its password, or None."""
    browser_id, _, rest = mark.partition(".")
    key_id, _, seal = rest.rpartition(".")
    if key_id not in ring.keys or len(browser_id) != 2 * _ID_BYTES:
        return None
    right = _seal(ring.key(key_id), staff_id, password_hash, browser_id)
    return browser_id if hmac.compare_digest(right.encode(), seal.encode("utf-8", "replace")) else None


def _seal(key: bytes, staff_id: UUID, password_hash: str, browser_id: str) -> str:
    text = f"{browser_id} {password_hash}".encode("utf-8", "replace")
    return hmac.digest(key, _PURPOSE + staff_id.bytes + text, hashlib.sha256).hex()
