"""The keys from which every code is derived. They live in one file, apart from the database and its backups."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from codes.keys.private_files import replace_private_file

KEY_BYTES = 32


class KeyRingError(Exception):
    """The key ring cannot be used as it is."""


class KeyRingMissing(KeyRingError):
    """The file is not there."""


class KeyRingUnreadable(KeyRingError):
    """The file is there, but is no key ring."""


class WrongKeyRing(KeyRingError):
    """The key ring belongs to another database."""


class UnknownKey(KeyRingError):
    """A record names a key that the ring does not hold."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id, the id of the one for new codes, and the epoch that a restore raises.

    ``ring_id`` names the ring in the database, so that the two cannot be mixed up.
    """

    ring_id: str
    current: str
    keys: Mapping[str, bytes]
    epoch: int = 1

    def key(self, key_id: str) -> bytes:
        """Return the 32 bytes of a key. Raises UnknownKey."""
        try:
            return self.keys[key_id]
        except KeyError as error:
            raise UnknownKey(f"key {key_id!r} is not in the key ring; restore the key file it belongs to") from error

    def __repr__(self) -> str:
        return f"KeyRing({self.ring_id}, current={self.current}, epoch={self.epoch}, keys={sorted(self.keys)})"

    @property
    def newest(self) -> str:
        """The key that was made last."""
        return list(self.keys)[-1]

    def with_new_key(self, now: datetime) -> KeyRing:
        """Return the ring with one more key, which nothing uses yet: it has to be on every machine first."""
        key_id = _key_id(now, len(self.keys))
        return replace(self, keys={**self.keys, key_id: secrets.token_bytes(KEY_BYTES)})

    def switched(self) -> KeyRing:
        """Return the ring with its newest key for new codes; the old ones stay, so that sent codes go on working."""
        return replace(self, current=self.newest)

    def rotated(self, now: datetime) -> KeyRing:
        """Return the ring with a new key, for new codes at once."""
        return self.with_new_key(now).switched()

    def with_epoch_raised(self) -> KeyRing:
        """Return the ring of the next epoch, in which all codes issued before are dead."""
        return replace(self, epoch=self.epoch + 1)


class KeyRingFile:
    """A key ring that is read again when its file changes, so that a rotation reaches running processes."""

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self.path = path
        self._ring = ring
        self._seen = _stamp(path)

    def __call__(self) -> KeyRing:
        """Return the ring as the file has it now; while the file cannot be read, as it was.

        Raises WrongKeyRing if another database's ring took its place.
        """
        stamp = _stamp(self.path)
        if stamp not in (self._seen, None):
            ring = read_key_ring(self.path)
            if ring.ring_id != self._ring.ring_id:
                raise WrongKeyRing(f"{self.path} belongs to another database; put the key file of this one back")
            self._ring, self._seen = ring, stamp
        return self._ring

    def replace(self, ring: KeyRing) -> None:
        """Write a new state of the ring, and use it from now on."""
        write_key_ring(self.path, ring)
        self._ring, self._seen = ring, _stamp(self.path)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def new_key_ring(now: datetime) -> KeyRing:
    """Make a ring with one fresh key."""
    key_id = _key_id(now, 0)
    return KeyRing(secrets.token_hex(8), key_id, {key_id: secrets.token_bytes(KEY_BYTES)})


def read_key_ring(path: Path) -> KeyRing:
    """Read the ring. Raises KeyRingMissing or KeyRingUnreadable; never makes a new one."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise KeyRingMissing(
            f"{path} is missing; put the key file back, the codes already sent depend on it"
        ) from error
    except OSError as error:
        words = f"{path} cannot be read ({error.strerror})"
        raise KeyRingUnreadable(
            f"{words}; let it belong to the service's user, and give commands as that one"
        ) from error
    except ValueError as error:
        raise KeyRingUnreadable(
            f"{path} cannot be read as a key ring; put the key file back from its backup"
        ) from error
    try:
        keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in document["keys"].items()}
        ring = KeyRing(str(document["ring"]), document["current"], keys, int(document["epoch"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise KeyRingUnreadable(f"{path} is not a complete key ring; put the key file back from its backup") from error
    if ring.current not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise KeyRingUnreadable(f"{path} lacks its current key; put the key file back from its backup")
    return ring


def write_key_ring(path: Path, ring: KeyRing) -> None:
    """Replace the file in one step, readable by its owner alone, and flushed to the disk."""
    document = {
        "ring": ring.ring_id,
        "epoch": ring.epoch,
        "current": ring.current,
        "keys": {key_id: base64.b64encode(key).decode() for key_id, key in ring.keys.items()},
    }
    replace_private_file(path, json.dumps(document, indent=1).encode())


def _key_id(now: datetime, number: int) -> str:
    return f"{now:%Y%m%d}-{number + 1}"
