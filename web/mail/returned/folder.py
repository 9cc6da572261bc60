"""Returned mails from a folder: a Maildir, or files that end in `.eml`. Each is read, noted, and put away once."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from codes import DeliveryCodes
from codes.recipients.outbox import mark_bounced
from web.mail.returned.bounces import Bounce, Fate, NoBounce, read_bounce

log = logging.getLogger(__name__)

LARGEST = 4 << 20
AT_ONCE = 500
DONE, UNREAD = "done", "unread"


@dataclass(frozen=True, slots=True)
class ReturnedMails:
    """Notes what came back. Noting the same twice changes nothing, so a crash before putting away leaves no double."""

    folder: Path
    codes: DeliveryCodes

    def read_all(self) -> int:
        """Read what lies in the folder, and return how many messages of ours turned out lost.

        Raises OSError if the folder cannot be used; a single mail that cannot be read is put to the unread ones.
        """
        for name in (DONE, UNREAD):
            (self.folder / name).mkdir(exist_ok=True, mode=0o700)
        return sum(self._read(path) for path in waiting(self.folder))

    def _read(self, path: Path) -> bool:
        try:
            bounce = read_bounce(_content(path))
            lost = note(bounce, self.codes)
        except FileNotFoundError:
            return False  # another worker was faster
        except (NoBounce, OSError) as error:
            log.warning("mail: %s is no returned mail of ours, see %s: %s", path.name, UNREAD, error)
            self._put_away(path, UNREAD)
            return False
        self._put_away(path, DONE)
        return lost

    def _put_away(self, path: Path, where: str) -> None:
        with suppress(FileNotFoundError):
            path.replace(self.folder / where / path.name)


def note(bounce: Bounce, codes: DeliveryCodes) -> bool:
    """Record a lost message; tell whether it was one. Raises NoBounce for one that we never sent, or have forgotten."""
    if bounce.fate is not Fate.LOST:
        log.info("mail: message %s is %s: %s", bounce.message_id, bounce.fate, bounce.status)
        return False
    words = " ".join(filter(None, (bounce.status, bounce.words)))
    if not codes.write(mark_bounced, bounce.message_id, status=bounce.status, words=words):
        raise NoBounce("it names a message that is not in the outbox")
    log.warning("mail: message %s came back: %s", bounce.message_id, bounce.status)
    return True


def waiting(folder: Path) -> Iterator[Path]:
    """Return the mails in a folder, oldest name first, so many at once."""
    parts = [folder / name for name in ("new", "cur")]
    maildir = all(part.is_dir() for part in parts)
    found = (path for part in parts for path in part.iterdir()) if maildir else folder.glob("*.eml")
    yield from [path for path in sorted(found) if not path.name.startswith(".")][:AT_ONCE]


def _content(path: Path) -> bytes:
    """Return a file's bytes; never through a link, which could lead to any file of ours, or to a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise NoBounce("it is too large")
    return data
