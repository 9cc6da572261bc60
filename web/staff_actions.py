"""What staff does at a device stands in the log of staff before it is done, and how it ended stands there after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from codes.accounts.access import Member
from web.access import this_device
from web.parts import parts
from web.problems import Problem


@contextmanager
def logged(member: Member | None, action: str, subject: str, status: int = 200) -> Iterator[None]:
    """Log what is done at a device, under the device's name if nobody signed in; ``status`` is that of success."""
    log = parts().codes.staff_log
    action_id = log.begin(
        member.staff_id if member else None, member.name if member else this_device().name, action, subject
    )
    try:
        yield
    except Problem as problem:
        log.end(action_id, problem.status)
        raise
    log.end(action_id, status)
