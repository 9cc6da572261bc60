"""A number for each web process of this machine, the lowest that is free: the same ones again after each restart."""

from __future__ import annotations

import fcntl
import os
from itertools import count
from pathlib import Path

from codes.keys.private_files import private_folder


def take_slot(folder: Path) -> str:
    """Take the lowest free number, for as long as this process lives."""
    private_folder(folder)
    for number in count(1):
        descriptor = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Linux lets go of it when the process ends, however that ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return str(number)
    raise AssertionError("there is always one more")
