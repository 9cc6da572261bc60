"""What an audit had found in order before it was stopped, so that the next one need not compute it again.

A stretch of parcels is known again by a keyed digest of all its rows. If any of them was changed since, it is checked
anew; and whoever can write the file but has no key ring can put nothing into it that would pass for checked.
"""

from __future__ import annotations

import hmac
import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from codes.keys.derivation import derive_audit_key
from codes.keys.keyring import KeyRing


class CheckedStretches:
    """A small file: when the audit began, and a line for each stretch that was in order."""

    def __init__(self, path: Path, ring: KeyRing, now: datetime) -> None:
        self._path = path
        self._key = derive_audit_key(ring.key(ring.current), _world(ring))
        self.begun_at, self._digests = _read(path) or (now, frozenset())
        self.goes_on = bool(self._digests)
        if not self.goes_on:
            self.forget()

    def digest(self, rows: bytes) -> str:
        """Return what stands for these rows, checked with these keys by this release."""
        return hmac.digest(self._key, rows, "sha256").hex()

    def __contains__(self, digest: str) -> bool:
        return digest in self._digests

    def add(self, digest: str) -> None:
        """Note that these rows are in order. What is cut off by a power cut is no digest, and spoils no other."""
        begins = not self._path.exists()
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w") as file:
            file.write(f"{self.begun_at.isoformat() if begins else ''}\n{digest}")

    def forget(self) -> None:
        """Let the next audit begin anew."""
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> tuple[datetime, frozenset[str]] | None:
    try:
        begun, *digests = path.read_text(encoding="ascii").split("\n")
        return datetime.fromisoformat(begun), frozenset(digests)
    except (FileNotFoundError, ValueError):
        return None


def _world(ring: KeyRing) -> bytes:
    """Return what else the findings depend on: all keys, the epoch, and how this release checks."""
    release = [sha256(path.read_bytes()).hexdigest() for path in sorted(Path(__file__).parents[1].rglob("*.py"))]
    return repr((ring.ring_id, ring.epoch, sorted(ring.keys.items()), release)).encode()
