"""Files and folders that only their owner may read, whatever the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

OTHERS = 0o077


class TooOpen(Exception):
    """Others on this machine can read a file or folder of the service, and this user may not close it."""


class OtherUser(Exception):
    """The files of the service belong to another user, as whom its commands are to be run."""


def private_folder(folder: Path) -> None:
    """Make a folder, and whatever above it is missing, for its owner alone; one that is there stays as it is."""
    if not folder.exists():
        private_folder(folder.parent)
        # mkdir(parents=True) would make those above as the umask says.
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)


def private_file(path: Path) -> None:
    """Make an empty file for its owner alone; one that is there is not touched, its locks least of all."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return


def replace_private_file(path: Path, content: bytes) -> None:
    """Write a file for its owner alone in place of the one before: in one step, and on the disk when this returns."""
    private_folder(path.parent)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk, so that they outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_open_to_others(path: Path) -> bool:
    """Tell whether others on this machine may do anything with what lies here, if anything does."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
    except FileNotFoundError:
        return False


def refuse_other_user(folder: Path, user: int | None = None) -> None:
    """Raise OtherUser where root would work in a folder of the service's user, who could not read what root leaves."""
    user = os.geteuid() if user is None else user
    if user != 0 or not folder.exists() or folder.stat().st_uid == user:
        return
    try:
        owner = folder.owner()
    except KeyError:
        owner = f"#{folder.stat().st_uid}"
    raise OtherUser(f"{folder} belongs to {owner}: run this as that user, with runuser -u {owner} -- …")


def close_to_others(paths: Iterable[Path]) -> None:
    """Take from others what they may do with these. Raises TooOpen where they belong to another user."""
    for path in paths:
        if not is_open_to_others(path):
            continue
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
        except PermissionError as error:
            raise TooOpen(
                f"others on this machine can read {path}, and it belongs to another user; run as that user: "
                f"chmod go-rwx {path}"
            ) from error
